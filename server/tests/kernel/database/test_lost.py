"""What a lost database is, and what a broken statement is: only the first is tried again without end."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gamekeeper.kernel.database import Database
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from gamekeeper.kernel.database.pools import DATABASE_LOST, UnfitStatement
from gamekeeper.kernel.runtime import Runtime
from tests.kernel.database.conftest import postmaster

Way = Callable[..., Awaitable[None]]

BROKEN = {
    "a table that is not there": "SELECT 1 FROM nowhere",
    "a column that is not there": "SELECT nothing FROM users",
    "no permission": "SELECT * FROM pg_authid",
    "bad grammar": "SELEC 1",
    "too slow": "SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)",
    "too late for a lock": "SET LOCAL lock_timeout = 10; SELECT pg_advisory_xact_lock(7001)",
    "no number": "SELECT 1 / 0",
}


async def through_session(database: Database, *statements: str) -> None:
    async with database.sessions(info={"organization_id": None}) as session:
        for statement in statements:
            await session.execute(text(statement))


async def through_pool(database: Database, *statements: str) -> None:
    async with database.write(None) as connection:
        for statement in statements:
            await connection.execute(statement)


WAYS = [through_session, through_pool]


@pytest.mark.parametrize("way", WAYS, ids=["session", "pool"])
@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN.keys())
async def test_a_statement_that_is_refused_is_no_lost_database(way: Way, statement: str, runtime: Runtime) -> None:
    async with runtime.database.write(None) as other:
        await other.execute("SELECT pg_advisory_xact_lock(7001)")
        with pytest.raises((DBAPIError, asyncpg.PostgresError)) as failed:
            await way(runtime.database, *statement.split("; "))
    assert not isinstance(failed.value, DATABASE_LOST)


async def test_values_that_do_not_fit_are_no_lost_database(runtime: Runtime) -> None:
    with pytest.raises(DBAPIError) as failed:
        async with runtime.database.sessions(info={"organization_id": None}) as session:
            await session.execute(text("SELECT CAST(:number AS integer)"), {"number": "seven"})
    assert not isinstance(failed.value, DATABASE_LOST)
    for values, error in ((["seven"], asyncpg.DataError), ([1, 2], UnfitStatement)):
        with pytest.raises(error) as unfit:
            async with runtime.database.read(None) as connection:
                await connection.fetchval("SELECT $1::integer", *values)
        assert not isinstance(unfit.value, DATABASE_LOST)


async def test_a_context_tells_values_that_do_not_fit(runtime: Runtime) -> None:
    with pytest.raises(UnfitStatement):
        async with runtime.as_system(None) as ctx:
            await (await ctx.raw()).fetchval("SELECT $1::integer", 1, 2)


def end_a_backend(data: Path) -> None:
    """What makes PostgreSQL drop everybody and recover."""
    server = postmaster(data)
    assert server is not None
    next(child for child in server.children() if _says(child, "SELECT")).kill()


def _says(process: psutil.Process, word: str) -> bool:
    try:
        return word in " ".join(process.cmdline())
    except psutil.Error:  # it has ended meanwhile
        return False


async def are_busy(data: Path, count: int) -> None:
    """Wait until so many backends are in the middle of a statement."""
    server = postmaster(data)
    assert server is not None
    while sum(_says(child, "SELECT") for child in server.children()) < count:
        await asyncio.sleep(0.02)


def told(number: signal.Signals) -> Callable[[Path], None]:
    def tell(data: Path) -> None:
        server = postmaster(data)
        assert server is not None
        server.send_signal(number)

    return tell


ENDS = {
    "killed": told(signal.SIGKILL),
    "shut down": told(signal.SIGINT),
    "shut down at once": told(signal.SIGQUIT),
    "a process of it killed": end_a_backend,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_a_server_that_ends_is_a_lost_database(
    end: Callable[[Path], None], data: Path, postgres: EmbeddedPostgres
) -> None:
    database = Database(postgres.superuser_url)
    await database.open()
    supervising: asyncio.Task[None] | None = None
    try:
        # Before it ends, at that very moment, after it, and while it comes back.
        for way in WAYS:
            await way(database, "SELECT 1")
        busy = [asyncio.create_task(way(database, "SELECT pg_sleep(60)")) for way in WAYS]
        await are_busy(data, len(busy))
        end(data)
        raised = list(await asyncio.gather(*busy, return_exceptions=True))
        raised += await asyncio.gather(*(way(database, "SELECT 1") for way in WAYS * 3), return_exceptions=True)
        supervising = asyncio.create_task(postgres.supervise())
        async with asyncio.timeout(60):
            while still := await asyncio.gather(*(way(database, "SELECT 1") for way in WAYS), return_exceptions=True):
                if still == [None, None]:
                    break
                raised += still
    finally:
        if supervising is not None:
            supervising.cancel()
            await asyncio.gather(supervising, return_exceptions=True)
        await database.close()
    errors = [error for error in raised if error is not None]
    assert isinstance(raised[0], DATABASE_LOST)
    assert isinstance(raised[1], DATABASE_LOST)
    assert [error for error in errors if not isinstance(error, DATABASE_LOST)] == []
