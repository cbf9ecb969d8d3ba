"""A connection carries nothing from one transaction to the next, however the first one ended."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gamekeeper.kernel.database import Database, new_id
from gamekeeper.kernel.runtime import Runtime

_STATE = """
SELECT current_setting('app.organization_id', true) AS organization, current_user = session_user AS is_itself,
       current_setting('statement_timeout') AS timeout, pg_current_xact_id_if_assigned() IS NULL AS is_idle
"""


@pytest.fixture
async def single(runtime: Runtime) -> AsyncGenerator[Database]:
    """Pools of one connection, so that the next transaction is on the connection of the last."""
    database = Database(runtime.database.url, 1)
    await database.open()
    yield database
    await database.close()


async def use(database: Database, runtime: Runtime, statement: str) -> None:
    async with database.write(new_id()) as connection:
        await connection.execute(f"SET LOCAL ROLE {runtime.roles.ingest}; SET LOCAL statement_timeout = '15s'")
        await connection.execute(statement)


async def is_clean(database: Database) -> bool:
    async with database.pool.acquire() as connection:
        row = await connection.fetchrow(_STATE)
    assert row is not None
    return not row["organization"] and row["is_itself"] and row["timeout"] == "0" and row["is_idle"]


async def test_after_a_commit(single: Database, runtime: Runtime) -> None:
    await use(single, runtime, "SELECT 1")
    assert await is_clean(single)


async def test_after_an_error(single: Database, runtime: Runtime) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await use(single, runtime, "SELECT 1 / 0")
    assert await is_clean(single)


async def test_after_a_cancellation(single: Database, runtime: Runtime) -> None:
    using = asyncio.create_task(use(single, runtime, "SELECT pg_sleep(60)"))
    await asyncio.sleep(0.3)
    using.cancel()
    with pytest.raises(asyncio.CancelledError):
        await using
    assert await is_clean(single)


@pytest.mark.parametrize("url", ["postgresql:///gone?host=/not/there", "postgresql://host.invalid/gone"])
async def test_a_server_that_cannot_be_reached_is_a_lost_connection(url: str) -> None:
    with pytest.raises(ConnectionError):
        await Database(url).open()
    with pytest.raises(ConnectionError):
        async with Database(url).engine.connect():
            pass


async def test_an_error_does_not_tell_what_was_written(single: Database) -> None:
    with pytest.raises(DBAPIError) as failed:
        async with single.sessions(info={"organization_id": None}) as session:
            await session.execute(text("SELECT CAST(:secret AS text) FROM nowhere"), {"secret": "$argon2id$hidden"})
    assert "SELECT" in str(failed.value)
    assert "hidden'" not in str(failed.value)
    assert "parameters hidden" in str(failed.value)
