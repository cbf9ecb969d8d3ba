"""Agents' logs: lines that arrive while somebody follows, and reading them back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.realtime import ephemeral
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.permissions import May
from gamekeeper_wire.agent import LogLevel, LogLine

TOPIC = "device-log"
EVENT = "device:log"
KEPT_LINES = 5000
"""For each device; older ones are dropped as new ones come."""
_SHOWN_BYTES = 5000
_LEVELS = [LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR]


async def keep(ctx: Context, device_id: UUID, lines: Sequence[LogLine]) -> list[UUID]:
    """Store lines. Answers their ids, in the same order."""
    ids = [new_id() for _ in lines]
    raw = await ctx.raw()
    await raw.executemany(
        """INSERT INTO device_log_lines (organization_id, id, device_id, at, received_at, level, message)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        [
            (
                ctx.organization_id,
                id_,
                device_id,
                _moment(line),
                ctx.now,
                line.level.value,
                line.message,
            )
            for id_, line in zip(ids, lines, strict=True)
        ],
    )
    await raw.execute(
        """DELETE FROM device_log_lines WHERE organization_id = $1 AND device_id = $2 AND id <= (
               SELECT id FROM device_log_lines WHERE organization_id = $1 AND device_id = $2
               ORDER BY id DESC OFFSET $3 LIMIT 1)""",
        ctx.organization_id,
        device_id,
        KEPT_LINES,
    )
    return ids


def show(ctx: Context, device_id: UUID, lines: Sequence[LogLine], ids: Sequence[UUID]) -> None:
    """Send stored lines to whoever may read them; what does not fit into a frame is read back from the store."""
    shown: list[dict[str, Any]] = []
    size = 0
    for id_, line in zip(reversed(ids), reversed(lines), strict=True):
        size += len(line.message.encode()) + 120
        if size > _SHOWN_BYTES:
            break
        at = _moment(line).isoformat()
        shown.insert(0, {"id": str(id_), "at": at, "level": line.level.value, "message": line.message})
    ephemeral.publish(
        ctx.runtime,
        ctx.organization_id,
        (f"{TOPIC}:{device_id}",),
        EVENT,
        {"device_id": str(device_id), "lines": shown, "more": len(shown) < len(lines)},
        # A key of its own for each: lines are not values of which only the newest counts.
        key=f"log:{device_id}:{new_id()}",
    )


def _moment(line: LogLine) -> datetime:
    return datetime.fromtimestamp(line.ts / 1000, UTC)


async def read(ctx: Context, device_id: UUID, level: LogLevel, limit: int, before: UUID | None) -> list[dict[str, Any]]:
    """Stored lines of a device, newest first. Raises NotFound."""
    device = await ctx.get(Device, device_id, May.INSPECT)
    wanted = _LEVELS[_LEVELS.index(level) :]
    raw = await ctx.raw()
    rows = await raw.fetch(
        """SELECT id, at, received_at, level, message FROM device_log_lines
           WHERE organization_id = $1 AND device_id = $2 AND level = ANY($3) AND ($4::uuid IS NULL OR id < $4)
           ORDER BY id DESC LIMIT $5""",
        ctx.organization_id,
        device.id,
        [each.value for each in wanted],
        before,
        limit,
    )
    return [dict(row) for row in rows]
