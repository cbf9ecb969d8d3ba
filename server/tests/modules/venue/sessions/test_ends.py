"""Every session ends, also when a clock is wrong or a job is lost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamekeeper.kernel.jobs import Job
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.venue.card import FloorState
from gamekeeper.modules.venue.sessions import jobs, service
from gamekeeper.modules.venue.sessions.models import Session, SessionEnded
from gamekeeper.modules.venue.sessions.sweep import end_what_is_over
from gamekeeper_wire.station import Lock, Reason
from tests.modules.venue.seats import Seat
from tests.modules.venue.sessions.test_sessions import CASH, at, cash_of, expect_true_books, started, told, when
from tests.world import World

STARTS = [(jobs.expire, 60), (jobs.announce, 55)]


async def waiting(world: World, job: Job) -> Sequence[Any]:
    async with world.runtime.database.read(world.lantern) as connection:
        return await connection.fetch("SELECT run_at FROM jobs WHERE name = $1 AND status = 'queued'", job.name)


async def claim(world: World, job: Job) -> None:
    """Let a worker have taken the jobs that wait."""
    async with world.runtime.database.write(world.lantern) as connection:
        await connection.execute("UPDATE jobs SET status = 'running' WHERE name = $1", job.name)


async def session_now(world: World, session: Session) -> Session:
    async with world.context() as ctx:
        return await ctx.session.get_one(Session, (world.lantern, session.id))


@pytest.mark.parametrize(("job", "minutes"), STARTS)
async def test_a_job_that_comes_too_early_comes_again(seat: Seat, job: Job, minutes: int) -> None:
    session = await started(seat)
    await claim(seat.world, job)
    async with when(seat.world, minutes - 0.001) as ctx:
        await job.function(ctx, session_id=session.id)
    assert [row["run_at"] for row in await waiting(seat.world, job)] == [at(minutes)]


@pytest.mark.parametrize(("job", "minutes"), STARTS)
async def test_an_extended_session_has_one_job_that_follows_its_end(seat: Seat, job: Job, minutes: int) -> None:
    session = await started(seat)
    for moment in (10, 20):
        async with when(seat.world, moment) as ctx:
            await service.extend(ctx, session.id, 30, CASH, expected=None)
    assert len(await waiting(seat.world, job)) == 1
    await claim(seat.world, job)
    async with when(seat.world, minutes) as ctx:
        await job.function(ctx, session_id=session.id)
    assert [row["run_at"] for row in await waiting(seat.world, job)] == [at(minutes + 60)]


async def test_what_its_own_job_did_not_end_is_swept(runtime: Runtime, seat: Seat) -> None:
    begun = datetime.now(UTC) - timedelta(hours=2)
    async with runtime.context(seat.world.ada, now=begun) as ctx:
        lost = await service.start(ctx, seat.id, 60, CASH, guest="", expected=None)
    await end_what_is_over(runtime)
    session = await session_now(seat.world, lost)
    assert (session.state, session.ended_by, session.ended_at) == ("ended", "time", lost.ends_at)
    await end_what_is_over(runtime)
    assert (await told(seat.world, lost.id)).count("session:ended") == 1
    await expect_true_books(seat.world, lost.id)


async def test_what_has_time_left_is_not_swept(runtime: Runtime, seat: Seat) -> None:
    async with seat.world.context() as ctx:
        running = await service.start(ctx, seat.id, 60, CASH, guest="", expected=None)
    await end_what_is_over(runtime)
    assert (await session_now(seat.world, running)).is_open


async def test_no_time_is_sold_that_is_over(seat: Seat) -> None:
    session = await started(seat)
    await seat.report(Lock.UNLOCKED, Reason.STARTED, session.id, at(0))
    with pytest.raises(SessionEnded):
        async with when(seat.world, 90) as ctx:
            await service.extend(ctx, session.id, 60, CASH, expected=None)
    ended = await session_now(seat.world, session)
    assert (ended.state, ended.ended_by, ended.ended_at) == ("ended", "time", at(60))
    assert await cash_of(seat.world) == 450
    assert (await seat.card(at(90))).state is FloorState.LOCKING
    await expect_true_books(seat.world, session.id)


async def test_an_end_after_the_end_was_by_time(seat: Seat) -> None:
    session = await started(seat)
    async with when(seat.world, 90) as ctx:
        ended = await service.end(ctx, session.id)
    assert (ended.ended_by, ended.ended_at) == ("time", at(60))
    await expect_true_books(seat.world, session.id)
