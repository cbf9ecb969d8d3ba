"""The database's part of ending sessions: which of all organizations are over."""

from alembic import op

from gamekeeper.kernel.database.ddl import definer_function
from gamekeeper.kernel.database.roles import Roles

DUE = """
CREATE FUNCTION due_sessions(most integer)
RETURNS TABLE (organization_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.organization_id, s.id FROM venue_sessions s
    WHERE s.state = 'open' AND s.ends_at <= now()
    ORDER BY s.ends_at LIMIT most
$$
"""
_SIGNATURE = "due_sessions(integer)"


def sweeping(roles: Roles) -> None:
    """The function of the sweep, which sees sessions by the policy that the ledger's checks made."""
    definer_function(roles, _SIGNATURE, DUE)


def drop_sweeping() -> None:
    """The function."""
    op.execute(f"DROP FUNCTION {_SIGNATURE}")
