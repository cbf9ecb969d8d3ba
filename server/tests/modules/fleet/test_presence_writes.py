"""No change of presence is lost: not to a deadlock, not to a database that refuses, not to a gateway that forgets."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper.modules.fleet.presence import node, service
from gamekeeper.modules.fleet.presence.changes import Changes
from gamekeeper.modules.fleet.presence.flush import Standing, flush
from gamekeeper.modules.fleet.presence.models import Change, Link
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.test_presence import settled, shown, until
from tests.modules.venue.seats import make_device
from tests.world import World

Write = Callable[[Runtime, UUID, Sequence[UUID]], Coroutine[Any, Any, None]]


async def flushed(runtime: Runtime, organization_id: UUID, ids: Sequence[UUID]) -> None:
    await flush(runtime, [Standing(organization_id, id_, 0, "", Link.ONLINE, 0.0, None) for id_ in ids])


async def applied(runtime: Runtime, organization_id: UUID, ids: Sequence[UUID]) -> None:
    async with runtime.as_system(organization_id) as ctx:
        await service.apply(ctx, [change(organization_id, id_) for id_ in ids])


async def lost(runtime: Runtime, organization_id: UUID, ids: Sequence[UUID]) -> None:
    async with runtime.as_system(organization_id) as ctx:
        await service.lose(ctx, ids, [0] * len(ids), ["gateway-lost"] * len(ids))


def change(organization_id: UUID, device_id: UUID, link: Link = Link.DEGRADED, epoch: int = 0, ip: str = "") -> Change:
    return Change(organization_id, device_id, epoch, link, datetime.now(UTC), "why", ip)


@pytest.mark.parametrize("write", [flushed, applied, lost])
async def test_rows_are_locked_in_the_order_of_their_ids(
    world: World, runtime: Runtime, owner_url: str, write: Write
) -> None:
    """Whoever waits for a row holds none that comes after it."""
    ids = [await make_device(world, world.lantern, None) for _ in range(20)]
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("SELECT set_config('app.organization_id', $1, false)", str(world.lantern))
        async with owner.transaction():
            await owner.execute("SELECT FROM device_presence WHERE id = $1 FOR UPDATE", ids[0])
            writing = asyncio.create_task(write(runtime, world.lantern, ids[::-1]))
            mine = await owner.fetchval("SELECT pg_backend_pid()")

            async def is_waiting() -> bool:
                waiting = "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))"
                return bool(await owner.fetchval(waiting, mine))

            await until(is_waiting)
            rest = "SELECT id FROM device_presence WHERE id = ANY($1) FOR UPDATE NOWAIT"
            assert len(await owner.fetch(rest, ids[1:])) == len(ids) - 1
        await writing
    finally:
        await owner.close()


@pytest.mark.parametrize("error", [asyncpg.DeadlockDetectedError, asyncpg.DiskFullError, ConnectionResetError])
async def test_what_could_not_be_written_waits_and_holds_nobody_up(
    world: World, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    ours = await make_device(world, world.lantern, None)
    theirs = await make_device(world, world.rival, None)
    whole, refused = service.apply, 1

    async def refusing(ctx: Context, changes: Sequence[Change]) -> None:
        nonlocal refused
        if refused and ctx.organization_id == world.lantern:
            refused -= 1
            raise error("no")
        await whole(ctx, changes)

    monkeypatch.setattr(service, "apply", refusing)
    changes = Changes(runtime)
    changes.put(change(world.lantern, ours, Link.OFFLINE))
    changes.put(change(world.rival, theirs, Link.OFFLINE))
    await changes.write()
    assert refused == 0
    async with runtime.database.read(world.rival) as raw:
        assert await raw.fetchval("SELECT state FROM device_presence WHERE id = $1", theirs) == "offline"
    assert (await shown(world, ours))[0] == "online"
    await changes.write()
    assert await shown(world, ours) == ("offline", "why")


async def test_a_newer_change_that_came_meanwhile_stands(
    world: World, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await make_device(world, world.lantern, None)
    changes, whole = Changes(runtime), service.apply

    async def overtaken(*_given: Any) -> None:
        monkeypatch.setattr(service, "apply", whole)
        changes.put(change(world.lantern, device, Link.DEGRADED, epoch=1))
        raise asyncpg.DeadlockDetectedError("no")

    monkeypatch.setattr(service, "apply", overtaken)
    changes.put(change(world.lantern, device, Link.OFFLINE, epoch=1, ip="192.0.2.7"))
    await changes.write()
    await changes.write()
    assert (await shown(world, device))[0] == "degraded"
    async with world.context() as ctx:
        ip = "SELECT ip FROM device_presence WHERE id = $1"
        assert await (await ctx.raw()).fetchval(ip, device) == "192.0.2.7"


async def test_a_writer_that_is_ended_in_between_leaves_what_it_had_to_the_last_write(
    world: World, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await make_device(world, world.lantern, None)
    changes, whole, began = Changes(runtime), service.apply, asyncio.Event()

    async def endless(*_given: Any) -> None:
        began.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(service, "apply", endless)
    changes.put(change(world.lantern, device, Link.OFFLINE))
    writing = asyncio.create_task(changes.write())
    await began.wait()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    monkeypatch.setattr(service, "apply", whole)
    await changes.write()
    assert (await shown(world, device))[0] == "offline"


async def test_a_connection_of_which_a_living_gateway_says_nothing_is_gone(
    enrol: Enrol, world: World, runtime: Runtime, gateway: Gateway
) -> None:
    standing, forgotten = await enrol(), await enrol()
    async with standing.linked():
        await settled(world, standing.id, "online")
        async with world.context() as ctx:
            # What is left when the end of a connection was never written.
            await (await ctx.raw()).execute(
                """UPDATE device_presence SET state = 'online', node = $2, epoch = nextval('device_epochs'),
                       last_seen = now() - interval '2 minutes' WHERE id = $1""",
                forgotten.id,
                runtime.node,
            )
        await gateway.upkeep.flush()
        await node.sweep(runtime)  # or the gateway itself just does
        await settled(world, forgotten.id, "offline", "connection-lost")
        assert (await shown(world, standing.id))[0] == "online"
