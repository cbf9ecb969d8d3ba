"""What migrations say besides CREATE TABLE: tenant policies, grants and the few functions that look across tenants."""

from alembic import op

from gamekeeper.kernel.database.roles import Roles

TENANT = "organization_id = (SELECT NULLIF(current_setting('app.organization_id', true), '')::uuid)"
"""NULLIF, because a setting that was transaction-local reads as '' afterwards; the sub-select is evaluated once."""


def tenant_table(roles: Roles, table: str, *, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Shut a table by row-level security, also for its owner, and give the application role `rights` on it."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    column = "id" if table == "organizations" else "organization_id"
    policy = TENANT.replace("organization_id", column, 1)
    # TO the application role, so that the second policy of `system_table` never widens what it sees.
    op.execute(f"CREATE POLICY tenant ON {table} TO PUBLIC USING ({policy}) WITH CHECK ({policy})")
    op.execute(f"GRANT {rights} ON {table} TO {roles.app}")


def global_table(roles: Roles, table: str, *, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """A table without an organization, such as users: each is listed with its reason in the catalogue test."""
    op.execute(f"GRANT {rights} ON {table} TO {roles.app}")


def system_table(roles: Roles, table: str, *, rights: str = "SELECT") -> None:
    """Let the functions owned by the system role see every organization's rows of `table`.

    Nobody can log in as that role or become it; docs/decisions say why this is a policy and not BYPASSRLS.
    """
    op.execute(f"CREATE POLICY system ON {table} TO {roles.system} USING (true) WITH CHECK (true)")
    op.execute(f"GRANT {rights} ON {table} TO {roles.system}")


def definer_function(roles: Roles, signature: str, sql: str) -> None:
    """Create a function that runs as the system role and that only the application role may call.

    `signature` is `name(argument types)`; `sql` creates it and must say `SECURITY DEFINER` and pin
    `SET search_path = pg_catalog, public, pg_temp`.
    """
    op.execute(sql)
    op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {roles.app}")
    # The owner of a database is a member of the role it made; that membership lets it hand the function over.
    op.execute(f"ALTER FUNCTION {signature} OWNER TO {roles.system}")
