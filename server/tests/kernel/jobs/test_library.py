"""What we rely on in pgqueuer, and what we put right around it."""

import asyncpg

from gamekeeper.kernel.jobs.library import queries_on
from gamekeeper.kernel.runtime import Runtime
from tests.kernel.jobs import workshop
from tests.kernel.jobs.watching import ended, working
from tests.world import World


async def test_the_migration_makes_what_the_installed_library_wants(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        plan = await queries_on(connection).plan_upgrade()
    finally:
        await connection.close()
    left_out = ("pgqueuer_schedules", "fn_pgqueuer_changed", "tg_pgqueuer_changed")
    assert [statement for statement in plan.statements if not any(name in statement for name in left_out)] == []


async def test_a_job_that_lost_its_place_in_the_queue_gets_it_back(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        job_id = await workshop.one_at_a_time.later(ctx, lamp=3, name="lost")
    async with runtime.database.write(None) as connection:
        assert await connection.execute("DELETE FROM pgqueuer WHERE dedupe_key = $1", str(job_id)) == "DELETE 1"
    async with working(runtime):
        assert (await ended(world, job_id)).status == "done"


async def test_the_queue_holds_no_content(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        job_id = await workshop.mark.later(ctx, name="confidential")
        at_rest = await (await ctx.raw()).fetchval("SELECT payload FROM pgqueuer WHERE dedupe_key = $1", str(job_id))
    assert b"confidential" not in at_rest
    assert runtime is not None


async def test_a_job_with_a_time_goes_before_a_backlog(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        backlog = [await workshop.mark.later(ctx, name=f"n {n}") for n in range(60)]
        timed = await workshop.mark.later(ctx, at=ctx.now, name="timed")
    async with working(runtime):
        first = (await ended(world, timed)).started_at
        last = (await ended(world, backlog[-1])).started_at
    assert first is not None
    assert last is not None
    assert first < last
