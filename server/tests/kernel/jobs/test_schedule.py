"""Periodic jobs run once in the whole cluster, and a missed run happens once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gamekeeper.kernel.jobs import every
from gamekeeper.kernel.jobs.registry import every_schedule
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.worker import schedule
from tests.kernel.jobs import workshop
from tests.kernel.jobs.watching import marks, until, working
from tests.world import World

NAME = workshop.new_year.name
EVERYWHERE = workshop.new_year_everywhere.name


async def make_due(runtime: Runtime, name: str) -> None:
    await schedule.introduce(runtime)
    async with runtime.database.write(None) as connection:
        await connection.execute("UPDATE job_schedules SET next_run = now() - interval '3 years' WHERE name = $1", name)


async def test_one_run_however_many_nodes_keep_time(runtime: Runtime, world: World) -> None:
    workshop.ticks.clear()
    await make_due(runtime, NAME)
    started = [name for names in await asyncio.gather(*(schedule.tick(runtime) for _ in range(5))) for name in names]
    assert started.count(NAME) == 1
    async with working(runtime, workers=2):

        async def ticked() -> bool:
            return bool(workshop.ticks)

        await until(ticked)
        await asyncio.sleep(0.5)
    assert workshop.ticks == [None]
    assert world is not None


async def test_a_job_for_each_organization(runtime: Runtime, world: World) -> None:
    await make_due(runtime, EVERYWHERE)
    async with working(runtime):

        async def celebrated() -> bool:
            async with world.context(world.rex) as ctx:
                rival = await (await ctx.raw()).fetchval("SELECT count(*) FROM teams")
            return await marks(world) == ["happy new year"] and rival == 1

        await until(celebrated)


async def test_a_restart_keeps_the_next_run_and_a_new_line_changes_it(runtime: Runtime) -> None:
    await make_due(runtime, NAME)
    await schedule.introduce(runtime)
    async with runtime.database.read(None) as connection:
        assert await connection.fetchval("SELECT next_run < now() FROM job_schedules WHERE name = $1", NAME)
    assert NAME in await schedule.tick(runtime)
    async with runtime.database.read(None) as connection:
        assert await connection.fetchval("SELECT next_run > now() FROM job_schedules WHERE name = $1", NAME)


def test_times_are_utc() -> None:
    noon = datetime(2026, 11, 21, 13, 0, tzinfo=UTC).astimezone(datetime.now().astimezone().tzinfo)
    assert schedule.following("30 13 * * *", noon) == datetime(2026, 11, 21, 13, 30, tzinfo=UTC)
    assert schedule.following("*/5 * * * *", noon) - noon == timedelta(minutes=5)


def test_a_wrong_line_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="not a cron line"):
        every("every day")
    assert NAME in every_schedule()
