"""Points over time for a chart: columns rather than rows, with explicit gaps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from gamekeeper.kernel.database.pools import Connection
from gamekeeper.modules.metrics.readings import UNITS, Metric
from gamekeeper.modules.metrics.settings import metrics_settings
from gamekeeper.modules.metrics.sources import points
from gamekeeper.modules.metrics.tiers import Plan, Tier, plan

_GAP_FACTOR = 2.5
"""A pause this many times the usual distance of points is a gap, not a late reading."""


class Gap(BaseModel):
    """A stretch without any reading, in seconds since 1970."""

    since: int
    until: int


class Band(BaseModel):
    """One metric, a value for each of the series' times; null where there is none."""

    unit: str
    min: list[float | None]
    max: list[float | None]
    avg: list[float | None]


class Series(BaseModel):
    """Readings of one device. At the beginning of each gap stands a time whose values are all null."""

    device_id: UUID
    tier: Tier
    step_seconds: int
    since: datetime
    until: datetime
    times: list[int]
    """Beginning of each point, in seconds since 1970."""
    metrics: dict[Metric, Band]
    gaps: list[Gap]


async def read(
    connection: Connection,
    organization_id: UUID,
    device_id: UUID,
    *,
    since: datetime,
    until: datetime,
    width: int,
    now: datetime,
    metrics: Sequence[Metric] = tuple(Metric),
) -> Series:
    """The readings of one device for a chart of `width` pixels, in at most twice as many points.

    The caller has made sure that the device may be seen, and `connection` is in a transaction of its organization.
    Raises RangeBackwards or RangeTooLong.
    """
    chosen = plan(since, until, width, now=now, settings=metrics_settings())
    rows = await connection.fetch(
        points(chosen.tier, metrics, "device_id = $5") + " ORDER BY t",
        organization_id,
        chosen.since,
        chosen.until,
        chosen.step,
        device_id,
    )
    times = [int(row["t"].timestamp()) for row in rows]
    gaps = find_gaps(times, chosen, now)
    by_time = dict(zip(times, rows, strict=True))
    marks = {gap.since for gap in gaps} - by_time.keys()
    shown = sorted(by_time.keys() | marks)
    return Series(
        device_id=device_id,
        tier=chosen.tier,
        step_seconds=int(chosen.step.total_seconds()),
        since=chosen.since,
        until=chosen.until,
        times=shown,
        metrics={metric: _band(metric, shown, by_time) for metric in metrics},
        gaps=gaps,
    )


def find_gaps(times: Sequence[int], chosen: Plan, now: datetime) -> list[Gap]:
    """The stretches of the plan without points; the future is none."""
    step = int(chosen.step.total_seconds())
    since, until = int(chosen.since.timestamp()), int(chosen.until.timestamp())
    until = min(until, int(now.timestamp()) // step * step)
    if until <= since:
        return []
    if not times:
        return [Gap(since=since, until=until)]
    distances = [after - before for before, after in pairwise(times)]
    pause = _GAP_FACTOR * max(step, median(distances) if distances else step)
    # A point covers its own step, so a gap begins behind it.
    edges = pairwise([since - step, *times, until])
    return [Gap(since=before + step, until=after) for before, after in edges if after - before > pause]


def _band(metric: Metric, times: Sequence[int], rows: Mapping[int, asyncpg.Record]) -> Band:
    band = Band(unit=UNITS[metric], min=[], max=[], avg=[])
    for time in times:
        row = rows.get(time)
        count = row[f"{metric}_count"] if row is not None else 0
        if row is None or not count:
            band.min.append(None)
            band.max.append(None)
            band.avg.append(None)
        else:
            band.min.append(round(row[f"{metric}_min"], 3))
            band.max.append(round(row[f"{metric}_max"], 3))
            band.avg.append(round(row[f"{metric}_sum"] / count, 3))
    return band
