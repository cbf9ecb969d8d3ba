"""The catalogue of the migrated database: what a table, key, index, view or function must be to be let in."""

import re
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from alembic import command

from gamekeeper.kernel.database.databases import drop, renamed
from gamekeeper.kernel.database.ddl import TENANT
from gamekeeper.kernel.database.migrate import migrate
from gamekeeper.kernel.database.migrate import run as run_alembic
from gamekeeper.kernel.database.roles import Roles
from tests.conftest import MASTER_KEY

ROLES = Roles()

GLOBAL = {
    "alembic_version": "the migration that the database is at",
    "event_cursors": "how far each reader of the whole log is; holds no fact of anybody",
    "users": "a person signs in once and may belong to several organizations",
    "auth_sessions": "a sign-in belongs to a person, before an organization is chosen",
    "signin_failures": "counts by address and by e-mail, before anybody is known",
    "refresh_tokens": "hashes, by sign-in",
    "mfa_factors": "a person's second factors, sealed",
    "recovery_codes": "hashes, by person",
    "password_resets": "hashes, by person",
    "setup_links": "exists before the first organization does",
    "pgqueuer": "the queue's own: the job's organization is inside, the page reads our table `jobs`",
    "pgqueuer_log": "the queue's own",
    "pgqueuer_statistics": "the queue's own",
    "system_jobs": "runs of Gamekeeper's own work, which belongs to no organization",
    "job_schedules": "when periodic work is due, once for the whole installation",
    "system_secrets": "the root key and secrets of persons, sealed",
    "metrics_marks": "how far the roll-ups are",
    "certificate_authorities": "one authority signs for the installation; its keys are sealed",
    "gateway_nodes": "which gateways are alive",
}
"""Tables without an organization, each with its reason. Anything else must have one."""


