"""Readers that must see every event, wherever they stopped: a batch and its cursor are one transaction."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias
from uuid import UUID

from gamekeeper.kernel.caller import SYSTEM, Authenticated
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events.log import Cursor, Recorded, head, read
from gamekeeper.kernel.events.service import HINT
from gamekeeper.kernel.runtime import Runtime

HandleBatch: TypeAlias = Callable[[Context, Sequence[Recorded]], Awaitable[None]]
"""Takes the next events of one organization, in their order, in a context of that organization."""

_POLL_SECONDS = 1.0
_BATCH = 200

_MINE = "SELECT pg_try_advisory_xact_lock(hashtextextended('gamekeeper reader ' || $1, 0))"
_CURSOR = "SELECT xid::text AS xid, position FROM event_cursors WHERE reader = $1"
_ADVANCE = """
INSERT INTO event_cursors (reader, xid, position) VALUES ($1, $2::text::xid8, $3)
ON CONFLICT (reader) DO UPDATE SET xid = excluded.xid, position = excluded.position, updated_at = now()
"""
_BECOME = "SELECT set_config('app.organization_id', $1, true)"


async def follow(runtime: Runtime, name: str, handle: HandleBatch, *, from_start: bool = True) -> None:
    """Give every event to `handle` exactly once, until cancelled.

    `name` is the reader's place in the log; of all processes that follow under it, one reads at a time. A new reader
    begins with the oldest event, or with `from_start=False` with the next one. What `handle` raises rolls the batch
    back and ends the reader; run it under `background`, which begins it again.
    """
    news = asyncio.Event()
    stop_listening = runtime.hints.listen(HINT, lambda _keys: news.set())
    try:
        if not from_start:
            await _begin_at_the_end(runtime, name)
        while True:
            news.clear()
            while await advance(runtime, name, handle) == _BATCH:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await news.wait()
    finally:
        stop_listening()


async def advance(runtime: Runtime, name: str, handle: HandleBatch) -> int:
    """Handle one batch, unless another process is about it; returns how many events it had."""
    async with runtime.context(Authenticated(actor=SYSTEM)) as ctx:
        connection = await ctx.raw()
        if not await connection.fetchval(_MINE, name):
            return 0
        row = await connection.fetchrow(_CURSOR, name)
        after = Cursor(int(row["xid"]), row["position"]) if row else Cursor(0, 0)
        async with runtime.database.read(None) as log:
            events = await read(log, after, _BATCH)
        if not events:
            return 0
        for organization_id, theirs in _by_organization(events).items():
            await handle(await _in_organization(ctx, organization_id), theirs)
        place = events[-1].cursor
        await (await ctx.raw()).execute(_ADVANCE, name, str(place.xid), place.position)
        return len(events)


async def _begin_at_the_end(runtime: Runtime, name: str) -> None:
    async with runtime.database.write(None) as connection:
        if await connection.fetchrow(_CURSOR, name) is None:
            place = await head(connection)
            await connection.execute(_ADVANCE, name, str(place.xid), place.position)


def _by_organization(events: Sequence[Recorded]) -> dict[UUID, list[Recorded]]:
    found: dict[UUID, list[Recorded]] = defaultdict(list)
    for event in events:
        found[event.organization_id].append(event)
    return found


async def _in_organization(ctx: Context, organization_id: UUID) -> Context:
    """The same transaction, as one organization."""
    await (await ctx.raw()).execute(_BECOME, str(organization_id))
    # Nothing that was loaded as one organization may be seen as the next.
    ctx.session.expunge_all()
    who = Authenticated(actor=SYSTEM, organization_id=organization_id)
    inner = Context(ctx.runtime, ctx.session, who, ctx.request, ctx.now)
    inner.hints = ctx.hints
    return inner
