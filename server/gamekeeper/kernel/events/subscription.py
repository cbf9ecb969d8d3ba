"""Doing something when something happened: `@on(DeviceEnrolled)` in a module's `subscribers.py`."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events.event import Event, revive
from gamekeeper.kernel.jobs.registry import Job, job

Heard = TypeVar("Heard", bound=Event)
Handler: TypeAlias = Callable[[Context, Heard], Awaitable[None]]

_subscribers: dict[str, list[Job]] = defaultdict(list)


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

        deliver.__module__, deliver.__qualname__, deliver.__doc__ = (
            handler.__module__,
            handler.__qualname__,
            handler.__doc__,
        )
        _subscribers[event.type].append(job(retries=retries, timeout=timeout)(deliver))
        return handler

    return register


async def tell_subscribers(ctx: Context, event: Event, event_id: UUID) -> None:
    """Enqueue the jobs of an event's subscribers with the event itself."""
    for subscriber in _subscribers.get(event.type, ()):
        await subscriber.later(ctx, event_id=event_id)
