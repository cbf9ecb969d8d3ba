"""Where a followed log goes on after a connection has ended: no line twice, none left out."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper_wire.agent import LogLevel, LogLine

_SAME_MILLISECOND = 200


@dataclass(slots=True)
class Position:
    """The millisecond of the newest line that is stored, and what is stored of it."""

    ts: int
    known: Counter[LogLine] = field(default_factory=Counter[LogLine])

    def new(self, lines: list[LogLine]) -> list[LogLine]:
        """The lines that are not stored yet. Each stored one answers for one that comes again."""
        fresh: list[LogLine] = []
        for line in lines:
            if line.ts == self.ts and self.known[line] > 0:
                self.known[line] -= 1
            else:
                fresh.append(line)
        return fresh


async def take_over(ctx: Context, device_id: UUID, epoch: int, ahead_ms: int) -> Position | None:
    """Let this connection write the log from now on. Answers from where; None when nobody follows.

    `ahead_ms` is how far the machine's clock is ahead of ours.
    """
    raw = await ctx.raw()
    # Waits for what an older connection is just writing; afterwards that one may write no more.
    since: datetime | None = await raw.fetchval(
        """UPDATE devices SET log_epoch = $3 WHERE organization_id = $1 AND id = $2 AND log_epoch < $3
           RETURNING log_since""",
        ctx.organization_id,
        device_id,
        epoch,
    )
    if since is None:
        return None
    rows = await raw.fetch(
        """SELECT at, level, message FROM device_log_lines
           WHERE organization_id = $1 AND device_id = $2 AND received_at >= $3 ORDER BY id DESC LIMIT $4""",
        ctx.organization_id,
        device_id,
        since,
        _SAME_MILLISECOND,
    )
    lines = [LogLine(_ms(row["at"]), LogLevel(row["level"]), row["message"]) for row in rows]
    if not lines:
        return Position(max(0, _ms(since) + ahead_ms))
    position = Position(lines[0].ts)
    for line in lines:
        if line.ts != position.ts:
            break
        position.known[line] += 1
    return position


async def may_write(ctx: Context, device_id: UUID, epoch: int) -> bool:
    """Whether no newer connection of the device took over; holds it off until this transaction has ended."""
    raw = await ctx.raw()
    found = await raw.fetchval(
        "SELECT 1 FROM devices WHERE organization_id = $1 AND id = $2 AND log_epoch <= $3 FOR SHARE",
        ctx.organization_id,
        device_id,
        epoch,
    )
    return found is not None


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
