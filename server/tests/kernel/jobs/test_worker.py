"""Jobs are done, exactly once, after their transaction; failures stay visible and block nobody."""

import asyncio
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pytest
from pydantic import ValidationError

from gamekeeper.kernel import caller
from gamekeeper.kernel.jobs.models import JobRow, JobStatus
from gamekeeper.kernel.realtime import ephemeral
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.worker.loop import work
from tests.kernel.jobs import workshop
from tests.kernel.jobs.watching import ended, job_row, marks, until, working
from tests.world import World


async def test_a_job_runs_after_the_commit_on_behalf_of_its_caller(runtime: Runtime, world: World) -> None:
    async with working(runtime):
        async with world.context() as ctx:
            job_id = await workshop.mark.later(ctx, name="a")
            await asyncio.sleep(0.3)
            assert await marks(world) == []
        row = await ended(world, job_id)
    assert (row.status, row.attempts, row.actor_label) == (JobStatus.DONE, 1, "Ada")
    assert await marks(world) == ["a"]


async def test_a_worker_whose_clock_is_behind_finds_no_job_too_early(
    runtime: Runtime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.context() as ctx:
        due: datetime = await (await ctx.raw()).fetchval("SELECT now()")
        job_id = await workshop.tell_the_time.later(ctx, at=due)

    class Behind(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) - timedelta(hours=1)

    monkeypatch.setattr(caller, "datetime", Behind)
    async with working(runtime):
        await ended(world, job_id)
    (told,) = await marks(world)
    assert datetime.fromisoformat(told) >= due


async def test_a_rollback_takes_the_job_with_it(runtime: Runtime, world: World) -> None:
    with pytest.raises(RuntimeError):
        async with world.context() as ctx:
            await workshop.mark.later(ctx, name="never")
            raise RuntimeError
    async with working(runtime):
        async with world.context() as ctx:
            job_id = await workshop.mark.later(ctx, name="always")
        await ended(world, job_id)
    assert await marks(world) == ["always"]
    async with world.context() as ctx:
        assert await (await ctx.raw()).fetchval("SELECT count(*) FROM jobs") == 1


async def test_a_failed_job_is_rolled_back_stays_visible_and_blocks_nobody(runtime: Runtime, world: World) -> None:
    async with working(runtime):
        async with world.context() as ctx:
            failing = [await workshop.fail.later(ctx, name=f"bad {n}") for n in range(8)]
            slow = await workshop.sleep_too_long.later(ctx)
            refused = await workshop.give_up.later(ctx)
            good = await workshop.mark.later(ctx, name="good")
        await ended(world, good)
        rows = [await ended(world, job_id) for job_id in failing]
        assert {row.status for row in rows} == {JobStatus.FAILED}
        assert rows[0].error == "RuntimeError: this never works"
        assert (await ended(world, slow)).error == "DeadlineMissed: It did not end within 0.2 seconds."
        assert (await ended(world, refused)).attempts == 1
    assert await marks(world) == ["good"]
    async with world.context() as ctx:
        connection = await ctx.raw()
        assert await connection.fetchval("SELECT count(*) FROM events WHERE type = 'job:failed'") == 10


async def test_a_failure_is_tried_again_later(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        await workshop.leave_mark(ctx, "taken")
        job_id = await workshop.mark.later(ctx, name="taken")

    async def tried() -> bool:
        return (await job_row(world, job_id)).error is not None

    async with working(runtime):
        await until(tried)
        row = await job_row(world, job_id)
        assert row.status == JobStatus.QUEUED
        assert row.run_at > datetime.now(UTC)
        async with world.context() as ctx:
            connection = await ctx.raw()
            await connection.execute("DELETE FROM teams")
        assert (await ended(world, job_id)).attempts == 2
    assert await marks(world) == ["taken"]


async def test_a_timer_never_fires_early(runtime: Runtime, world: World) -> None:
    at = datetime.now(UTC) + timedelta(seconds=0.7)
    async with working(runtime):
        async with world.context() as ctx:
            later = await workshop.mark.later(ctx, at=at + timedelta(hours=1), name="much later")
            job_id = await workshop.mark.later(ctx, at=at, name="on time")
        row = await ended(world, job_id)
    assert row.started_at is not None
    assert row.started_at >= at
    assert (await job_row(world, later)).status == JobStatus.QUEUED


async def test_a_timer_survives_a_restart(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        job_id = await workshop.mark.later(ctx, at=ctx.now + timedelta(seconds=0.5), name="rang")
    async with working(runtime):
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.6)
    async with working(runtime):
        await ended(world, job_id)
    assert await marks(world) == ["rang"]


async def test_what_takes_the_place_of_those_that_wait_leaves_them_alone_while_one_runs(
    runtime: Runtime, world: World, tmp_path: Path
) -> None:
    go_on = tmp_path / "go"

    async def has_started() -> bool:
        return (tmp_path / "go.started").exists()

    async with world.context() as ctx:
        waits = await workshop.hold_the_lamp.later(ctx, lamp=1, file=str(go_on))
        other = await workshop.hold_the_lamp.later(ctx, lamp=2, file=str(go_on))
    async with world.context() as ctx:
        runs = await workshop.hold_the_lamp.instead(ctx, lamp=1, file=str(go_on))
    assert runs is not None
    async with working(runtime):
        await until(has_started)
        await until(lambda: _runs(world, runs))
        async with world.context() as ctx:
            behind = await workshop.hold_the_lamp.later(ctx, lamp=1, file=str(go_on))
            assert await workshop.hold_the_lamp.instead(ctx, lamp=1, file=str(go_on)) is None
        go_on.touch()
        for job_id in (runs, behind, other):
            assert (await ended(world, job_id)).status == JobStatus.DONE
    async with world.context() as ctx:
        assert await ctx.session.get(JobRow, (world.lantern, waits)) is None


async def _runs(world: World, job_id: UUID) -> bool:
    return (await job_row(world, job_id)).status == JobStatus.RUNNING


async def test_jobs_of_one_key_never_run_together(runtime: Runtime, world: World) -> None:
    workshop.together.clear()
    async with working(runtime, workers=2):
        async with world.context() as ctx:
            jobs = [await workshop.one_at_a_time.later(ctx, lamp=1, name=f"one {n}") for n in range(6)]
            other = await workshop.one_at_a_time.later(ctx, lamp=2, name="two")
        for job_id in (*jobs, other):
            assert (await ended(world, job_id)).status == JobStatus.DONE
    assert len(workshop.together) == 7
    assert not [names for names in workshop.together if sum(name.startswith("one") for name in names) > 1]


async def test_one_waiting_is_enough_and_it_sees_everybodys_changes(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        first = await workshop.refresh.later(ctx, lamp=1)
        other = await workshop.refresh.later(ctx, lamp=2)
    async with world.context() as ctx:
        assert await workshop.refresh.later(ctx, lamp=1) == first
        async with working(runtime):
            await ended(world, other)
            # It waits for this transaction, whose change it was asked to take in.
            assert (await job_row(world, first)).status == JobStatus.QUEUED
            await ctx.session.commit()
            await ended(world, first)
    async with world.context() as ctx:
        assert await workshop.refresh.later(ctx, lamp=1) != first


async def test_an_errand_has_short_transactions(runtime: Runtime, world: World) -> None:
    async with working(runtime):
        async with world.context() as ctx:
            job_id = await workshop.call_somebody.later(ctx, name="x")
        assert (await ended(world, job_id)).status == JobStatus.DONE
    assert await marks(world) == ["x answered", "x asked"]


async def test_wrong_arguments_are_refused_when_enqueued(world: World) -> None:
    async with world.context() as ctx:
        with pytest.raises(ValidationError):
            await workshop.mark.later(ctx, nam="typo")


async def test_a_cancelled_worker_lets_its_job_end(
    runtime: Runtime, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    go_on = tmp_path_factory.mktemp("drain") / "go"
    async with world.context() as ctx:
        job_id = await workshop.wait_for_file.later(ctx, name="drained", file=str(go_on))
    worker = asyncio.create_task(work(runtime, workshop.QUICK))
    started = go_on.with_name("go.started")

    async def has_started() -> bool:
        return started.exists()

    await until(has_started)
    worker.cancel()
    await asyncio.sleep(0.2)
    go_on.touch()
    with pytest.raises(asyncio.CancelledError):
        await worker
    row = await job_row(world, job_id)
    assert (row.status, row.attempts) == (JobStatus.DONE, 1)


async def test_an_open_job_page_hears_of_it(runtime: Runtime, world: World) -> None:
    heard: list[str] = []

    def hear(value: dict[str, Any]) -> None:
        if value["o"] == str(world.lantern):
            heard.append(value["e"])

    stop = runtime.hints.hear(ephemeral.TOPIC, hear)
    async with working(runtime):
        async with world.context() as ctx:
            jobs = [await workshop.mark.later(ctx, name=f"n {n}") for n in range(30)]
        for job_id in jobs:
            await ended(world, job_id)

        async def told() -> bool:
            return "job:changed" in heard

        await until(told)
    stop()
    assert len(heard) < 30
