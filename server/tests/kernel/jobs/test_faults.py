"""Workers that lose their connection to the database, in the middle of a job and between jobs."""

from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from gamekeeper.kernel.database.pools import UnfitStatement
from gamekeeper.kernel.jobs.models import JobStatus
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.worker import upkeep
from tests.kernel.jobs import workshop
from tests.kernel.jobs.watching import ended, marks, until, working
from tests.world import World


async def cut(runtime: Runtime, application: str) -> int:
    """End the application role's own connections of one name, as a failing network would."""
    async with runtime.database.read(None) as connection:
        return int(
            await connection.fetchval(
                """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()""",
                application,
            )
        )


async def test_the_queues_connection_dies_under_a_running_job(runtime: Runtime, world: World, tmp_path: Path) -> None:
    go_on = tmp_path / "go"
    started = tmp_path / "go.started"

    async def has_started() -> bool:
        return started.exists()

    async with working(runtime):
        async with world.context() as ctx:
            job_id = await workshop.wait_for_file.later(ctx, name="through", file=str(go_on))
        await until(has_started)
        assert await cut(runtime, "gamekeeper jobs") == 1
        go_on.touch()
        assert (await ended(world, job_id)).status == JobStatus.DONE
        async with world.context() as ctx:
            later = await workshop.mark.later(ctx, name="afterwards")
        assert (await ended(world, later)).status == JobStatus.DONE
    assert await marks(world) == ["afterwards", "through"]


async def test_the_jobs_own_connection_dies_and_it_runs_again(runtime: Runtime, world: World, tmp_path: Path) -> None:
    go_on = tmp_path / "go"
    started = tmp_path / "go.started"

    async def has_started() -> bool:
        return started.exists()

    async with working(runtime):
        async with world.context() as ctx:
            job_id = await workshop.wait_for_file.later(ctx, name="again", file=str(go_on))
        await until(has_started)
        assert await cut(runtime, "gamekeeper") > 0
        go_on.touch()
        row = await ended(world, job_id)
    assert (row.status, row.attempts) == (JobStatus.DONE, 2)
    assert await marks(world) == ["again"]


REFUSALS = [
    UnfitStatement("the server expects 1 argument"),
    asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
    DBAPIError("SELECT 1", None, Exception("no privilege")),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda error: type(error).__name__)
async def test_a_statement_that_is_refused_does_not_end_the_worker(
    refusal: Exception, runtime: Runtime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = upkeep.rescue
    refusals = [refusal]

    async def rescue(runtime: Runtime) -> int:
        if refusals:
            raise refusals.pop()
        return await healthy(runtime)

    monkeypatch.setattr(upkeep, "rescue", rescue)
    async with world.context() as ctx:
        job_id = await workshop.mark.later(ctx, name="done all the same")
    async with working(runtime):
        assert (await ended(world, job_id)).status == JobStatus.DONE
    assert refusals == []
