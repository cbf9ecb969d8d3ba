"""Which table a chart is read from, and how wide its points are: a pure function."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gamekeeper.kernel.errors import Invalid
from gamekeeper.modules.metrics.settings import MetricsSettings

MOST_SPAN = timedelta(days=7400)


class Tier(StrEnum):
    """A resolution that is stored."""

    RAW = "raw"
    FIVE_MINUTES = "5min"
    HOUR = "hour"


SECONDS = {Tier.RAW: 1, Tier.FIVE_MINUTES: 300, Tier.HOUR: 3600}
"""The width of a point of each tier."""

STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120),
    *(300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, 86400, 172800, 345600, 604800, 1209600, 2419200, 4838400, 9676800),
)
"""Widths of points that people read easily, in seconds; each is a multiple of its tier's."""


class RangeBackwards(Invalid):
    """The end of the range must lie after its beginning, and both must have a time zone."""


class RangeTooLong(Invalid):
    """The range is longer than anything is kept. Ask for less."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read: `[since, until)`, both on a step, with at most twice as many points as pixels."""

    tier: Tier
    step: timedelta
    since: datetime
    until: datetime

    @property
    def points(self) -> int:
        """The most points that the answer can have."""
        return (self.until - self.since) // self.step


def check(since: datetime, until: datetime) -> None:
    """Raise RangeBackwards or RangeTooLong."""
    if since.tzinfo is None or until.tzinfo is None or since >= until:
        raise RangeBackwards
    if until - since > MOST_SPAN:
        raise RangeTooLong


def plan(
    since: datetime,
    until: datetime,
    width: int,
    *,
    now: datetime,
    settings: MetricsSettings,
    finest: int = 1,
) -> Plan:
    """The finest step, at least `finest` seconds, that fits `[since, until)` into twice `width` points.

    Comes from the finest table that still holds all of the range. Raises RangeBackwards or RangeTooLong.
    """
    check(since, until)
    least = max(finest, SECONDS[oldest_tier(since, now, settings)])
    for step in STEPS:
        if step < least:
            continue
        low, high = _floor(since, step), _ceiling(until, step)
        if (high - low) // timedelta(seconds=step) <= 2 * width:
            return Plan(_tier_of(step), timedelta(seconds=step), low, high)
    raise RangeTooLong


def oldest_tier(since: datetime, now: datetime, settings: MetricsSettings) -> Tier:
    """The finest tier that still holds what happened at `since`."""
    if since >= now - settings.raw:
        return Tier.RAW
    return Tier.FIVE_MINUTES if since >= now - settings.five_minutes else Tier.HOUR


def _tier_of(step: int) -> Tier:
    if step < SECONDS[Tier.FIVE_MINUTES]:
        return Tier.RAW
    return Tier.FIVE_MINUTES if step < SECONDS[Tier.HOUR] else Tier.HOUR


def _floor(moment: datetime, step: int) -> datetime:
    seconds = int(moment.timestamp()) // step * step
    return datetime.fromtimestamp(seconds, UTC)


def _ceiling(moment: datetime, step: int) -> datetime:
    low = _floor(moment, step)
    return low if low == moment else low + timedelta(seconds=step)
