"""Roll-ups: right, complete although readings come late, and readable at once."""

import asyncio
import math
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from statistics import fmean
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.metrics.public import Metric, Series, Writer, open_writer, read, roll_up
from gamekeeper.modules.metrics.rows import DAY_MS
from gamekeeper_wire.agent import Sample
from tests.modules.metrics.samples import device, now_ms, samples
from tests.world import World


@pytest.fixture
async def writer(runtime: Runtime) -> AsyncGenerator[Writer]:
    async with open_writer(runtime) as opened:
        yield opened


async def rolled(world: World, table: str, machine: UUID) -> dict[int, dict[str, float]]:
    async with world.runtime.database.read(world.lantern) as connection:
        rows = await connection.fetch(
            f"SELECT extract(epoch FROM bucket)::bigint AS bucket, cpu_min, cpu_max, cpu_avg, cpu_last, cpu_count "
            f"FROM {table} WHERE device_id = $1 ORDER BY bucket",
            machine,
        )
    return {row["bucket"]: dict(list(row.items())[1:]) for row in rows}


def expected(sent: list[Sample], seconds: int) -> dict[int, dict[str, float]]:
    buckets: dict[int, list[Sample]] = {}
    for sample in sorted(sent, key=lambda each: each.ts):
        buckets.setdefault(sample.ts // 1000 // seconds * seconds, []).append(sample)
    found: dict[int, dict[str, float]] = {}
    for bucket, inside in buckets.items():
        values = [sample.cpu for sample in inside if sample.cpu is not None]
        if values:
            found[bucket] = {
                "cpu_min": min(values),
                "cpu_max": max(values),
                "cpu_avg": fmean(values),
                "cpu_last": values[-1],
                "cpu_count": len(values),
            }
    return found


def same(found: dict[int, dict[str, float]], wanted: dict[int, dict[str, float]]) -> bool:
    return found.keys() == wanted.keys() and all(
        math.isclose(found[bucket][key], value, rel_tol=1e-5, abs_tol=1e-4)
        for bucket, values in wanted.items()
        for key, value in values.items()
    )


readings = st.lists(
    st.tuples(st.integers(0, 3 * 3_600_000 - 1), st.floats(0, 100, width=32)),
    min_size=1,
    max_size=60,
    unique_by=lambda pair: pair[0],
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=readings, second=readings)
async def test_any_delivery_in_any_order_rolls_up_the_same(
    writer: Writer, world: World, first: list[tuple[int, float]], second: list[tuple[int, float]]
) -> None:
    machine = device()
    begin = now_ms() // DAY_MS * DAY_MS - 2 * DAY_MS
    known: dict[int, Sample] = {}
    for delivery in (first, second):
        sent = [Sample(ts=begin + offset, cpu=value) for offset, value in delivery]
        await (await writer.accept(world.lantern, machine, sent, replay=delivery is second))
        for sample in sent:
            known.setdefault(sample.ts, sample)
        await roll_up(world.runtime.database)
        assert same(await rolled(world, "metrics_5min", machine), expected(list(known.values()), 300))
        assert same(await rolled(world, "metrics_hour", machine), expected(list(known.values()), 3600))


async def test_the_newest_minutes_are_in_a_long_chart(writer: Writer, world: World) -> None:
    machine = device()
    old = samples(3, end=now_ms() - 3 * DAY_MS, cpu=10.0)
    fresh = samples(1, cpu=90.0)
    await (await writer.accept(world.lantern, machine, [*old, *fresh], replay=False))
    await roll_up(world.runtime.database)
    series = await chart(world, machine, timedelta(days=7))
    assert series.tier == "5min"
    cpu = [value for value in series.metrics[Metric.CPU].avg if value is not None]
    assert cpu[0] == 10.0
    assert cpu[-1] == 90.0


async def test_late_readings_wait_for_their_roll_up_in_a_list_of_their_own(writer: Writer, world: World) -> None:
    machine = device()
    await (await writer.accept(world.lantern, machine, samples(3, end=now_ms() - 5 * DAY_MS), replay=False))
    async with world.runtime.database.read(world.lantern) as connection:
        statement = "SELECT count(*) FROM metrics_late WHERE device_id = $1"
        assert await connection.fetchval(statement, machine) >= 1
    await asyncio.gather(roll_up(world.runtime.database), roll_up(world.runtime.database))
    async with world.runtime.database.read(world.lantern) as connection:
        assert await connection.fetchval(statement, machine) == 0
    assert await rolled(world, "metrics_hour", machine)


async def test_a_week_that_nobody_rolled_up_is_caught_up(writer: Writer, world: World, owner_url: str) -> None:
    machine = device()
    end = now_ms() // 300_000 * 300_000 - 1
    sent = samples(30, end=end, step=3_600_000)
    await (await writer.accept(world.lantern, machine, sent, replay=False))
    owner = await asyncpg.connect(owner_url)
    # As if the worker had been away: nothing is on the list of late hours, and the mark stands still.
    await owner.execute("SET ROLE gamekeeper_system; DELETE FROM metrics_late")
    await owner.execute("UPDATE metrics_marks SET through = through - interval '7 days'")
    await owner.close()
    await roll_up(world.runtime.database)
    assert same(await rolled(world, "metrics_5min", machine), expected(sent, 300))


async def test_another_tenant_sees_no_roll_ups(writer: Writer, world: World) -> None:
    machine = device()
    await (await writer.accept(world.lantern, machine, samples(3, end=now_ms() - DAY_MS), replay=False))
    await roll_up(world.runtime.database)
    async with world.runtime.database.read(world.rival) as connection:
        for table in ("metrics_5min", "metrics_hour", "device_metrics", "metrics_late"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE device_id = $1", machine) == 0


async def test_a_gap_is_a_null_and_a_stretch(writer: Writer, world: World) -> None:
    machine = device()
    now = now_ms()
    sent = [*samples(10, end=now - 30 * 60_000), *samples(10, end=now)]
    await (await writer.accept(world.lantern, machine, sent, replay=False))
    series = await chart(world, machine, timedelta(hours=1))
    assert series.tier == "raw"
    (gap,) = [each for each in series.gaps if each.since > sent[0].ts // 1000]
    assert (gap.until - gap.since) // 60 in {19, 20, 21}
    assert series.metrics[Metric.CPU].avg[series.times.index(gap.since)] is None
    assert len(series.times) <= 1600


async def test_metrics_can_be_chosen_and_a_stranger_sees_an_empty_chart(writer: Writer, world: World) -> None:
    machine = device()
    await (await writer.accept(world.lantern, machine, samples(3), replay=False))
    series = await chart(world, machine, timedelta(hours=1), (Metric.LATENCY,))
    assert list(series.metrics) == [Metric.LATENCY]
    assert series.metrics[Metric.LATENCY].unit == "ms"
    assert series.metrics[Metric.LATENCY].max[-1] == 3.25
    async with world.runtime.database.read(world.rival) as connection:
        now = datetime.now(UTC)
        nothing = await read(
            connection, world.rival, machine, since=now - timedelta(hours=1), until=now, width=800, now=now
        )
    assert [value for value in nothing.metrics[Metric.CPU].avg if value is not None] == []


async def chart(world: World, machine: UUID, span: timedelta, metrics: tuple[Metric, ...] = tuple(Metric)) -> Series:
    async with world.runtime.database.read(world.lantern) as connection:
        now = datetime.now(UTC)
        return await read(
            connection, world.lantern, machine, since=now - span, until=now, width=800, now=now, metrics=metrics
        )
