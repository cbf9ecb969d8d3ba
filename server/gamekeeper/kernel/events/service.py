"""Telling: one row in the log, in the transaction of the change."""

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events.event import Event
from gamekeeper.kernel.events.subscription import tell_subscribers

HINT = "events"

_INSERT = """
INSERT INTO events (organization_id, id, type, audited, subject_id, subject_label, actor_kind, actor_id,
                    actor_label, request_id, ip, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::jsonb)
"""


async def emit(ctx: Context, event: Event) -> None:
    """Record `event` in the caller's transaction; readers get it after the commit, subscribers as jobs."""
    connection = await ctx.raw()
    event_id = new_id()
    await connection.execute(
        _INSERT,
        ctx.organization_id,
        event_id,
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
    )
    await tell_subscribers(ctx, event, event_id)
    ctx.poke(HINT)
