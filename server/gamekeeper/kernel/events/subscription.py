"""Doing something when something happened: `@on(…)` and `@on_all(…)` in a module's `subscribers.py`."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events.event import Event, revive
from gamekeeper.kernel.jobs.registry import Job, job

Heard = TypeVar("Heard", bound=Event)
Handler: TypeAlias = Callable[[Context, Heard], Awaitable[None]]
HandlerOfAll: TypeAlias = Callable[[Context, Sequence[Heard]], Awaitable[None]]

MOST_TOGETHER = 500
"""Events that one job of `on_all` has at most."""

_subscribers: dict[str, list[Job]] = defaultdict(list)
_subscribers_to_all: dict[str, list[Job]] = defaultdict(list)


def on(event: type[Heard], *, retries: int = 10, timeout: float = 60) -> Callable[[Handler[Heard]], Handler[Heard]]:
    """Run `async def handler(ctx, event)` after each event of a class, as a job on behalf of the event's actor.

    It runs after the commit, in a transaction of its own, and again when it fails; what it changes is committed
    exactly once for each event.
    """

    def register(handler: Handler[Heard]) -> Handler[Heard]:
        async def deliver(ctx: Context, *, event_id: UUID) -> None:
            row = await (await ctx.raw()).fetchrow(
                "SELECT type, data::text AS data FROM events WHERE organization_id = $1 AND id = $2",
                ctx.organization_id,
                event_id,
            )
            heard = revive(row["type"], json.loads(row["data"])) if row else None
            if isinstance(heard, event):
                await handler(ctx, heard)

        _named_as(deliver, handler)
        _subscribers[event.type].append(job(retries=retries, timeout=timeout)(deliver))
        return handler

    return register


def on_all(
    event: type[Heard], *, key: str | None = None, retries: int = 10, timeout: float = 60
) -> Callable[[HandlerOfAll[Heard]], HandlerOfAll[Heard]]:
    """Run `async def handler(ctx, events)` like `on`, once for all events of a class that were emitted together.

    For what may happen to hundreds at the same moment, such as a room that gets its network back. Jobs of the same
    `key` in one organization run one after the other.
    """

    def register(handler: HandlerOfAll[Heard]) -> HandlerOfAll[Heard]:
        async def deliver(ctx: Context, *, event_ids: list[UUID]) -> None:
            rows = await (await ctx.raw()).fetch(
                """SELECT type, data::text AS data FROM events WHERE organization_id = $1 AND id = ANY($2::uuid[])
                   ORDER BY position""",
                ctx.organization_id,
                event_ids,
            )
            heard = [revive(row["type"], json.loads(row["data"])) for row in rows]
            await handler(ctx, [each for each in heard if isinstance(each, event)])

        _named_as(deliver, handler)
        _subscribers_to_all[event.type].append(job(retries=retries, timeout=timeout, key=key)(deliver))
        return handler

    return register


def _named_as(deliver: Callable[..., object], handler: Callable[..., object]) -> None:
    deliver.__module__, deliver.__qualname__, deliver.__doc__ = (
        handler.__module__,
        handler.__qualname__,
        handler.__doc__,
    )


async def tell_subscribers(ctx: Context, told: Sequence[tuple[Event, UUID]]) -> None:
    """Enqueue the jobs of the subscribers of events (with their ids), in the transaction that writes them."""
    together: defaultdict[str, list[UUID]] = defaultdict(list)
    for event, event_id in told:
        together[event.type].append(event_id)
        for subscriber in _subscribers.get(event.type, ()):
            await subscriber.later(ctx, event_id=event_id)
    for type_, ids in together.items():
        for subscriber in _subscribers_to_all.get(type_, ()):
            for first in range(0, len(ids), MOST_TOGETHER):
                await subscriber.later(ctx, event_ids=ids[first : first + MOST_TOGETHER])
