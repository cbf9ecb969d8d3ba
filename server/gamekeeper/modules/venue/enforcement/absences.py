"""When we heard nothing of a seat: written down at its hello, read when it claims to have been off."""

from datetime import datetime, timedelta
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id

# `last_seen` is still that of the connection before: the new one is shown as online once it has been greeted.
_NOTE = """
INSERT INTO seat_absences (organization_id, id, device_id, boot_id, from_at, until_at)
SELECT $1, $2, $3, $4, heard.at, $5 FROM (
    SELECT greatest(
        $6::timestamptz,
        (SELECT last_seen FROM device_presence WHERE organization_id = $1 AND id = $3),
        (SELECT max(until_at) FROM seat_absences WHERE organization_id = $1 AND device_id = $3)) AS at) heard
WHERE heard.at < $5
"""

_WITHIN = """
SELECT coalesce(sum(least(until_at, $4) - greatest(from_at, $3)), interval '0') FROM seat_absences
WHERE organization_id = $1 AND device_id = $2 AND until_at > $3 AND from_at < $4
"""


async def note(ctx: Context, device_id: UUID, boot_id: str, reported_at: datetime | None) -> None:
    """Another boot says hello: until now nothing was heard of the machine since its last report or sign of life."""
    await (await ctx.raw()).execute(_NOTE, ctx.organization_id, new_id(), device_id, boot_id, ctx.now, reported_at)


async def within(ctx: Context, device_id: UUID, start: datetime, end: datetime) -> timedelta:
    """How long the machine can have been off between two moments, at most."""
    found: timedelta = await (await ctx.raw()).fetchval(_WITHIN, ctx.organization_id, device_id, start, end)
    return found
