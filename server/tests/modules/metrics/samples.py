"""Samples for tests of metrics."""

import time
from uuid import UUID

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.runtime import Runtime
from gamekeeper_wire.agent import Sample


def now_ms() -> int:
    """The wall clock in milliseconds."""
    return int(time.time() * 1000)


def samples(count: int = 3, *, end: int | None = None, step: int = 60_000, cpu: float | None = 40.0) -> list[Sample]:
    """Sound samples, oldest first, the last at `end`."""
    last = end if end is not None else now_ms()
    return [
        Sample(ts=last - step * (count - 1 - place), cpu=cpu, memory=50.0, temperature=45.5, disk=70.0, latency=3.25)
        for place in range(count)
    ]


async def stored(runtime: Runtime, organization_id: UUID, device_id: UUID) -> list[tuple[int, float | None]]:
    """(ts in milliseconds, cpu) of every row that the organization sees of a device."""
    async with runtime.database.read(organization_id) as connection:
        rows = await connection.fetch(
            "SELECT (extract(epoch FROM ts) * 1000)::bigint AS ts, cpu FROM device_metrics "
            "WHERE device_id = $1 ORDER BY ts",
            device_id,
        )
    return [(row["ts"], row["cpu"]) for row in rows]


def device() -> UUID:
    """A device's id; readings need no more of it."""
    return new_id()
