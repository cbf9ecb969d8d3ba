"""Jobs that tests enqueue, and a worker in a process of its own that can be killed."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs import Errand, GiveUp, errand, every, job
from gamekeeper.kernel.runtime import open_runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.tenancy.models import Team
from gamekeeper.kernel.worker.loop import Pace, work

QUICK = Pace(lease=1.0, look=0.2, rescue=0.5, drain=5.0)


async def leave_mark(ctx: Context, mark: str) -> None:
    """A row as proof; a team's name is unique, so a second commit would be noticed."""
    ctx.add(Team(organization_id=ctx.organization_id, name=mark))
    await ctx.flush()


@job
async def mark(ctx: Context, *, name: str) -> None:
    """Leave a mark."""
    await leave_mark(ctx, name)


@job
async def tell_the_time(ctx: Context) -> None:
    """Leave the time that a job goes by."""
    await leave_mark(ctx, ctx.now.isoformat())


@job(retries=1)
async def wait_for_file(ctx: Context, *, name: str, file: str) -> None:
    """Leave a mark, then wait inside the transaction until a file says go on."""
    await leave_mark(ctx, name)
    Path(file + ".started").touch()
    while not Path(file).exists():
        await asyncio.sleep(0.02)


@job(retries=0)
async def fail(ctx: Context, *, name: str) -> None:
    """Leave a mark and break, so that the mark must vanish."""
    await leave_mark(ctx, name)
    raise RuntimeError("this never works")


broken: set[str] = set()


@job(retries=0)
async def fail_while_broken(ctx: Context, *, name: str) -> None:
    """Work again once it is repaired."""
    if name in broken:
        raise RuntimeError("broken")
    await leave_mark(ctx, name)


@job(retries=5)
async def give_up(_ctx: Context) -> None:
    """Say that trying again is no use."""
    raise GiveUp("the printer is gone")


@job(retries=1)
async def kill_the_worker(_ctx: Context) -> None:
    """The worst job there is."""
    os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.sleep(60)


@job(retries=0, timeout=0.2)
async def sleep_too_long(_ctx: Context) -> None:
    """Miss the deadline."""
    await asyncio.sleep(30)


running: set[str] = set()
together: list[tuple[str, ...]] = []


@job(key="lamp:{lamp}")
async def one_at_a_time(ctx: Context, *, lamp: int, name: str) -> None:  # noqa: ARG001 - the key's
    """Note who else runs."""
    running.add(name)
    together.append(tuple(sorted(running)))
    await asyncio.sleep(0.05)
    await leave_mark(ctx, name)
    running.discard(name)


@errand(key="lamp:{lamp}", retries=1)
async def hold_the_lamp(_errand: Errand, *, lamp: int, file: str) -> None:  # noqa: ARG001 - the key's
    """Hold the key until a file says go on."""
    Path(file + ".started").touch()
    while not Path(file).exists():
        await asyncio.sleep(0.02)


@job(single=True)
async def refresh(ctx: Context, *, lamp: int) -> None:
    """At most one waits."""
    await leave_mark(ctx, f"refreshed {lamp} {ctx.now.isoformat()}")


@errand(retries=1)
async def call_somebody(errand: Errand, *, name: str) -> None:
    """Work outside, then record it."""
    async with errand.transaction() as ctx:
        await leave_mark(ctx, f"{name} asked")
    await asyncio.sleep(0)
    async with errand.transaction() as ctx:
        await leave_mark(ctx, f"{name} answered")


ticks: list[UUID | None] = []


@every("0 0 1 1 *")
@job(retries=0)
async def new_year(ctx: Context) -> None:
    """Once a year."""
    ticks.append(ctx.who.organization_id)


@every("0 0 1 1 *", each_organization=True)
async def new_year_everywhere(ctx: Context) -> None:
    """Once a year for each organization."""
    await leave_mark(ctx, "happy new year")


async def main(url: str, data: Path) -> None:
    async with open_runtime(Settings(data=data), url, bytes(range(32))) as runtime:
        await work(runtime, QUICK)


if __name__ == "__main__":
    # Under its own name, so that the jobs are called the same as in the tests' process.
    from tests.kernel.jobs import workshop

    asyncio.run(workshop.main(sys.argv[1], Path(sys.argv[2])))
