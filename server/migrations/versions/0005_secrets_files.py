"""Sealed secrets, stored files and outgoing mail."""

import sqlalchemy as sa
from alembic import context, op

from gamekeeper.kernel.database.ddl import (
    check,
    create_tenant_table,
    definer_function,
    drop_functions,
    drop_tables,
    global_table,
    system_table,
    times,
)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Wrapped keys only: without the master key they open nothing, and the sealed data itself is not among them.
SECRETS_TO_REWRAP = """
CREATE FUNCTION secrets_to_rewrap(current_key text, most integer)
RETURNS TABLE (organization_id uuid, id uuid, purpose text, key_id text, wrapped_key bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    (SELECT s.organization_id, s.id, s.purpose, s.key_id, s.wrapped_key FROM secrets s
     WHERE s.key_id <> current_key LIMIT most)
    UNION ALL
    (SELECT NULL, s.id, s.purpose, s.key_id, s.wrapped_key FROM system_secrets s
     WHERE s.key_id <> current_key LIMIT most)
$$
"""


def _envelope() -> list[sa.Column[object]]:
    return [
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        *times(),
    ]


def upgrade() -> None:
    roles = context.config.attributes["roles"]
    create_tenant_table(roles, "secrets", *_envelope())
    op.create_index("ix_secrets_key_id", "secrets", ["key_id"])
    system_table(roles, "secrets")

    op.create_table(
        "system_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_envelope(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_secrets")),
    )
    global_table(roles, "system_secrets")
    op.execute(f"GRANT SELECT ON system_secrets TO {roles.system}")
    definer_function(roles, "secrets_to_rewrap(text, integer)", SECRETS_TO_REWRAP)

    create_tenant_table(
        roles,
        "files",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        *times(),
        check("size", "size >= 0"),
    )
    op.create_index("ix_files_expires_at", "files", ["expires_at"], postgresql_where=sa.text("expires_at IS NOT NULL"))

    create_tenant_table(
        roles,
        "mails",
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        *times(),
        check("status", "status IN ('waiting', 'sent', 'failed', 'not_configured')"),
    )


def downgrade() -> None:
    drop_functions("secrets_to_rewrap(text, integer)")
    drop_tables("mails", "files", "system_secrets", "secrets")
