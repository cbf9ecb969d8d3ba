"""This machine's own agent fails alone: a statement that is refused leaves the rest of the process running."""

import asyncio
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from gamekeeper.commands import own_agent
from gamekeeper.kernel.database.pools import UnfitStatement
from gamekeeper.kernel.runtime import Runtime

REFUSALS = [
    asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
    asyncpg.DiskFullError("could not extend file"),
    DBAPIError("SELECT 1", None, Exception("no privilege")),
    UnfitStatement("the server expects 1 argument"),
    ConnectionRefusedError(),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda error: type(error).__name__)
async def test_what_the_database_refuses_is_tried_again(
    refusal: Exception, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = asyncio.Queue[None]()

    async def not_enrolled(_folder: Path, *_arguments: str) -> int:
        return 1

    async def refused(_runtime: Runtime) -> UUID:
        tries.put_nowait(None)
        raise refusal

    monkeypatch.setattr(own_agent, "_run", not_enrolled)
    monkeypatch.setattr(own_agent, "_first_organization", refused)
    monkeypatch.setattr(own_agent, "_FIRST_PAUSE", 0.01)
    keeping = asyncio.create_task(own_agent.keep_own_agent(runtime))
    try:
        async with asyncio.timeout(30):
            for _ in range(3):
                await tries.get()
        assert not keeping.done()
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
