"""What migrations are written with: tenant tables, their keys and constraints, policies, grants, definer functions."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from gamekeeper.kernel.database.roles import Roles

TENANT = "organization_id = (SELECT NULLIF(current_setting('app.organization_id', true), '')::uuid)"
"""NULLIF, because a setting that was transaction-local reads as '' afterwards; the sub-select is evaluated once."""

NOW = sa.text("now()")
"""The database's clock, as a column's default."""

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"


def create_tenant_table(roles: Roles, name: str, *items: SchemaItem, rights: str = EVERYTHING, **options: Any) -> None:
    """A table of `Tenanted` rows: its key, its organization, `items`, and row-level security.

    `items` are the other columns and constraints; these get their names by the convention of `Base`, as in the model.
    `rights` is what the application role may do, `options` what `op.create_table` takes, such as `postgresql_with`.
    """
    op.create_table(
        name,
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *items,
        of_organization(),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        **options,
    )
    tenant_table(roles, name, rights=rights)


def times() -> tuple[sa.Column[Any], sa.Column[Any]]:
    """The columns of `Timestamped`: when a row was made and last changed."""
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
    )


def version() -> sa.Column[Any]:
    """The column of `Versioned`: which state of a row an editor has read."""
    return sa.Column("version", sa.BigInteger(), server_default="1", nullable=False)


def of_organization() -> sa.ForeignKeyConstraint:
    """The reference by which all that an organization has ends with it."""
    return sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE")


def within(column: str, target: str, *, ondelete: str = "CASCADE", name: str | None = None) -> sa.ForeignKeyConstraint:
    """A reference inside one organization to a row of the table `target`, as `tenant_fk` in the model.

    `ondelete="SET NULL"` nulls only `column`, not the organization. `name` is for a reference that has its own.
    """
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{target}.organization_id", f"{target}.id"],
        name=name,
        ondelete=f"SET NULL ({column})" if ondelete == "SET NULL" else ondelete,
    )


def unique(*columns: str, **options: Any) -> sa.UniqueConstraint:
    """Columns that are unique within an organization, which is put before them."""
    return sa.UniqueConstraint("organization_id", *columns, **options)


def check(name: str, condition: str) -> sa.CheckConstraint:
    """A condition of every row, called `ck_<table>_<name>`; of a choice the name is its column."""
    return sa.CheckConstraint(condition, name=name)


def unique_where(name: str, table: str, columns: list[str], condition: str) -> None:
    """An index that lets only one row with these values fulfil the condition."""
    op.create_index(name, table, columns, unique=True, postgresql_where=sa.text(condition))


def drop_tables(*names: str) -> None:
    """Drop tables in this order: what refers before what is referred to."""
    for name in names:
        op.drop_table(name)


def drop_functions(*signatures: str) -> None:
    """Drop functions, each `name(argument types)`."""
    for signature in signatures:
        op.execute(f"DROP FUNCTION {signature}")


def tenant_table(roles: Roles, table: str, *, rights: str = EVERYTHING) -> None:
    """Shut a table by row-level security, also for its owner, and give the application role `rights` on it."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    column = "id" if table == "organizations" else "organization_id"
    policy = TENANT.replace("organization_id", column, 1)
    # TO the application role, so that the second policy of `system_table` never widens what it sees.
    op.execute(f"CREATE POLICY tenant ON {table} TO PUBLIC USING ({policy}) WITH CHECK ({policy})")
    op.execute(f"GRANT {rights} ON {table} TO {roles.app}")


def global_table(roles: Roles, table: str, *, rights: str = EVERYTHING) -> None:
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
