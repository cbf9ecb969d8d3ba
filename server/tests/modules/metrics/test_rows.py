"""Samples become rows: checked the same way on the fast path and on the other, and read back as they were."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamekeeper.kernel.database import new_id
from gamekeeper.modules.metrics.readings import RANGES, Metric
from gamekeeper.modules.metrics.rows import Batch, pack, unpack
from gamekeeper_wire.agent import Sample

NOW = 1_795_262_400_000
SOUND = dict.fromkeys(Metric, 1.0)


def packed(*samples: Sample) -> Batch:
    return pack(
        new_id(), new_id(), samples, replay=False, now_ms=NOW, oldest_ms=NOW - 86_400_000, late_ms=NOW - 3_600_000
    )


@pytest.mark.parametrize("others", [SOUND, {}])
@pytest.mark.parametrize("metric", list(Metric))
def test_every_reading_has_its_range(metric: Metric, others: dict[Metric, float]) -> None:
    least, most = RANGES[metric]
    for value, is_sound in (
        (least, True),
        (most, True),
        (math.nextafter(least, -math.inf), False),
        (math.nextafter(most, math.inf), False),
        (math.nan, False),
        (math.inf, False),
    ):
        batch = packed(Sample(ts=NOW, **(others | {metric: value})))
        assert (batch.refused[f"{metric}_out_of_range"] == 0) is is_sound
        assert batch.count == (1 if is_sound or others else 0)


readings = {metric.value: st.none() | st.floats(*RANGES[metric], width=32) for metric in Metric}


@given(ts=st.integers(NOW - 86_400_000, NOW + 86_400_000), values=st.fixed_dictionaries(readings))
def test_what_is_packed_is_read_back(ts: int, values: dict[str, float | None]) -> None:
    batch = packed(Sample(ts=ts, **values))
    if all(value is None for value in values.values()):
        assert batch.refused == {"empty": 1}
        return
    ((day, (row,)),) = batch.days.items()
    organization_id, device_id, moment, received, *found = unpack(row)
    assert (organization_id, device_id) == (batch.organization_id, batch.device_id)
    assert round(moment.timestamp() * 1000) == ts
    assert round(received.timestamp() * 1000) == NOW
    assert found == [values[metric] for metric in Metric]
    assert day == ts // 86_400_000
    assert batch.late_hours == ({ts // 3_600_000} if ts < NOW - 3_600_000 else set())
