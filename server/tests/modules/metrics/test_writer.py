"""The writer on a real PostgreSQL: what is acknowledged is there, once, and only for its own organization."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from gamekeeper.kernel.database.pools import Connection
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.metrics import partitions
from gamekeeper.modules.metrics.public import ReadingsNotStored, ReadingsRefused, Stored, Writer, open_writer
from gamekeeper.modules.metrics.rows import COLUMNS, COPY_HEAD, COPY_TAIL, DAY_MS
from gamekeeper.modules.metrics.settings import MetricsSettings
from gamekeeper.modules.metrics.storing import Store
from gamekeeper_wire.agent import Sample
from tests.modules.metrics.samples import device, now_ms, samples, stored
from tests.world import World


@pytest.fixture
async def writer(runtime: Runtime) -> AsyncGenerator[Writer]:
    async with open_writer(runtime) as opened:
        yield opened


async def test_rows_are_visible_when_the_future_is_done(writer: Writer, world: World) -> None:
    machine = device()
    sent = samples(5)
    answer = await (await writer.accept(world.lantern, machine, sent, replay=False))
    assert answer.rows == 5
    assert await stored(world.runtime, world.lantern, machine) == [(sample.ts, 40.0) for sample in sent]


async def test_another_tenant_sees_nothing(writer: Writer, world: World) -> None:
    machine = device()
    await (await writer.accept(world.lantern, machine, samples(), replay=False))
    assert await stored(world.runtime, world.rival, machine) == []


async def test_batches_of_many_organizations_share_a_transaction(writer: Writer, world: World) -> None:
    ours, theirs = device(), device()
    answers = [
        await writer.accept(world.lantern, ours, samples(2), replay=False),
        await writer.accept(world.rival, theirs, samples(4), replay=False),
    ]
    assert [answer.rows for answer in await asyncio.gather(*answers)] == [2, 4]
    assert len(await stored(world.runtime, world.lantern, ours)) == 2
    assert len(await stored(world.runtime, world.rival, theirs)) == 4


async def test_a_replay_is_stored_once(writer: Writer, world: World) -> None:
    machine = device()
    sent = samples(6)
    await (await writer.accept(world.lantern, machine, sent[:4], replay=False))
    await (await writer.accept(world.lantern, machine, sent, replay=True))
    assert len(await stored(world.runtime, world.lantern, machine)) == 6


async def test_an_unannounced_duplicate_costs_the_others_nothing(writer: Writer, world: World) -> None:
    first, second = device(), device()
    sent = samples(3)
    await (await writer.accept(world.lantern, first, sent, replay=False))
    answers = [
        await writer.accept(world.lantern, first, [*sent, sent[0]], replay=False),
        await writer.accept(world.lantern, second, sent, replay=False),
    ]
    await asyncio.gather(*answers)
    assert len(await stored(world.runtime, world.lantern, first)) == 3
    assert len(await stored(world.runtime, world.lantern, second)) == 3


async def test_a_broken_sensor_costs_its_own_value_only(writer: Writer, world: World) -> None:
    machine = device()
    now = now_ms()
    sent = [
        Sample(ts=now - 2, cpu=float("nan"), memory=10.0),
        Sample(ts=now - 1, cpu=float("inf"), temperature=9999.0, disk=5.0),
        Sample(ts=now, cpu=12.5, latency=-1.0),
    ]
    answer = await (await writer.accept(world.lantern, machine, sent, replay=False))
    assert answer.rows == 3
    assert answer.refused == {"cpu_out_of_range": 2, "temperature_out_of_range": 1, "latency_out_of_range": 1}
    assert [cpu for _, cpu in await stored(world.runtime, world.lantern, machine)] == [None, None, 12.5]


async def test_what_can_never_be_stored_is_refused_by_name(writer: Writer, world: World) -> None:
    now = now_ms()
    sent = [
        Sample(ts=now + 2 * DAY_MS, cpu=1.0),
        Sample(ts=now - 15 * DAY_MS, cpu=1.0),
        Sample(ts=now),
        Sample(ts=now, cpu=101.0),
    ]
    with pytest.raises(ReadingsRefused) as refusal:
        await (await writer.accept(world.lantern, device(), sent, replay=False))
    assert refusal.value.details["refused"] == {"clock_ahead": 1, "too_old": 1, "empty": 2, "cpu_out_of_range": 1}


async def test_everything_that_is_taken_has_a_partition(writer: Writer, world: World) -> None:
    machine = device()
    now = now_ms()
    sent = [Sample(ts=now + (day * DAY_MS), cpu=1.0) for day in range(-13, 2)]
    sent += [Sample(ts=now - 14 * DAY_MS + 60_000, cpu=1.0)]
    answer = await (await writer.accept(world.lantern, machine, sent, replay=False))
    assert answer.rows == 16
    async with world.runtime.database.read(world.lantern) as connection:
        assert await connection.fetchval("SELECT count(*) FROM device_metrics WHERE device_id = $1", machine) == 16
        places = await connection.fetch(
            "SELECT DISTINCT tableoid::regclass::text AS name FROM device_metrics WHERE device_id = $1", machine
        )
    assert len(places) == 16
    assert "device_metrics_default" not in {row["name"] for row in places}


async def test_a_missing_partition_is_made_when_it_is_needed(writer: Writer, world: World, owner_url: str) -> None:
    sent = [Sample(ts=now_ms() - 9 * DAY_MS, cpu=1.0)]
    owner = await asyncpg.connect(owner_url)
    await owner.execute(f"DROP TABLE {partitions.partition_of(sent[0].ts // DAY_MS)}")
    await owner.close()
    machine = device()
    await (await writer.accept(world.lantern, machine, sent, replay=False))
    assert len(await stored(world.runtime, world.lantern, machine)) == 1


async def test_the_default_partition_catches_and_gives_back(world: World, owner_url: str) -> None:
    runtime = world.runtime
    machine = device()
    ts = now_ms() - 11 * DAY_MS
    name = partitions.partition_of(ts // DAY_MS)
    owner = await asyncpg.connect(owner_url)
    await owner.execute(f"DROP TABLE IF EXISTS {name}")
    writer = Writer(runtime, MetricsSettings.model_validate({}))
    # As if the partitions could not be made: the table's owner is away.
    await owner.execute("REVOKE EXECUTE ON FUNCTION prepare_metrics(date, date) FROM gamekeeper_app")
    answer = await writer.accept(world.lantern, machine, [Sample(ts=ts, cpu=7.0)], replay=False)
    await writer.drain()
    assert (await answer).rows == 1
    assert await owner.fetchval("SELECT count(*) FROM device_metrics_default") is not None
    await owner.execute("GRANT EXECUTE ON FUNCTION prepare_metrics(date, date) TO gamekeeper_app")
    assert await stored(runtime, world.lantern, machine) == [(ts, 7.0)]
    await writer.prepare()
    async with runtime.database.read(world.lantern) as connection:
        place = await connection.fetchval(
            "SELECT tableoid::regclass::text FROM device_metrics WHERE device_id = $1", machine
        )
    assert place == name
    await owner.close()


@pytest.mark.parametrize("moment", ["before", "during", "after"])
async def test_a_killed_server_process_loses_nothing_acknowledged(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    assassin = await asyncpg.connect(database_url)
    kills = 1

    async def kill(connection: Connection) -> None:
        nonlocal kills
        kills -= 1
        await assassin.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())

    async def copy(_store: Store, connection: Connection, day: int, rows: Sequence[bytes]) -> None:
        if kills and moment == "before":
            await kill(connection)

        async def stream() -> AsyncGenerator[bytes]:
            half = len(rows) // 2
            yield b"".join((COPY_HEAD, *rows[:half]))
            if kills and moment == "during":
                await kill(connection)
            yield b"".join((*rows[half:], COPY_TAIL))

        await connection.copy_to_table(partitions.partition_of(day), source=stream(), columns=COLUMNS, format="binary")
        if kills and moment == "after":
            await kill(connection)

    monkeypatch.setattr(Store, "_copy", copy)
    runtime = world.runtime
    writer = Writer(runtime, MetricsSettings.model_validate({}))
    await writer.prepare()
    machine = device()
    sent = samples(400, step=1000)
    first = await writer.accept(world.lantern, machine, sent, replay=False)
    await writer.drain()
    with pytest.raises(ReadingsNotStored):
        await first
    assert await stored(runtime, world.lantern, machine) == []
    again = await writer.accept(world.lantern, machine, sent, replay=True)
    await writer.drain()
    assert (await again).rows == 400
    assert len(await stored(runtime, world.lantern, machine)) == 400
    await assassin.close()


async def test_a_full_buffer_holds_back_whoever_sends(runtime: Runtime, world: World) -> None:
    writer = Writer(runtime, MetricsSettings.model_validate({}))
    await writer.prepare()
    answers: list[asyncio.Future[Stored]] = []

    async def send() -> None:
        while True:
            answers.append(await writer.accept(world.lantern, device(), samples(500, step=1000), replay=False))

    sender = asyncio.create_task(send())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(sender), 0.5)
    assert len(answers) == 200
    storing = asyncio.create_task(writer.run())
    await answers[199]
    assert len(answers) > 200
    for task in (sender, storing):
        task.cancel()
    await asyncio.gather(sender, storing, return_exceptions=True)
    await writer.drain()
    await asyncio.gather(*answers, return_exceptions=True)


@pytest.mark.usefixtures("writer")
async def test_the_application_role_cannot_touch_partitions(world: World) -> None:
    name = partitions.partition_of(now_ms() // DAY_MS)
    for statement in (
        f"SELECT * FROM {name}",
        f"INSERT INTO {name} SELECT * FROM device_metrics",
        f"DELETE FROM {name}",
        "INSERT INTO device_metrics VALUES (gen_random_uuid(), gen_random_uuid(), now(), now())",
        "UPDATE device_metrics SET cpu = 0",
        "SELECT * FROM device_metrics_default",
        "SELECT make_metric_partition('device_metrics', 'x', 'ts', '2026-01-01', '2026-01-02')",
        "SET LOCAL ROLE gamekeeper_system",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.runtime.database.write(world.lantern) as connection:
                await connection.execute(statement)


@pytest.mark.usefixtures("writer")
async def test_the_ingest_role_can_only_insert(world: World) -> None:
    name = partitions.partition_of(now_ms() // DAY_MS)
    for statement in (
        f"SELECT * FROM {name}",
        f"UPDATE {name} SET cpu = 0",
        f"DELETE FROM {name}",
        f"TRUNCATE {name}",
        "SELECT * FROM device_metrics",
        "SELECT * FROM metrics_late",
        "SELECT * FROM organizations",
        "SELECT prepare_metrics('2026-01-01', '2026-01-02')",
        f"INSERT INTO {name} SELECT gen_random_uuid(), gen_random_uuid(), now(), now() RETURNING ts",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.runtime.database.write(world.lantern) as connection:
                await connection.execute("SET LOCAL ROLE gamekeeper_ingest")
                await connection.execute(statement)


async def test_partitions_far_away_are_refused(world: World) -> None:
    today = datetime.now(UTC).date()
    for first, last in ((today, today + timedelta(days=30)), (today - timedelta(days=900), today)):
        with pytest.raises(asyncpg.InvalidParameterValueError):
            async with world.runtime.database.write(None) as connection:
                await connection.fetchval("SELECT prepare_metrics($1, $2)", first, last)


async def test_old_partitions_are_dropped_whole_and_young_ones_never(world: World, writer: Writer) -> None:
    machine = device()
    old, young = now_ms() - 12 * DAY_MS, now_ms()
    await (
        await writer.accept(world.lantern, machine, [Sample(ts=old, cpu=1.0), Sample(ts=young, cpu=2.0)], replay=False)
    )
    far = datetime.now(UTC) + timedelta(days=900)
    async with world.runtime.database.write(None) as connection:
        dropped = [row[0] for row in await connection.fetch("SELECT * FROM retire_metrics($1, $1, $1)", far)]
    assert partitions.partition_of(old // DAY_MS) in dropped
    assert await stored(world.runtime, world.lantern, machine) == [(young, 2.0)]
    await writer.prepare()
