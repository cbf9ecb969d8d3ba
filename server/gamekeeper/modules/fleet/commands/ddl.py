"""The database's part of ending commands: which of all organizations nobody answered in time."""

from gamekeeper.kernel.database.ddl import definer_function, drop_functions
from gamekeeper.kernel.database.roles import Roles

DUE_COMMANDS = """
CREATE FUNCTION due_commands(most integer)
RETURNS TABLE (organization_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.organization_id, c.id FROM commands c
    WHERE c.state IN ('queued', 'sent', 'acknowledged', 'running') AND c.expires_at <= now()
    ORDER BY c.expires_at LIMIT most
$$
"""
_SIGNATURE = "due_commands(integer)"


def expiring(roles: Roles) -> None:
    """The function of the expiry, which sees commands by the policy of their table."""
    definer_function(roles, _SIGNATURE, DUE_COMMANDS)


def drop_expiring() -> None:
    """The function."""
    drop_functions(_SIGNATURE)
