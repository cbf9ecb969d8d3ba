"""Telling: one row in the log, in the transaction of the change."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import places
from gamekeeper.kernel.events.event import Event
from gamekeeper.kernel.events.subscription import tell_subscribers

HINT = "events"

_INSERT = """
INSERT INTO events (organization_id, id, type, audited, subject_id, subject_label, actor_kind, actor_id,
                    actor_label, request_id, ip, data, places)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::jsonb, {places})
"""
_FIRST_SUBJECT = 13


async def emit(ctx: Context, event: Event) -> None:
    """Record `event` in the caller's transaction; readers get it after the commit, subscribers as jobs."""
    await emit_all(ctx, [event])


async def emit_all(ctx: Context, events: Sequence[Event]) -> None:
    """Record events in their order, in one round trip for all of a kind that follow one another."""
    connection = await ctx.raw()
    written = [_row(ctx, event) for event in events]
    for statement, group in groupby(written, itemgetter(0)):
        rows = [row for _, row in group]
        if len(rows) == 1:
            await connection.execute(statement, *rows[0])
        else:
            await connection.executemany(statement, rows)
    await tell_subscribers(ctx, [(event, row[1]) for event, (_, row) in zip(events, written, strict=True)])
    ctx.poke(HINT)


def _row(ctx: Context, event: Event) -> tuple[str, tuple[Any, ...]]:
    """The statement that writes an event, and its arguments."""
    about = places.subjects(event.topics())
    where = places.expression(tuple(model for model, _ in about), _FIRST_SUBJECT)
    return _INSERT.format(places=where), (
        ctx.organization_id,
        new_id(),
        event.type,
        event.audited,
        event.subject_id,
        event.subject_label,
        ctx.actor.kind.value,
        ctx.actor.id,
        ctx.actor.label,
        ctx.request.id,
        ctx.request.ip,
        event.model_dump_json(),
        *(id_ for _, id_ in about),
    )
