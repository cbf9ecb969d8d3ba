"""Where the subject of an event was, for listeners who may see a part of the organization only."""

import sqlalchemy as sa
from alembic import context, op

from gamekeeper.kernel.database.ddl import definer_function, drop_functions

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

READ_EVENTS = """
CREATE FUNCTION read_events(after_xid xid8, after_position bigint, most integer)
RETURNS TABLE (xid text, "position" bigint, organization_id uuid, id uuid, type text, subject_id uuid,
               actor_kind text, actor_id uuid, actor_label text, data jsonb, created_at timestamptz{more_columns})
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT e.xid::text, e.position, e.organization_id, e.id, e.type, e.subject_id,
           e.actor_kind, e.actor_id, e.actor_label, e.data, e.created_at{more}
    FROM events e
    WHERE (e.xid, e.position) > (after_xid, after_position)
      AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY e.xid, e.position
    LIMIT most
$$
"""
SIGNATURE = "read_events(xid8, bigint, integer)"


def upgrade() -> None:
    roles = context.config.attributes["roles"]
    op.add_column("events", sa.Column("places", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    drop_functions(SIGNATURE)
    sql = READ_EVENTS.format(more_columns=", places uuid[]", more=", e.places")
    definer_function(roles, SIGNATURE, sql)


def downgrade() -> None:
    roles = context.config.attributes["roles"]
    drop_functions(SIGNATURE)
    definer_function(roles, SIGNATURE, READ_EVENTS.format(more_columns="", more=""))
    op.drop_column("events", "places")
