"""Four weeks of readings, through the same writer and the same roll-ups as real ones."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.metrics import rollups
from gamekeeper.modules.metrics.settings import MetricsSettings
from gamekeeper.modules.metrics.writer import Writer
from gamekeeper.simulate.behavior import Behavior
from gamekeeper.simulate.enrolment import Member
from gamekeeper_wire.agent import Sample
from gamekeeper_wire.limits import MAX_SAMPLES

DAYS = 28
_DAY_MS = 86_400_000
_RECENT_DAYS = 2
_RECENT_MS = 60_000
_OLD_MS = 300_000


async def remember(
    runtime: Runtime, organization_id: UUID, members: Sequence[Member], behaviors: Sequence[Behavior], now_ms: int
) -> int:
    """Write the past of every device and roll it up; how many rows. What is there already is left alone.

    Single readings older than they are usually kept go with the next clean-up; their roll-ups stay.
    """
    writer = Writer(runtime, MetricsSettings.model_validate({"raw_days": DAYS + 1}))
    await writer.prepare()
    storing = asyncio.create_task(writer.run())
    rows = 0
    for member, behavior in zip(members, behaviors, strict=True):
        past = await asyncio.to_thread(_past, behavior, now_ms)
        answers = [
            await writer.accept(organization_id, member.device_id, past[place : place + MAX_SAMPLES], replay=True)
            for place in range(0, len(past), MAX_SAMPLES)
        ]
        rows += sum(answer.rows for answer in await asyncio.gather(*answers))
    storing.cancel()
    await asyncio.gather(storing, return_exceptions=True)
    await rollups.roll_up(runtime.database)
    return rows


def _past(behavior: Behavior, now_ms: int) -> list[Sample]:
    recent = now_ms - _RECENT_DAYS * _DAY_MS
    old = range(now_ms - DAYS * _DAY_MS, recent, _OLD_MS)
    return [behavior.sample(ts) for ts in (*old, *range(recent, now_ms, _RECENT_MS))]
