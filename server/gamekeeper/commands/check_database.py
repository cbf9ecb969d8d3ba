"""What the doctor asks the database: version, roles, migrations, clock, connections, and who holds it up."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg

from gamekeeper.commands.failures import StartRefused, refused
from gamekeeper.commands.findings import Finding
from gamekeeper.commands.migrate import expect_up_to_date
from gamekeeper.commands.process import Ground
from gamekeeper.kernel.database.migrate import OLDEST
from gamekeeper.kernel.database.pools import Connection

_SKEW_SECONDS = 2.0
_LONG = timedelta(minutes=5)
_LONG_TRANSACTIONS = """
SELECT pid::text AS id, coalesce(usename, '?') AS who, coalesce(nullif(application_name, ''), '?') AS program, state,
       date_trunc('second', now() - xact_start)::text AS age
FROM pg_stat_activity WHERE xact_start < now() - $1::interval AND backend_type = 'client backend'
UNION ALL
SELECT gid, owner::text, database::text, 'prepared', date_trunc('second', now() - prepared)::text
FROM pg_prepared_xacts WHERE prepared < now() - $1::interval
"""


async def examine(found: Ground) -> list[Finding]:
    """Everything about the database. Raises StartRefused when the owner cannot log in."""
    with refused(found.settings):
        owner = await asyncpg.connect(found.owner_url)
    try:
        findings = [
            await _version(owner),
            *await _owner(owner),
            *await _app_role(owner, found.roles.app),
            await _clock(owner),
            await _connections(owner, found.settings.database_pool),
        ]
    finally:
        await owner.close()
    return [*findings, await _app_login(found), await _migrations(found), *await _held_up(found)]


async def _version(owner: Connection) -> Finding:
    shown = f"PostgreSQL {await owner.fetchval('SHOW server_version')}"
    if owner.get_server_version().major < OLDEST:
        return Finding.problem(shown, f"Gamekeeper needs {OLDEST} or newer.")
    return Finding.fine(shown)


async def _owner(owner: Connection) -> list[Finding]:
    row = await owner.fetchrow(
        "SELECT current_user AS name, r.rolcreaterole, r.rolsuper, "
        "pg_catalog.pg_encoding_to_char(d.encoding) AS encoding, d.datdba = r.oid OR r.rolsuper AS owns "
        "FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()"
    )
    if row is None:
        return [Finding.problem("the user of DATABASE_URL does not exist any more", "Correct DATABASE_URL.")]
    findings: list[Finding] = []
    if not row["owns"]:
        findings.append(Finding.problem(f"{row['name']} does not own the database", "ALTER DATABASE … OWNER TO …"))
    if not (row["rolcreaterole"] or row["rolsuper"]):
        cure = "ALTER ROLE … CREATEROLE, or make the roles yourself and set DATABASE_APP_URL."
        findings.append(Finding.warning(f"{row['name']} may not make roles", cure))
    if row["encoding"] != "UTF8":
        findings.append(Finding.problem(f"the database's encoding is {row['encoding']}", "Create it with UTF8."))
    return findings or [Finding.fine(f"{row['name']} owns the database")]


async def _app_role(owner: Connection, app: str) -> list[Finding]:
    row = await owner.fetchrow(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole AS mighty, "
        "(SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')) AS owned "
        "FROM pg_roles r WHERE rolname = $1",
        app,
    )
    if row is None:
        return [Finding.problem(f"the role {app} is missing", "gamekeeper migrate makes it.")]
    findings: list[Finding] = []
    if row["mighty"]:
        cure = f"ALTER ROLE {app} NOSUPERUSER NOBYPASSRLS NOCREATEROLE"
        findings.append(Finding.problem(f"{app} may do more than it must: tenants are not apart", cure))
    if row["owned"]:
        cure = "Give its tables to the owner of the database: REASSIGN OWNED BY … TO …"
        findings.append(Finding.problem(f"{app} owns {row['owned']} tables, and so could open them", cure))
    return findings or [Finding.fine(f"{app} has no rights but those on rows")]


async def _clock(owner: Connection) -> Finding:
    before = datetime.now(UTC)
    theirs: datetime = await owner.fetchval("SELECT clock_timestamp()")
    ours = before + (datetime.now(UTC) - before) / 2
    skew = (theirs - ours).total_seconds()
    if abs(skew) > _SKEW_SECONDS:
        return Finding.problem(f"the database's clock differs by {skew:+.1f} s", "Synchronize both machines (NTP).")
    return Finding.fine(f"the database's clock agrees ({skew * 1000:+.0f} ms)")


async def _connections(owner: Connection, pool: int) -> Finding:
    allowed = int(await owner.fetchval("SELECT current_setting('max_connections')::int"))
    used = int(await owner.fetchval("SELECT sum(numbackends) FROM pg_stat_database"))
    # Two pools, one listener and one worker connection in each process.
    wanted = 2 * pool + 5
    if used + wanted > allowed:
        cure = "Raise max_connections or lower GAMEKEEPER_DATABASE_POOL."
        return Finding.warning(f"{used} of {allowed} connections are used, a process takes up to {wanted}", cure)
    return Finding.fine(f"{used} of {allowed} connections are used")


async def _held_up(found: Ground) -> list[Finding]:
    """The event log is read up to the oldest running transaction: a forgotten one stops live updates."""
    # Of other users' sessions only a superuser sees more than that they exist, so each looks at its own.
    urls = [found.embedded.superuser_url] if found.embedded else [found.owner_url, found.app_url]
    seen: dict[str, Finding] = {}
    with suppress(StartRefused), refused(found.settings):
        for url in urls:
            connection = await asyncpg.connect(url)
            try:
                rows = await connection.fetch(_LONG_TRANSACTIONS, _LONG)
            finally:
                await connection.close()
            seen |= {row["id"]: _held_up_by(row) for row in rows}
    return list(seen.values()) or [Finding.fine("no transaction has been open for long")]


def _held_up_by(row: asyncpg.Record) -> Finding:
    end = (
        f"SELECT pg_terminate_backend({row['id']})"
        if row["state"] != "prepared"
        else f"ROLLBACK PREPARED {row['id']!r}"
    )
    return Finding.warning(
        f"a transaction of {row['who']} ({row['program']}, {row['state']}) has been open for {row['age']}",
        f"It holds back live updates and clean-up. End it: {end}",
    )


async def _app_login(found: Ground) -> Finding:
    try:
        with refused(found.settings):
            await (await asyncpg.connect(found.app_url)).close()
    except StartRefused as error:
        return Finding.problem(f"{found.roles.app} cannot log in: {error}", "gamekeeper migrate sets its password.")
    return Finding.fine(f"{found.roles.app} can log in")


async def _migrations(found: Ground) -> Finding:
    try:
        await expect_up_to_date(found)
    except StartRefused as error:
        return Finding.problem("the database is not of this version", str(error))
    return Finding.fine("the database is of this version")
