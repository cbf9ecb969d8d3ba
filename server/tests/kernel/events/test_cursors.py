"""Readers with a cursor see every event once, through failures and beside each other."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import Event, emit
from gamekeeper.kernel.events.cursors import advance, follow
from gamekeeper.kernel.events.log import Recorded
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Team
from tests.world import World


class BellRung(Event):
    type: ClassVar[str] = "bell:rung"

    count: int


async def ring(world: World, count: int) -> None:
    async with world.context() as ctx:
        await emit(ctx, BellRung(subject_id=new_id(), count=count))


class Reader:
    """Remembers what it saw of one organization, in a table of that organization."""

    def __init__(self, world: World) -> None:
        self.name = f"test {new_id()}"
        self.world = world
        self.seen: list[int] = []
        self.break_at: int | None = None

    async def __call__(self, ctx: Context, events: Sequence[Recorded]) -> None:
        if ctx.organization_id not in {self.world.lantern, self.world.rival}:
            return
        for event in events:
            if event.type == "bell:rung":
                ctx.add(Team(organization_id=ctx.organization_id, name=f"bell {event.data['count']}"))
                if event.data["count"] == self.break_at:
                    self.break_at = None
                    raise RuntimeError
                self.seen.append(event.data["count"])


async def catch_up(runtime: Runtime, reader: Reader) -> None:
    while await advance(runtime, reader.name, reader):
        pass


async def bells(world: World) -> int:
    async with world.context() as ctx:
        return int(await (await ctx.raw()).fetchval("SELECT count(*) FROM teams WHERE name LIKE 'bell %'"))


async def has_begun(runtime: Runtime, name: str) -> bool:
    """Whether the reader has its place in the log; what is emitted before is not for it."""
    async with runtime.database.read(None) as connection:
        return bool(await connection.fetchval("SELECT count(*) FROM event_cursors WHERE reader = $1", name))


async def test_a_reader_goes_on_where_it_stopped(runtime: Runtime, world: World) -> None:
    reader = Reader(world)
    await ring(world, 1)
    await catch_up(runtime, reader)
    await ring(world, 2)
    await ring(world, 3)
    await catch_up(runtime, reader)
    assert reader.seen == [1, 2, 3]


async def test_a_batch_that_breaks_is_rolled_back_and_comes_again(runtime: Runtime, world: World) -> None:
    reader = Reader(world)
    reader.break_at = 2
    await ring(world, 1)
    await ring(world, 2)
    with pytest.raises(RuntimeError):
        await catch_up(runtime, reader)
    assert await bells(world) == 0
    await catch_up(runtime, reader)
    assert await bells(world) == 2


async def test_readers_of_one_name_do_not_read_twice(runtime: Runtime, world: World) -> None:
    reader = Reader(world)
    both = [asyncio.create_task(follow(runtime, reader.name, reader, from_start=False)) for _ in range(2)]
    while not await has_begun(runtime, reader.name):
        await asyncio.sleep(0.02)
    for count in range(20):
        await ring(world, count)
    while await bells(world) < 20:
        await asyncio.sleep(0.02)
    for task in both:
        task.cancel()
    await asyncio.gather(*both, return_exceptions=True)
    assert reader.seen == list(range(20))
