"""Subscribers act after the commit, once for each event, and again when they fail."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest
from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import Event, emit, emit_all, on, on_all, subscription
from gamekeeper.kernel.jobs.models import JobRow
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Team
from tests.kernel.jobs.watching import ended, marks, working
from tests.world import World


class DoorOpened(Event):
    type: ClassVar[str] = "door:opened"

    by: str


@on(DoorOpened)
async def greet(ctx: Context, event: DoorOpened) -> None:
    """Welcome whoever came in."""
    ctx.add(Team(organization_id=ctx.organization_id, name=f"welcome {event.by}, says {ctx.actor.label}"))


@on(DoorOpened, retries=0)
async def complain(_ctx: Context, _event: DoorOpened) -> None:
    """Never content."""
    await asyncio.sleep(0)
    raise RuntimeError("it is cold")


async def test_each_subscriber_acts_for_itself(runtime: Runtime, world: World) -> None:
    async with working(runtime):
        async with world.context() as ctx:
            await emit(ctx, DoorOpened(subject_id=new_id(), by="Bo"))
        async with world.context() as ctx:
            jobs = {row.name: row.id for row in (await ctx.session.execute(select(JobRow))).scalars()}
        assert len(jobs) == 2
        states = {name.rpartition(".")[2]: (await ended(world, id_)).status for name, id_ in jobs.items()}
    assert states == {"greet": "done", "complain": "failed"}
    assert await marks(world) == ["welcome Bo, says Ada"]


async def test_a_rollback_calls_nobody(world: World) -> None:
    with pytest.raises(RuntimeError):
        async with world.context() as ctx:
            await emit(ctx, DoorOpened(subject_id=new_id(), by="Bo"))
            raise RuntimeError
    async with world.context() as ctx:
        assert (await ctx.session.execute(select(JobRow))).first() is None


class WindowBroken(Event):
    type: ClassVar[str] = "window:broken"

    number: int


@on_all(WindowBroken, key="glazier")
async def mend(ctx: Context, events: Sequence[WindowBroken]) -> None:
    """Come once for all."""
    ctx.add(Team(organization_id=ctx.organization_id, name=f"mended {[event.number for event in events]}"))


async def test_what_happened_together_is_done_together(
    runtime: Runtime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "MOST_TOGETHER", 3)
    async with world.context() as ctx:
        await emit_all(ctx, [WindowBroken(subject_id=new_id(), number=number) for number in range(4)])
        await emit(ctx, WindowBroken(subject_id=new_id(), number=4))
    async with world.context() as ctx:
        jobs = [row.id for row in (await ctx.session.execute(select(JobRow))).scalars()]
    async with working(runtime):
        for job in jobs:
            await ended(world, job)
    assert await marks(world) == ["mended [0, 1, 2]", "mended [3]", "mended [4]"]
