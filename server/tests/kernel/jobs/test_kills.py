"""Workers that are killed with kill -9 in the middle of a job."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from gamekeeper.kernel.jobs.models import JobStatus
from gamekeeper.kernel.runtime import Runtime
from tests.kernel.jobs import workshop
from tests.kernel.jobs.watching import ended, job_row, marks, until, working
from tests.world import World

SERVER = Path(__file__).parents[3]


@asynccontextmanager
async def worker_process(database_url: str, folder: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A worker whose files are in `folder`, and who leaves nothing where it was started."""
    place = folder / "started-here"
    place.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.kernel.jobs.workshop",
        database_url,
        str(folder / "files-here"),
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(SERVER)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert not list(place.iterdir())


async def test_a_job_of_a_killed_worker_runs_again_and_commits_once(
    runtime: Runtime, world: World, database_url: str, tmp_path: Path
) -> None:
    go_on = tmp_path / "go"
    started = tmp_path / "go.started"

    async def has_started() -> bool:
        return started.exists()

    async with world.context() as ctx:
        job_id = await workshop.wait_for_file.later(ctx, name="survivor", file=str(go_on))
    async with worker_process(database_url, tmp_path) as process:
        await until(has_started)
        assert (await job_row(world, job_id)).status == JobStatus.RUNNING
        process.kill()
    assert await marks(world) == []
    go_on.touch()
    async with working(runtime):
        row = await ended(world, job_id)
    assert (row.status, row.attempts) == (JobStatus.DONE, 2)
    assert await marks(world) == ["survivor"]


async def test_a_job_that_kills_its_worker_fails_in_the_end_and_blocks_nobody(
    runtime: Runtime, world: World, database_url: str, tmp_path: Path
) -> None:
    async with world.context() as ctx:
        poison = await workshop.kill_the_worker.later(ctx)
    deaths: list[int | None] = []
    for _ in range(2):
        async with worker_process(database_url, tmp_path) as process:
            deaths.append(await process.wait())
    assert deaths == [-signal.SIGKILL, -signal.SIGKILL]
    async with working(runtime):
        async with world.context() as ctx:
            other = await workshop.mark.later(ctx, name="alive")
        assert (await ended(world, other)).status == JobStatus.DONE
        row = await ended(world, poison)
    assert row.status == JobStatus.FAILED
    assert row.error == "WorkerDied: The worker died each time that it ran this job."


async def test_a_killed_workers_lock_is_free_at_once(
    runtime: Runtime, world: World, database_url: str, tmp_path: Path
) -> None:
    go_on = tmp_path / "go"
    started = tmp_path / "go.started"

    async def has_started() -> bool:
        return started.exists()

    async with world.context() as ctx:
        held = await workshop.hold_the_lamp.later(ctx, lamp=7, file=str(go_on))
    async with worker_process(database_url, tmp_path) as process:
        await until(has_started)
        async with world.context() as ctx:
            waiting = await workshop.one_at_a_time.later(ctx, lamp=7, name="next")
        process.kill()
    go_on.touch()
    async with working(runtime):
        assert (await ended(world, waiting)).status == JobStatus.DONE
        assert (await ended(world, held)).attempts == 2
