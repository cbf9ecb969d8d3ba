"""Periodic jobs: whoever moves a schedule's next run on enqueues it, so it runs once in the whole cluster."""

import asyncio
from datetime import UTC, datetime

from croniter import croniter

from gamekeeper.kernel.caller import SYSTEM, Authenticated
from gamekeeper.kernel.context import Context, transaction
from gamekeeper.kernel.jobs.errand import Errand
from gamekeeper.kernel.jobs.queue import Order, enqueue
from gamekeeper.kernel.jobs.registry import Schedule, errand, every_schedule
from gamekeeper.kernel.runtime import Runtime

_LONGEST_SLEEP = 5.0  # seconds; a clock that jumps is noticed after as many

# A changed line takes effect at once; an unchanged one keeps its next run, so that a restart skips nothing.
INTRODUCE = """
INSERT INTO job_schedules AS known (name, expression, next_run) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET expression = excluded.expression, next_run = excluded.next_run
WHERE known.expression <> excluded.expression
"""
FORGET = "DELETE FROM job_schedules WHERE name <> ALL ($1::text[])"
DUE = "SELECT name FROM job_schedules WHERE next_run <= now() AND name = ANY ($1::text[]) FOR UPDATE SKIP LOCKED"
ADVANCE = "UPDATE job_schedules SET last_run = next_run, next_run = $2 WHERE name = $1"
SOONEST = """
SELECT extract(epoch FROM min(next_run) - now())::float8 FROM job_schedules WHERE name = ANY ($1::text[])
"""


async def introduce(runtime: Runtime) -> None:
    """Write down the schedules of this version and forget those that it no longer has."""
    async with runtime.database.write(None) as connection:
        now: datetime = await connection.fetchval("SELECT now()")
        for name, schedule in every_schedule().items():
            await connection.execute(INTRODUCE, name, schedule.expression, following(schedule.expression, now))
        await connection.execute(FORGET, list(every_schedule()))


async def keep_time(runtime: Runtime) -> None:
    """Enqueue every periodic job at its time, until cancelled."""
    while True:
        await tick(runtime)
        async with runtime.database.read(None) as connection:
            seconds: float | None = await connection.fetchval(SOONEST, list(every_schedule()))
        await asyncio.sleep(min(_LONGEST_SLEEP, max(0.02, seconds if seconds is not None else _LONGEST_SLEEP)))


async def tick(runtime: Runtime) -> list[str]:
    """Enqueue what is due, however long it has been; returns the names."""
    async with transaction(runtime, Authenticated(actor=SYSTEM)) as ctx:
        connection = await ctx.raw()
        now: datetime = await connection.fetchval("SELECT now()")
        due = [row["name"] for row in await connection.fetch(DUE, list(every_schedule()))]
        for name in due:
            schedule = every_schedule()[name]
            await connection.execute(ADVANCE, name, following(schedule.expression, now))
            await _start(ctx, schedule)
    return due


def following(expression: str, after: datetime) -> datetime:
    """The first time of a cron line after a moment, in UTC."""
    return datetime.fromtimestamp(croniter(expression, start_time=after.astimezone(UTC)).get_next(float), UTC)


async def _start(ctx: Context, schedule: Schedule) -> None:
    if schedule.each_organization:
        await fan_out.later(ctx, name=schedule.job.name)
    else:
        await enqueue(ctx, _order(schedule))


def _order(schedule: Schedule) -> Order:
    """The job of a schedule. A run that still waits is enough: a stopped worker does not gather a pile."""
    job = schedule.job
    plain = job.order({})
    return Order(name=job.name, lane=job.lane, arguments={}, key=plain.key, waiting_key=f"every {job.name}")


@errand(single=True)
async def fan_out(errand: Errand, *, name: str) -> None:
    """Hand a periodic job to every organization."""
    schedule = every_schedule()[name]
    async with errand.transaction() as ctx:
        rows = await (await ctx.raw()).fetch("SELECT organization_ids() AS id")
    for row in rows:
        async with errand.runtime.as_system(row["id"]) as ctx:
            await enqueue(ctx, _order(schedule))
