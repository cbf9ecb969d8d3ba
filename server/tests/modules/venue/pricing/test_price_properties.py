"""What must hold of the price for every session, not only for the ones we thought of."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gamekeeper.modules.venue.pricing.amounts import Rounding
from gamekeeper.modules.venue.pricing.price import EarlyEnd, Purchase, price, purchase, value_of
from gamekeeper.modules.venue.pricing.rule import Preset, Rule
from gamekeeper.modules.venue.pricing.timeline import Segment, SegmentKind, carve, total

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
# Around both clock changes of 2026 and 2027 in all of these zones, and so over many midnights.
STARTS = st.integers(0, 400 * 86_400).map(lambda seconds: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=seconds))
LENGTHS = st.integers(1, 12 * 3_600_000)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    return Rule(
        rule_id="r",
        version=1,
        name="Hall",
        currency="EUR",
        rate=draw(st.integers(0, 5_000)),
        block_seconds=draw(st.sampled_from([1, 60, 300, 900, 1800])),
        block_rounding=draw(st.sampled_from(Rounding)),
        money_rounding=draw(st.sampled_from(Rounding)),
        presets=(Preset(minutes=60, amount=draw(st.integers(0, 5_000))),),
        time_zone=draw(ZONES),
    )


def play(start: datetime, milliseconds: int) -> Segment:
    return Segment(kind=SegmentKind.PLAY, started_at=start, ended_at=start + timedelta(milliseconds=milliseconds))


@given(rules(), STARTS, LENGTHS, st.lists(st.integers(0, 12 * 3_600_000), max_size=6), ZONES)
def test_cutting_time_into_pieces_changes_no_price(
    rule: Rule, start: datetime, length: int, cuts: list[int], zone: str
) -> None:
    edges = sorted({0, length, *(cut for cut in cuts if cut < length)})
    place = ZoneInfo(zone)
    pieces = [
        Segment(
            kind=SegmentKind.PLAY,
            started_at=(start + timedelta(milliseconds=left)).astimezone(place),
            ended_at=(start + timedelta(milliseconds=right)).astimezone(place),
        )
        for left, right in pairwise(edges)
    ]
    assert price(rule, (), pieces, start).total == price(rule, (), [play(start, length)], start).total


@given(rules(), STARTS, LENGTHS, LENGTHS)
def test_more_time_never_costs_less(rule: Rule, start: datetime, one: int, other: int) -> None:
    short, long = sorted((one, other))
    assert price(rule, (), [play(start, short)], start).total <= price(rule, (), [play(start, long)], start).total


@given(rules(), STARTS, st.integers(1, 720))
def test_a_quote_is_what_the_receipt_will_say(rule: Rule, start: datetime, minutes: int) -> None:
    bought = purchase(rule, minutes, start)
    receipt = price(rule, [bought], [play(start, minutes * 60_000)], start, EarlyEnd.REFUND)
    assert receipt.total == bought.amount
    assert receipt.left == 0


@given(
    rules(),
    STARTS,
    st.lists(st.integers(1, 240), min_size=1, max_size=4),
    LENGTHS,
    st.integers(0, 3_600_000),
    st.sampled_from(EarlyEnd),
)
def test_an_end_returns_between_nothing_and_everything(
    rule: Rule, start: datetime, minutes: list[int], length: int, fault: int, policy: EarlyEnd
) -> None:
    purchases = [purchase(rule, each, start) for each in minutes]
    paid = sum(each.amount for each in purchases)
    stretch = Segment(
        kind=SegmentKind.FAULT, started_at=start, ended_at=start + timedelta(milliseconds=min(fault, length))
    )
    segments = carve([play(start, length)], stretch, start)
    bill = price(rule, purchases, segments, start, policy)
    assert 0 <= bill.total <= paid
    assert bill.used + (bill.left or 0) >= sum(minutes) * 60 or bill.left == 0
    if not bill.used:
        kept = policy is EarlyEnd.BURN and bill.left != total(segments, SegmentKind.FAULT, start)
        assert bill.total == 0 or kept


@given(st.lists(st.tuples(st.integers(1, 600), st.integers(0, 10_000)), min_size=1, max_size=5), st.integers(0, 10**7))
def test_the_value_of_all_time_is_all_that_was_paid(purchases: list[tuple[int, int]], milliseconds: int) -> None:
    bought = [Purchase(minutes, amount, datetime(2026, 1, 1, tzinfo=UTC), preset=True) for minutes, amount in purchases]
    seconds = Fraction(sum(minutes for minutes, _ in purchases) * 60)
    part = min(seconds, Fraction(milliseconds, 1000))
    assert value_of(bought, seconds) == sum(amount for _, amount in purchases)
    assert 0 <= value_of(bought, part) <= value_of(bought, seconds)


@given(
    STARTS,
    LENGTHS,
    st.lists(st.tuples(st.integers(-3_600_000, 13 * 3_600_000), LENGTHS, st.sampled_from(SegmentKind)), max_size=6),
    st.sampled_from([None, timedelta(0)]),
)
def test_carving_moves_time_and_never_makes_any(
    start: datetime, length: int, stretches: list[tuple[int, int, SegmentKind]], end: timedelta | None
) -> None:
    now = start + timedelta(milliseconds=length)
    segments = [Segment(kind=SegmentKind.PLAY, started_at=start, ended_at=None if end is None else now + end)]
    for offset, duration, kind in stretches:
        begin = start + timedelta(milliseconds=offset)
        stretch = Segment(kind=kind, started_at=begin, ended_at=begin + timedelta(milliseconds=duration))
        once = carve(segments, stretch, now)
        assert kind is SegmentKind.PLAY or carve(once, stretch, now) == once
        segments = once
    edges = [(each.started_at, each.ended_at or now) for each in segments]
    assert all(left[1] == right[0] for left, right in pairwise(edges))
    assert (edges[0][0], edges[-1][1]) == (start, now)
    assert sum((each.seconds(now) for each in segments), Fraction(0)) == Fraction(length, 1000)
