"""Simulated readings: plausible, repeatable, and sound enough to be stored."""

from hypothesis import given
from hypothesis import strategies as st

from gamekeeper.kernel.database import new_id
from gamekeeper.modules.metrics.rows import pack
from gamekeeper.simulate.swarm import behavior_of

DAY = 86_400_000
NOW = 1_795_262_400_000


@given(place=st.integers(0, 5000), ago=st.integers(0, 60 * DAY))
def test_every_reading_can_be_stored(place: int, ago: int) -> None:
    sample = behavior_of(place, overheats_from=(NOW - 30 * DAY) / 1000).sample(NOW - ago)
    batch = pack(new_id(), new_id(), [sample], replay=False, now_ms=NOW, oldest_ms=0, late_ms=0)
    assert batch.count == 1
    assert not batch.refused


def test_history_and_the_present_are_one_curve() -> None:
    behavior = behavior_of(7)
    assert behavior.sample(NOW) == behavior.sample(NOW)
    assert behavior.sample(NOW) != behavior_of(8).sample(NOW)


def test_a_machine_works_in_the_evening_and_rests_in_the_morning() -> None:
    midnight = NOW // DAY * DAY

    def mean(hour: int) -> float:
        values = [behavior_of(place).sample(midnight + hour * 3_600_000).cpu or 0.0 for place in range(200)]
        return sum(values) / len(values)

    assert mean(20) > 30
    assert mean(5) < 12


def test_a_failed_fan_shows() -> None:
    healthy, broken = behavior_of(3), behavior_of(3, overheats_from=NOW / 1000 - 86_400)
    before = NOW - 2 * DAY
    assert broken.sample(before) == healthy.sample(before)
    assert (broken.sample(NOW).temperature or 0) > (healthy.sample(NOW).temperature or 0) + 25
