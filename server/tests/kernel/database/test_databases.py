"""Databases are dropped while others still hold them."""

import asyncio

import asyncpg
import pytest

from gamekeeper.kernel.database.databases import drop, renamed
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from gamekeeper.kernel.database.pools import Connection

SLOW_VACUUM = (
    "CREATE TABLE dust (speck integer) WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, "
    "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
)


async def vacuumed(superuser: Connection, url: str, database: str) -> None:
    """Leave so much to clean up in `database` that a worker of autovacuum is still at it for minutes."""
    inside = await asyncpg.connect(renamed(url, database))
    await inside.execute(SLOW_VACUUM)
    await inside.execute("INSERT INTO dust SELECT generate_series(1, 100000)")
    await inside.execute("DELETE FROM dust")
    await inside.close()
    await superuser.execute("ALTER SYSTEM SET autovacuum_naptime = '1s'")
    await superuser.execute("SELECT pg_reload_conf()")
    while not await superuser.fetchval(
        "SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'autovacuum worker' AND query <> ''",
        database,
    ):
        await asyncio.sleep(0.05)


async def test_a_database_that_is_being_vacuumed_is_dropped_by_its_owner(postgres: EmbeddedPostgres) -> None:
    url = await postgres.start()
    owner, superuser = await asyncpg.connect(url), await asyncpg.connect(postgres.superuser_url)
    await owner.execute("CREATE DATABASE dusty")
    await vacuumed(superuser, url, "dusty")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute("DROP DATABASE dusty WITH (FORCE)")
    await drop(owner, "dusty")
    assert await owner.fetchval("SELECT count(*) FROM pg_database WHERE datname = 'dusty'") == 0
    await owner.close()
    await superuser.close()


async def test_what_the_owner_left_open_is_ended(postgres: EmbeddedPostgres) -> None:
    url = await postgres.start()
    owner = await asyncpg.connect(url)
    await owner.execute('CREATE DATABASE "Left Open"')
    forgotten = await asyncpg.connect(renamed(url, "Left Open"))
    await drop(owner, "Left Open")
    await drop(owner, "Left Open")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await forgotten.fetchval("SELECT 1")
    await owner.close()
