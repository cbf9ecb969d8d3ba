"""What tests of jobs wait for and look at."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.jobs.models import JobRow, JobStatus
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Team
from gamekeeper.kernel.worker.loop import work
from tests.kernel.jobs import workshop
from tests.world import World


@asynccontextmanager
async def working(runtime: Runtime, workers: int = 1) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(work(runtime, workshop.QUICK)) for _ in range(workers)]
    try:
        yield
    finally:
        for task in tasks:
            assert not task.done(), task.exception()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    while not await true():
        await asyncio.sleep(0.02)


async def marks(world: World) -> list[str]:
    async with world.context() as ctx:
        return sorted((await ctx.session.execute(select(Team.name))).scalars())


async def job_row(world: World, job_id: UUID) -> JobRow:
    async with world.context() as ctx:
        return (await ctx.session.execute(select(JobRow).where(JobRow.id == job_id))).scalar_one()


async def ended(world: World, job_id: UUID) -> JobRow:
    async def it_has() -> bool:
        return (await job_row(world, job_id)).status in {JobStatus.DONE, JobStatus.FAILED}

    await until(it_has)
    return await job_row(world, job_id)