@pytest.fixture(scope="session")
async def catalogue(owner_url: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


TABLES = """
SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'
               AND NOT a.attisdropped) AS tenanted
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""


async def tenant_tables(catalogue: "asyncpg.Connection[asyncpg.Record]") -> list[asyncpg.Record]:
    rows = await catalogue.fetch(TABLES)
    return [row for row in rows if row["tenanted"] and not row["relispartition"]]


async def test_a_table_without_an_organization_is_listed_with_its_reason(
    catalogue: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    rows = await catalogue.fetch(TABLES)
    free = {row["relname"] for row in rows if not row["tenanted"]} - {"organizations"}
    assert free == set(GLOBAL)


async def test_every_tenant_table_is_shut_by_the_one_policy(catalogue: "asyncpg.Connection[asyncpg.Record]") -> None:
    tables = await tenant_tables(catalogue)
    assert tables
    for table in tables:
        assert table["relrowsecurity"], table["relname"]
        assert table["relforcerowsecurity"], table["relname"]
        policies = await catalogue.fetch(
            "SELECT policyname, roles::text[] AS roles, cmd, permissive, qual, with_check FROM pg_policies"
            " WHERE tablename = $1",
            table["relname"],
        )
        named = {policy["policyname"]: policy for policy in policies}
        assert all(policy["permissive"] == "RESTRICTIVE" for policy in policies if policy["policyname"] == "old")
        assert set(named) <= {"tenant", "system", "ingest", "old"}, table["relname"]
        tenant = named["tenant"]
        assert (tenant["roles"], tenant["cmd"]) == (["public"], "ALL"), table["relname"]
        assert plain(tenant["qual"]) == plain(tenant["with_check"]) == plain(TENANT), table["relname"]
        if "system" in named:
            assert named["system"]["roles"] == [ROLES.system], table["relname"]
        if "ingest" in named:
            assert (named["ingest"]["roles"], named["ingest"]["cmd"]) == ([ROLES.ingest], "INSERT"), table["relname"]


def plain(expression: str) -> str:
    """PostgreSQL prints an expression with casts, parentheses and names of its own."""
    return re.sub(r' as "nullif"|::text|[() \n]', "", expression.lower())


async def test_organizations_show_only_the_current_one(catalogue: "asyncpg.Connection[asyncpg.Record]") -> None:
    policy = await catalogue.fetchrow(
        "SELECT qual, with_check FROM pg_policies WHERE tablename = 'organizations' AND policyname = 'tenant'"
    )
    assert policy is not None
    assert plain(policy["qual"]) == plain(policy["with_check"]) == plain(TENANT.replace("organization_id", "id", 1))


async def test_the_organization_stands_first_in_every_primary_key(
    catalogue: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    for table in await tenant_tables(catalogue):
        first = await catalogue.fetchval(
            """SELECT a.attname FROM pg_index i
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
               WHERE i.indrelid = $1 AND i.indisprimary""",
            table["oid"],
        )
        assert first == "organization_id", table["relname"]


async def test_the_organization_stands_first_in_every_unique_index(
    catalogue: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    for table in await tenant_tables(catalogue):
        loose = await catalogue.fetch(
            """SELECT i.indexrelid::regclass::text AS name FROM pg_index i
               LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
               WHERE i.indrelid = $1 AND i.indisunique AND a.attname IS DISTINCT FROM 'organization_id'""",
            table["oid"],
        )
        assert not loose, f"{table['relname']}: {loose} tells whether another organization has a value"


async def test_every_reference_between_tenant_tables_carries_the_organization(
    catalogue: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    keys = await catalogue.fetch(
        """SELECT k.conname, k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent,
                  ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY n(number, place)
                        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.number
                        ORDER BY place) AS columns
           FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace"""
    )
    tenanted = {row["relname"] for row in await catalogue.fetch(TABLES) if row["tenanted"]}
    for key in keys:
        if key["parent"] in tenanted:
            assert key["columns"][0] == "organization_id", key["conname"]
            assert key["child"] in tenanted, key["conname"]


async def test_no_view_and_no_function_lends_its_owners_eyes(catalogue: "asyncpg.Connection[asyncpg.Record]") -> None:
    views = await catalogue.fetch(
        """SELECT relname, relkind, reloptions FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"""
    )
    for view in views:
        assert view["relkind"] == b"v", f"{view['relname']} is materialized: row-level security does not reach it"
        assert "security_invoker=true" in (view["reloptions"] or []), view["relname"]
    functions = await catalogue.fetch(
        """SELECT p.proname, p.proconfig, pg_get_userbyid(p.proowner) AS owner,
                  has_function_privilege('public', p.oid, 'EXECUTE') AS everybody
           FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"""
    )
    assert functions
    for function in functions:
        assert "search_path=pg_catalog" in str(function["proconfig"]), function["proname"]
        assert not function["everybody"], function["proname"]


async def test_nothing_is_filtered_by_what_is_not_leakproof(catalogue: "asyncpg.Connection[asyncpg.Record]") -> None:
    enums = await catalogue.fetch("SELECT typname FROM pg_type WHERE typtype = 'e'")
    assert not [row["typname"] for row in enums if not row["typname"].startswith("pgqueuer")]
    indexed = await catalogue.fetch(
        """SELECT i.indexrelid::regclass::text AS name, t.typname FROM pg_index i
           JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
           JOIN pg_type t ON t.oid = a.atttypid
           WHERE t.typname IN ('jsonb', 'json', 'numeric') OR t.typcategory = 'A'"""
    )
    assert not indexed


async def test_the_application_role_owns_nothing_and_may_little(
    catalogue: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    for role, login in ((ROLES.app, True), (ROLES.ingest, False), (ROLES.system, False)):
        row = await catalogue.fetchrow(
            """SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin FROM pg_roles
               WHERE rolname = $1""",
            role,
        )
        assert row is not None
        assert tuple(row.values()) == (False, False, False, False, False, login), role
    owned = await catalogue.fetch(
        "SELECT relname FROM pg_class WHERE relowner IN (to_regrole($1), to_regrole($2))", ROLES.app, ROLES.ingest
    )
    assert not owned
    assert not await catalogue.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", ROLES.app)
    truncatable = await catalogue.fetch(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND (has_table_privilege($1, oid, 'TRUNCATE') OR has_table_privilege($1, oid, 'REFERENCES')
                OR has_table_privilege($1, oid, 'TRIGGER'))""",
        ROLES.app,
    )
    assert not truncatable
    assert not await catalogue.fetchval("SELECT pg_has_role($1, $2, 'MEMBER')", ROLES.app, ROLES.system)


async def test_partitions_are_reached_through_their_parent_only(
    catalogue: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    loose = await catalogue.fetch(
        """SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'
           AND has_table_privilege($1, oid, 'SELECT, INSERT, UPDATE, DELETE')""",
        ROLES.app,
    )
    assert not loose


async def test_models_and_migrations_agree(owner_url: str) -> None:
    await run_alembic(owner_url, ROLES, command.check)


async def test_migrations_go_down_to_nothing_and_up_again(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    await connection.execute("CREATE DATABASE up_and_down")
    url = renamed(owner_url, "up_and_down")
    try:
        await migrate(url, ROLES, MASTER_KEY)
        await run_alembic(url, ROLES, lambda config: command.downgrade(config, "base"))
        inner = await asyncpg.connect(url)
        left = await inner.fetch("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        functions = await inner.fetch("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        await inner.close()
        assert {row["relname"] for row in left} <= {"alembic_version", "alembic_version_pkc"}
        assert not functions
        await migrate(url, ROLES, MASTER_KEY)
    finally:
        await drop(connection, "up_and_down")
        await connection.close()
