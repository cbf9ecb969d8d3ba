"""One metric over many devices: their mean, extremes and 95th percentile over time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
from pydantic import BaseModel

from gamekeeper.kernel.context import Reader
from gamekeeper.kernel.errors import Unavailable
from gamekeeper.modules.metrics.machines import Selection, machines
from gamekeeper.modules.metrics.permissions import May
from gamekeeper.modules.metrics.readings import UNITS, Metric
from gamekeeper.modules.metrics.settings import metrics_settings
from gamekeeper.modules.metrics.sources import points
from gamekeeper.modules.metrics.tiers import SECONDS, Tier, check, plan

_MOST_READ = 400_000
"""About how many stored rows one answer may be made of; more devices or a longer range is read more coarsely."""
_TYPICAL_SECONDS = 60


class TooMuchToAggregate(Unavailable):
    """This took too long. Choose a shorter range, or fewer devices."""


class Aggregate(BaseModel):
    """One metric of many devices. All lists are as long as `times`.

    `avg` is the mean and `p95` the 95th percentile of the devices' means in each point; `min` and `max` are the
    extremes of single readings; `devices` says how many devices had any.
    """

    metric: Metric
    unit: str
    tier: Tier
    step_seconds: int
    since: datetime
    until: datetime
    times: list[int]
    avg: list[float]
    min: list[float]
    max: list[float]
    p95: list[float]
    devices: list[int]


async def aggregate(
    ctx: Reader, metric: Metric, selection: Selection, since: datetime, until: datetime, width: int
) -> Aggregate:
    """One metric of the selected devices that the caller may see.

    Raises what `plan` and `machines` raise, and TooMuchToAggregate.
    """
    check(since, until)
    seen = list(await machines(ctx, May.READ, selection))
    chosen = plan(
        since, until, width, now=ctx.now, settings=metrics_settings(), finest=_finest(len(seen), until - since)
    )
    inner = points(chosen.tier, [metric], "device_id = ANY($5::uuid[])")
    await ctx.connection.execute("SET LOCAL statement_timeout = '15s'")
    try:
        rows: Sequence[asyncpg.Record] = await ctx.connection.fetch(
            f"""SELECT t, min({metric}_min) AS low, max({metric}_max) AS high,
                       avg({metric}_sum / {metric}_count) AS mean, count(*) AS devices,
                       percentile_cont(0.95) WITHIN GROUP (ORDER BY {metric}_sum / {metric}_count) AS p95
                FROM ({inner}) AS each_device WHERE {metric}_count > 0 GROUP BY t ORDER BY t""",  # noqa: S608 - our own names
            ctx.organization_id,
            chosen.since,
            chosen.until,
            chosen.step,
            seen,
        )
    except asyncpg.QueryCanceledError as error:
        raise TooMuchToAggregate from error
    return Aggregate(
        metric=metric,
        unit=UNITS[metric],
        tier=chosen.tier,
        step_seconds=int(chosen.step.total_seconds()),
        since=chosen.since,
        until=chosen.until,
        times=[int(row["t"].timestamp()) for row in rows],
        avg=[round(row["mean"], 3) for row in rows],
        min=[round(row["low"], 3) for row in rows],
        max=[round(row["high"], 3) for row in rows],
        p95=[round(row["p95"], 3) for row in rows],
        devices=[row["devices"] for row in rows],
    )


def _finest(devices: int, span: timedelta) -> int:
    """The finest step in seconds whose tier does not read too many rows."""
    for tier, distance in ((Tier.RAW, _TYPICAL_SECONDS), (Tier.FIVE_MINUTES, SECONDS[Tier.FIVE_MINUTES])):
        if devices * span.total_seconds() / distance <= _MOST_READ:
            return SECONDS[tier]
    return SECONDS[Tier.HOUR]
