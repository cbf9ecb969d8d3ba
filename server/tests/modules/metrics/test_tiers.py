"""The choice of a resolution: rules that hold for every range and width."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamekeeper.modules.metrics.series import find_gaps
from gamekeeper.modules.metrics.settings import MetricsSettings
from gamekeeper.modules.metrics.tiers import SECONDS, STEPS, Plan, RangeBackwards, RangeTooLong, Tier, plan

SETTINGS = MetricsSettings.model_validate({})
NOW = datetime(2026, 11, 21, 12, 34, 56, 789_000, tzinfo=UTC)

ages = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3000))
widths = st.integers(min_value=50, max_value=4000)


@given(age=ages, part=st.floats(min_value=0.001, max_value=1), width=widths)
def test_an_answer_never_has_more_than_two_points_a_pixel(age: timedelta, part: float, width: int) -> None:
    since = NOW - age
    until = since + max(age * part, timedelta(seconds=1))
    chosen = plan(since, until, width, now=NOW, settings=SETTINGS)
    assert chosen.points <= 2 * width
    assert chosen.since <= since < until <= chosen.until
    assert chosen.since > since - chosen.step
    assert chosen.until < until + chosen.step
    seconds = int(chosen.step.total_seconds())
    assert seconds % SECONDS[chosen.tier] == 0
    for edge in (chosen.since, chosen.until):
        assert edge.timestamp() % seconds == 0


@given(age=ages, width=widths)
def test_the_table_still_holds_the_whole_range(age: timedelta, width: int) -> None:
    chosen = plan(NOW - age, NOW, width, now=NOW, settings=SETTINGS)
    kept = {Tier.RAW: SETTINGS.raw, Tier.FIVE_MINUTES: SETTINGS.five_minutes, Tier.HOUR: timedelta(days=9999)}
    assert age <= kept[chosen.tier]


@given(age=ages, width=widths)
def test_no_finer_step_would_have_fitted(age: timedelta, width: int) -> None:
    since = NOW - age
    chosen = plan(since, NOW, width, now=NOW, settings=SETTINGS)
    place = STEPS.index(int(chosen.step.total_seconds()))
    if place == 0:
        return
    finer = STEPS[place - 1]
    fits = age / timedelta(seconds=finer) <= 2 * width - 2
    held = {Tier.RAW: SETTINGS.raw, Tier.FIVE_MINUTES: SETTINGS.five_minutes}.get(_tier(finer), timedelta(days=9999))
    assert not (fits and age <= held)


def _tier(step: int) -> Tier:
    return Tier.RAW if step < 300 else Tier.FIVE_MINUTES if step < 3600 else Tier.HOUR


def test_steps_rise() -> None:
    assert list(STEPS) == sorted(set(STEPS))


@pytest.mark.parametrize(
    ("span", "tier"),
    [
        (timedelta(hours=1), Tier.RAW),
        (timedelta(days=1), Tier.RAW),
        (timedelta(days=7), Tier.FIVE_MINUTES),
        (timedelta(days=60), Tier.HOUR),
    ],
)
def test_usual_ranges(span: timedelta, tier: Tier) -> None:
    assert plan(NOW - span, NOW, 800, now=NOW, settings=SETTINGS).tier is tier


def test_a_range_must_go_forwards_and_end() -> None:
    with pytest.raises(RangeBackwards):
        plan(NOW, NOW, 800, now=NOW, settings=SETTINGS)
    with pytest.raises(RangeBackwards):
        plan(NOW.replace(tzinfo=None), NOW, 800, now=NOW, settings=SETTINGS)
    with pytest.raises(RangeTooLong):
        plan(NOW - timedelta(days=9000), NOW, 800, now=NOW, settings=SETTINGS)


def _minutes(*minutes: int) -> list[int]:
    return [int(NOW.timestamp()) // 60 * 60 - 60 * (60 - minute) for minute in minutes]


def test_gaps_are_found_at_both_ends_and_between() -> None:
    hour = Plan(
        Tier.RAW,
        timedelta(seconds=60),
        datetime.fromtimestamp(_minutes(0)[0], UTC),
        datetime.fromtimestamp(_minutes(60)[0], UTC),
    )
    times = _minutes(10, 11, 12, 13, 30, 31, 32, 50)
    found = [
        ((gap.since - times[0]) // 60 + 10, (gap.until - times[0]) // 60 + 10) for gap in find_gaps(times, hour, NOW)
    ]
    assert found == [(0, 10), (14, 30), (33, 50), (51, 60)]
    assert [(gap.since, gap.until) for gap in find_gaps([], hour, NOW)] == [(_minutes(0)[0], _minutes(60)[0])]
    assert find_gaps(_minutes(*range(60)), hour, NOW) == []


def test_the_future_is_no_gap() -> None:
    ahead = Plan(Tier.HOUR, timedelta(hours=1), NOW + timedelta(hours=1), NOW + timedelta(hours=9))
    assert find_gaps([], ahead, NOW) == []
