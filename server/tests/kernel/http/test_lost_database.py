"""A database that went away in the middle of a request is told as that, and a bug is not."""

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from gamekeeper.kernel.database.pools import DatabaseLost, UnfitStatement
from gamekeeper.kernel.http import problems
from gamekeeper.kernel.http.middleware import Edge

LOST = [
    ConnectionError("No such file or directory"),
    ConnectionResetError(),
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("another operation is in progress"),
    asyncpg.IdleSessionTimeoutError("terminating connection due to idle-session timeout"),
    asyncpg.PostgresConnectionError("the connection broke"),
    asyncpg.DeadlockDetectedError("deadlock detected"),
    DatabaseLost("SELECT 1", None, asyncpg.InterfaceError("connection is closed"), connection_invalidated=True),
    DBAPIError("SELECT 1", None, asyncpg.AdminShutdownError("terminating connection")),
]


async def answer(error: Exception) -> httpx.Response:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Edge, https=False)

    @app.get("/")
    async def fail() -> None:  # pyright: ignore[reportUnusedFunction] - called by its route
        if isinstance(error, DBAPIError):
            raise error from error.orig
        raise error

    transport = httpx.ASGITransport(app)  # which would raise what leaves the app
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await client.get("/")


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
async def test_it_says_try_again(error: Exception) -> None:
    found = await answer(error)
    assert (found.status_code, found.json()["code"]) == (503, "database_unavailable")
    assert found.headers["retry-after"]


def unfit() -> UnfitStatement:
    error = UnfitStatement("the server expects 1 argument for this query, 2 were passed")
    error.__cause__ = asyncpg.InterfaceError(*error.args)
    return error


BUGS = [
    ValueError("a bug"),
    FileNotFoundError("a file of ours"),
    KeyError("x"),
    unfit(),
    DBAPIError("SELECT 1", None, asyncpg.InterfaceError("wrong use of a connection that stands")),
    DBAPIError("SELEC 1", None, asyncpg.PostgresSyntaxError("bad grammar")),
    asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
]


@pytest.mark.parametrize("error", BUGS, ids=lambda error: type(error).__name__)
async def test_a_bug_stays_a_bug(error: Exception) -> None:
    found = await answer(error)
    assert (found.status_code, found.json()["code"]) == (500, "internal_error")
    assert "a bug" not in found.text
    assert found.json()["request_id"] == found.headers["x-request-id"]
    assert found.headers["content-security-policy"]
    assert found.headers["x-content-type-options"] == "nosniff"


async def test_what_was_removed_meanwhile_is_called_gone() -> None:
    orphan = asyncpg.ForeignKeyViolationError("insert violates foreign key constraint")
    for error in (orphan, DBAPIError("INSERT", None, orphan)):
        found = await answer(error)
        assert (found.status_code, found.json()["code"]) == (410, "gone")
        assert "foreign" not in found.text
