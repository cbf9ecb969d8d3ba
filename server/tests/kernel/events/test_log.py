"""The log loses nothing and repeats nothing, whatever the order of commits."""

from typing import ClassVar

import asyncpg
import pytest

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import Event, emit
from gamekeeper.kernel.events.log import Cursor, head, place_of, read
from gamekeeper.kernel.runtime import Runtime
from tests.world import World


class LampLit(Event):
    type: ClassVar[str] = "lamp:lit"

    watts: int


async def light(world: World, watts: int) -> None:
    async with world.context() as ctx:
        await emit(ctx, LampLit(subject_id=new_id(), watts=watts))


async def seen(runtime: Runtime, world: World, after: Cursor) -> tuple[list[int], Cursor]:
    async with runtime.database.read(None) as connection:
        events = await read(connection, after)
    lamps = [event.data["watts"] for event in events if event.organization_id == world.lantern]
    return lamps, events[-1].cursor if events else after


async def start(runtime: Runtime) -> Cursor:
    async with runtime.database.read(None) as connection:
        return await head(connection)


async def test_an_event_is_written_with_its_actor(runtime: Runtime, world: World) -> None:
    before = await start(runtime)
    await light(world, 40)
    async with runtime.database.read(None) as connection:
        [event] = [e for e in await read(connection, before) if e.organization_id == world.lantern]
    assert (event.type, event.actor_kind, event.actor_label, event.data["watts"]) == ("lamp:lit", "user", "Ada", 40)
    assert event.actor_id == world.ada.actor.id


async def test_a_rollback_tells_nothing(runtime: Runtime, world: World) -> None:
    before = await start(runtime)
    with pytest.raises(RuntimeError):
        async with world.context() as ctx:
            await emit(ctx, LampLit(subject_id=new_id(), watts=1))
            raise RuntimeError
    await light(world, 2)
    assert (await seen(runtime, world, before))[0] == [2]


async def test_a_late_commit_is_not_skipped(runtime: Runtime, world: World) -> None:
    cursor = await start(runtime)
    async with world.context() as slow:
        await emit(slow, LampLit(subject_id=new_id(), watts=1))
        await light(world, 2)
        # The later one is committed, but showing it now would move the reader past the earlier one.
        lamps, cursor = await seen(runtime, world, cursor)
        assert lamps == []
    lamps, cursor = await seen(runtime, world, cursor)
    assert lamps == [1, 2]
    assert (await seen(runtime, world, cursor))[0] == []


async def test_a_place_is_found_by_id_only_in_its_own_organization(runtime: Runtime, world: World) -> None:
    before = await start(runtime)
    await light(world, 7)
    async with runtime.database.read(None) as connection:
        [event] = [e for e in await read(connection, before) if e.organization_id == world.lantern]
    async with runtime.database.read(world.lantern) as connection:
        assert await place_of(connection, event.id) == event.cursor
    async with runtime.database.read(world.rival) as connection:
        assert await place_of(connection, event.id) is None


async def test_nobody_rewrites_the_log(world: World) -> None:
    await light(world, 9)
    for statement in ("UPDATE events SET type = 'lamp:never'", "TRUNCATE events"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.context() as ctx:
                await (await ctx.raw()).execute(statement)
    async with world.context() as ctx:
        # Only what is old goes; see test_forgetting.
        assert await (await ctx.raw()).execute("DELETE FROM events") == "DELETE 0"
