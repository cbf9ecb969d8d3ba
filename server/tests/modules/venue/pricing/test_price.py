"""The price function on the vectors that every cash desk gets wrong somewhere."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from gamekeeper.modules.venue.pricing.amounts import Rounding, spoken, written
from gamekeeper.modules.venue.pricing.price import Bill, EarlyEnd, Purchase, price, purchase, value_of
from gamekeeper.modules.venue.pricing.rule import Preset, Rule, frozen, thawed
from gamekeeper.modules.venue.pricing.timeline import Segment, SegmentKind, elapsed

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RULE = Rule(rule_id="r", version=1, name="Hall", currency="EUR", rate=600)
PRESETS = Rule(rule_id="r", version=1, name="Hall", currency="EUR", rate=500, presets=(Preset(minutes=60, amount=450),))


def played(seconds: float, rule: Rule) -> int:
    segment = Segment(kind=SegmentKind.PLAY, started_at=NOON, ended_at=NOON + timedelta(seconds=seconds))
    return price(rule, (), [segment], NOON).total


def with_policy(block_seconds: int, money: Rounding, rate: int = 600) -> Rule:
    return Rule(
        rule_id="r",
        version=1,
        name="Hall",
        currency="EUR",
        rate=rate,
        block_seconds=block_seconds,
        money_rounding=money,
    )


@pytest.mark.parametrize(
    ("seconds", "floor", "half_up", "started_minute"),
    [(37 * 60 + 20, 373, 373, 380), (61, 10, 10, 20), (59, 9, 10, 10), (0, 0, 0, 0)],
)
def test_rounding_policies(seconds: int, floor: int, half_up: int, started_minute: int) -> None:
    assert played(seconds, with_policy(1, Rounding.DOWN)) == floor
    assert played(seconds, with_policy(1, Rounding.HALF_UP)) == half_up
    assert played(seconds, with_policy(60, Rounding.HALF_UP)) == started_minute


@pytest.mark.parametrize("rate", [500, 700])
def test_an_hour_costs_its_rate_however_often_it_is_looked_at(rate: int) -> None:
    rule = with_policy(1, Rounding.HALF_UP, rate)
    minutes = [
        Segment(
            kind=SegmentKind.PLAY,
            started_at=NOON + timedelta(minutes=minute),
            ended_at=NOON + timedelta(minutes=minute + 1),
        )
        for minute in range(60)
    ]
    assert price(rule, (), minutes, NOON).total == rate


def local(text: str, zone: str) -> datetime:
    """A wall clock's time in a zone; with an offset where the clock showed it twice."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        ("Europe/Berlin", "2026-10-25T01:30", "2026-10-25T03:30", 3),
        ("Europe/Berlin", "2027-03-28T01:30", "2027-03-28T03:30", 1),
        ("Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", 1),
        ("America/New_York", "2026-11-01T00:30", "2026-11-01T02:30", 3),
    ],
)
def test_a_clock_change_neither_gives_nor_takes_time(zone: str, start: str, end: str, hours: int) -> None:
    local_start, local_end = local(start, zone), local(end, zone)
    assert elapsed(local_start, local_end) == hours * 3600
    segment = Segment(kind=SegmentKind.PLAY, started_at=local_start, ended_at=local_end)
    assert price(RULE, (), [segment], local_end).total == hours * 600


def test_a_preset_is_a_fixed_price_and_other_minutes_are_metered() -> None:
    assert purchase(PRESETS, 60, NOON) == Purchase(60, 450, NOON, preset=True)
    assert purchase(PRESETS, 90, NOON) == Purchase(90, 750, NOON, preset=False)


def bought(*minutes: int) -> list[Purchase]:
    return [purchase(PRESETS, each, NOON) for each in minutes]


def prepaid(purchases: list[Purchase], segments: list[Segment], now: datetime, end: EarlyEnd | None = None) -> Bill:
    return price(PRESETS, purchases, segments, now, end)


def play(minutes: float) -> Segment:
    return Segment(kind=SegmentKind.PLAY, started_at=NOON, ended_at=NOON + timedelta(minutes=minutes))


def test_a_running_prepaid_session_costs_what_was_bought() -> None:
    bill = prepaid(bought(60, 30), [Segment(kind=SegmentKind.PLAY, started_at=NOON)], NOON + timedelta(minutes=20))
    assert (bill.total, bill.used, bill.left) == (450 + 250, 1200, 4200)
    assert [line.reason for line in bill.lines] == [
        "60 min bought at 12:00, preset",
        "30 min bought at 12:00, Hall 5.00 EUR an hour",
    ]


def test_an_early_end_returns_the_time_bought_last_at_what_it_cost() -> None:
    # 90 minutes for 4.50 and 2.50; 45 played: 30 of the second and 15 of the first are left.
    bill = prepaid(bought(60, 30), [play(45)], NOON, EarlyEnd.REFUND)
    assert bill.total == 700 - (250 + 112)
    assert bill.lines[-1].amount == -362
    assert "3.62 EUR" in bill.lines[-1].reason


def test_an_early_end_may_keep_it_and_says_so() -> None:
    bill = prepaid(bought(60), [play(45)], NOON, EarlyEnd.BURN)
    assert bill.total == 450
    assert bill.lines[-1].reason == "15 min unused, kept by the house rule"


def test_lost_time_is_free_and_never_kept() -> None:
    fault = Segment(
        kind=SegmentKind.FAULT, started_at=NOON + timedelta(minutes=45), ended_at=NOON + timedelta(minutes=60)
    )
    bill = prepaid(bought(60), [play(45), fault], NOON, EarlyEnd.BURN)
    assert bill.total == 450 - 112
    assert [line.kind for line in bill.lines] == ["time", "fault", "fault"]


def test_a_snapshot_survives_its_trip_through_json() -> None:
    assert thawed(frozen(PRESETS)) == PRESETS


def test_amounts_follow_the_currency() -> None:
    assert written(450, "EUR") == "4.50 EUR"
    assert written(-5, "EUR") == "-0.05 EUR"
    assert written(450, "JPY") == "450 JPY"
    assert written(1500, "KWD") == "1.500 KWD"
    assert spoken(Fraction(3661)) == "1 h 1 min 1 s"
    assert value_of([], Fraction(10)) == 0
