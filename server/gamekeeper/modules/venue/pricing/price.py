"""The price: quote, running total, receipt and refund are this one pure function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from gamekeeper.modules.venue.pricing.amounts import at_rate, rounded, spoken, written
from gamekeeper.modules.venue.pricing.rule import Rule
from gamekeeper.modules.venue.pricing.timeline import Segment, SegmentKind, total


class EarlyEnd(StrEnum):
    """What happens to paid time that a customer leaves unused."""

    BURN = "burn"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Purchase:
    """Time bought at a moment for an amount that no later rule changes."""

    minutes: int
    amount: int
    at: datetime
    preset: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: seconds that it is about, minor units (negative gives back), and why."""

    kind: str
    seconds: Fraction
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines and their sum; `left` is bought time that is still unused, None where time is not bought ahead."""

    lines: tuple[Line, ...]
    currency: str
    used: Fraction
    left: Fraction | None

    @property
    def total(self) -> int:
        """Minor units to pay in all."""
        return sum(line.amount for line in self.lines)


def price(
    rule: Rule,
    purchases: Sequence[Purchase],
    segments: Sequence[Segment],
    now: datetime,
    early_end: EarlyEnd | None = None,
) -> Bill:
    """What a session costs, with a reason for every line.

    With purchases it is prepaid: each keeps its amount, lost time is free, and at an end (`early_end` given) unused
    time is kept or returned. Without them the played time is metered by the rule. `now` closes an open segment.
    """
    timeline = list(segments)
    used = total(timeline, SegmentKind.PLAY, now)
    free = _free_lines(timeline, now)
    if not purchases:
        metered = [_metered(rule, timeline, used, now)] if used else []
        return Bill((*metered, *free), rule.currency, used, None)
    bought = Fraction(sum(purchase.minutes for purchase in purchases) * 60)
    left = max(Fraction(0), bought - used)
    lines = [_bought(rule, purchase) for purchase in purchases]
    lost = sum(
        (each.seconds(now) for each in timeline if each.kind is SegmentKind.FAULT and not each.returned), Fraction(0)
    )
    if early_end is not None and left:
        lines.extend(_unused(rule, purchases, left, min(left, lost), early_end))
    return Bill((*lines, *free), rule.currency, used, left)


def purchase(rule: Rule, minutes: int, now: datetime) -> Purchase:
    """Time as it would be bought now: at a preset's price, else metered like time that has been played."""
    preset = rule.preset(minutes)
    if preset is not None:
        return Purchase(minutes, preset.amount, now, preset=True)
    planned = Segment(kind=SegmentKind.PLAY, started_at=now, ended_at=now + timedelta(minutes=minutes))
    return Purchase(minutes, price(rule, (), [planned], now).total, now, preset=False)


def value_of(purchases: Sequence[Purchase], seconds: Fraction) -> int:
    """What the last `seconds` of all bought time cost, rounded down once; all of it is worth exactly what was paid."""
    value = Fraction(0)
    for each in reversed(purchases):
        part = min(seconds, Fraction(each.minutes * 60))
        value += Fraction(each.amount) * part / (each.minutes * 60)
        seconds -= part
    return floor(value)


def _bought(rule: Rule, bought: Purchase) -> Line:
    at = f"{bought.at.astimezone(ZoneInfo(rule.time_zone)):%H:%M}"
    how = "preset" if bought.preset else _rate(rule)
    return Line("time", Fraction(bought.minutes * 60), bought.amount, f"{bought.minutes} min bought at {at}, {how}")


def _metered(rule: Rule, timeline: list[Segment], used: Fraction, now: datetime) -> Line:
    blocks = rounded(used / rule.block_seconds, rule.block_rounding)
    counted = Fraction(blocks * rule.block_seconds)
    amount = at_rate(rule.rate, counted, rule.money_rounding)
    zone = ZoneInfo(rule.time_zone)
    play = [segment for segment in timeline if segment.kind is SegmentKind.PLAY]
    start = play[0].started_at.astimezone(zone)
    end = (play[-1].ended_at or now).astimezone(zone)
    counting = "" if counted == used else f", counted as {spoken(counted)}"
    reason = f"{start:%H:%M} to {end:%H:%M}, {spoken(used)}{counting}, {_rate(rule)}"
    return Line("time", counted, amount, reason)


def _rate(rule: Rule) -> str:
    return f"{rule.name} {written(rule.rate, rule.currency)} an hour"


_FREE = {
    SegmentKind.PAUSE: "Paused: not counted",
    SegmentKind.FAULT: "Seat lost: free",
    SegmentKind.GRACE: "Grace: free",
}


def _free_lines(timeline: list[Segment], now: datetime) -> list[Line]:
    lines: list[Line] = []
    for kind, reason in _FREE.items():
        seconds = total(timeline, kind, now)
        if seconds:
            lines.append(Line(kind.value, seconds, 0, f"{reason}, {spoken(seconds)}"))
    return lines


def _unused(
    rule: Rule, purchases: Sequence[Purchase], left: Fraction, lost: Fraction, early_end: EarlyEnd
) -> list[Line]:
    lines: list[Line] = []
    if lost:
        worth = value_of(purchases, lost)
        lines.append(Line("fault", lost, -worth, f"{spoken(lost)} lost to a fault, returned in full"))
    early = left - lost
    if early and early_end is EarlyEnd.BURN:
        lines.append(Line("unused", early, 0, f"{spoken(early)} unused, kept by the house rule"))
    elif early:
        worth = value_of(purchases, left) - value_of(purchases, lost)
        reason = f"{spoken(early)} unused, returned at what was paid: {written(worth, rule.currency)}"
        lines.append(Line("unused", early, -worth, reason))
    return lines
