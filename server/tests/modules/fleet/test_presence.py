"""Who is connected: never wrong for long, whatever dies and in whatever order news arrive."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from gamekeeper.kernel.runtime import Runtime, open_runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.modules.fleet.gateway import server
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper.modules.fleet.presence import node, service
from gamekeeper.modules.fleet.presence.models import Change, Link
from gamekeeper_wire.agent import Health, Heartbeat, Metrics, Sample
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.server import Drain, Intervals, Welcome
from tests.conftest import MASTER_KEY
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Link as Wire
from tests.modules.fleet.machines import Machine, hello, open_gateway
from tests.world import World


async def until(told: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition; the test's own limit ends a hopeless wait."""
    async with asyncio.timeout(30):
        while not await told():
            await asyncio.sleep(0.02)


async def shown(world: World, device_id: UUID) -> tuple[str, str]:
    async with world.context() as ctx:
        raw = await ctx.raw()
        row = await raw.fetchrow("SELECT state, offline_reason FROM device_presence WHERE id = $1", device_id)
    assert row is not None
    return row["state"], row["offline_reason"]


async def settled(world: World, device_id: UUID, state: str, reason: str | None = None) -> None:
    async def is_so() -> bool:
        now = await shown(world, device_id)
        return now[0] == state and reason in {None, now[1]}

    await until(is_so)


async def until_told(world: World, device_id: UUID, state: str, reason: str) -> None:
    async def is_told() -> bool:
        return (state, reason) in await statuses(world, device_id)

    await until(is_told)


async def statuses(world: World, device_id: UUID) -> list[tuple[str, str]]:
    async with world.context() as ctx:
        raw = await ctx.raw()
        rows = await raw.fetch(
            "SELECT data::text AS data FROM events WHERE subject_id = $1 AND type = 'device:status' ORDER BY position",
            device_id,
        )
    return [(data["status"], data["reason"]) for data in (json.loads(row["data"]) for row in rows)]


async def test_online_then_offline_each_told_once(enrol: Enrol, world: World) -> None:
    machine = await enrol()
    async with machine.linked():
        await settled(world, machine.id, "online")
    await settled(world, machine.id, "offline", "agent-stopped")
    assert await statuses(world, machine.id) == [("online", ""), ("offline", "agent-stopped")]


async def test_a_connection_that_breaks_is_told_apart_from_a_goodbye(enrol: Enrol, world: World) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await settled(world, machine.id, "online")
        link.socket.transport.abort()
    await settled(world, machine.id, "offline", "connection-lost")


async def test_a_late_close_of_an_old_connection_changes_nothing(enrol: Enrol, world: World, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked() as first, machine.linked() as second:
        assert await first.closed() == CloseCode.SUPERSEDED
        assert first.welcome is not None
        assert second.welcome is not None
        assert first.welcome.epoch < second.welcome.epoch
        # The old one's end, as late and as often as it likes, from whichever node.
        for _ in range(2):
            gateway.changes.put(
                Change(world.lantern, machine.id, first.welcome.epoch, Link.OFFLINE, datetime.now(UTC), "late")
            )
            await gateway.changes.write()
        assert await shown(world, machine.id) == ("online", "")
    await settled(world, machine.id, "offline")


@limits(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from([Link.ONLINE, Link.DEGRADED, Link.OFFLINE]), st.integers(0, 1)),
        min_size=1,
        max_size=12,
    )
)
async def test_the_newest_connection_has_the_last_word(
    runtime: Runtime, world: World, client: httpx.AsyncClient, steps: list[tuple[int, Link, int]]
) -> None:
    """Also when everything happens in the same millisecond, and whatever is gathered into one write."""
    device_id = UUID((await client.post("/api/v1/devices", json={"name": "Seat"})).json()["id"])
    at = datetime.now(UTC)
    newest, expected = 0, Link.NEVER_SEEN
    changes = server.Changes(runtime)
    for epoch, link, is_written in steps:
        changes.put(Change(world.lantern, device_id, epoch, link, at, "tie"))
        if epoch >= newest:
            newest, expected = epoch, link
        if is_written:
            await changes.write()
    await changes.write()
    assert (await shown(world, device_id))[0] == expected


async def test_a_gateway_that_was_cut_off_heals_what_others_said(
    enrol: Enrol, world: World, gateway: Gateway, runtime: Runtime
) -> None:
    machine = await enrol()
    async with machine.linked():
        await settled(world, machine.id, "online")
        async with runtime.database.write(None) as raw:
            await raw.execute("UPDATE gateway_nodes SET beat_at = now() - interval '1 minute'")
        await node.sweep(runtime)  # or the gateway itself just did
        await until_told(world, machine.id, "offline", "gateway-lost")
        await gateway.upkeep.flush()
        await settled(world, machine.id, "online", "")
    told = await statuses(world, machine.id)
    assert told[:3] == [("online", ""), ("offline", "gateway-lost"), ("online", "")]


async def test_a_device_that_moved_to_another_node_is_let_go(
    enrol: Enrol, world: World, gateway: Gateway, database_url: str, settings: Settings
) -> None:
    machine = await enrol()
    async with open_runtime(settings, database_url, MASTER_KEY) as elsewhere, open_gateway(elsewhere) as (_, port):
        async with machine.linked() as first:
            machine.gateway_port, home = port, machine.gateway_port
            async with machine.linked():
                # By a hint between processes, or else by the next flush.
                await gateway.upkeep.flush()
                assert await first.closed() == CloseCode.SUPERSEDED
                await settled(world, machine.id, "online")
                await gateway.upkeep.flush()
                assert (await shown(world, machine.id))[0] == "online"
            machine.gateway_port = home
        await settled(world, machine.id, "offline")


async def test_devices_of_a_killed_gateway_are_swept_and_come_back(
    enrol: Enrol, world: World, runtime: Runtime, gateway: Gateway
) -> None:
    machine = await enrol()
    async with world.context() as ctx:
        # What a kill -9 leaves behind: a row that says online, of a node that no longer beats.
        raw = await ctx.raw()
        await raw.execute(
            "UPDATE device_presence SET state = 'online', node = gen_random_uuid(), epoch = nextval('device_epochs')"
            " WHERE id = $1",
            machine.id,
        )
    await gateway.upkeep.flush()
    await node.sweep(runtime)  # or the gateway itself just does
    await settled(world, machine.id, "offline", "gateway-lost")
    async with machine.linked():
        await settled(world, machine.id, "online", "")


async def test_a_socket_without_heartbeats_is_degraded(enrol: Enrol, world: World, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        connection = gateway.registry.get(machine.id)
        assert connection is not None
        connection.beat_at -= 76
        await gateway.upkeep.flush()
        await settled(world, machine.id, "degraded", "no-heartbeat")
        await link.send(Heartbeat(uptime_s=1))
        await link.answered()
        await gateway.upkeep.flush()
        await settled(world, machine.id, "online", "")


async def test_how_often_agents_speak_is_a_setting(
    enrol: Enrol, world: World, client: httpx.AsyncClient, database_url: str, settings: Settings
) -> None:
    machine = await enrol()
    eager = settings.model_copy(update={"agent_heartbeat_seconds": 10, "agent_metrics_seconds": 20})
    async with open_runtime(eager, database_url, MASTER_KEY) as other, open_gateway(other) as (elsewhere, port):
        machine.gateway_port = port
        async with machine.linked() as link:
            assert link.welcome is not None
            assert (link.welcome.heartbeat_seconds, link.welcome.metrics_seconds) == (10, 20)
            await client.put(f"/api/v1/devices/{machine.id}/logs/following", json={"level": "info", "seconds": 60})
            told = await link.next(Intervals)
            assert (told.heartbeat_seconds, told.metrics_seconds) == (10, 20)
            connection = elsewhere.registry.get(machine.id)
            assert connection is not None
            connection.beat_at -= 26
            await elsewhere.upkeep.flush()
            await settled(world, machine.id, "degraded", "no-heartbeat")


async def test_an_agent_that_is_unwell_says_why(enrol: Enrol, world: World, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await link.send(Heartbeat(uptime_s=1, health=Health.DEGRADED, problems=["the disk is full"]))
        await link.answered()
        await gateway.upkeep.flush()
        await settled(world, machine.id, "degraded", "the disk is full")


async def test_a_clock_that_jumps_moves_no_state(
    enrol: Enrol, world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(days=730)

    machine = await enrol()
    monkeypatch.setattr(server, "datetime", Later)
    async with machine.linked():
        await settled(world, machine.id, "online")
        await gateway.upkeep.flush()
        await gateway.changes.write()
        assert await shown(world, machine.id) == ("online", "")
        async with world.context() as ctx:
            seen = "SELECT last_seen <= now() FROM device_presence WHERE id = $1"
            assert await (await ctx.raw()).fetchval(seen, machine.id)


async def test_only_the_servers_clock_counts(enrol: Enrol, client: httpx.AsyncClient, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked(time=0):
        await gateway.upkeep.flush()
        await gateway.changes.write()
        seen = datetime.fromisoformat((await client.get(f"/api/v1/devices/{machine.id}")).json()["last_seen"])
        assert abs(seen - datetime.now(UTC)) < timedelta(minutes=1)


async def test_the_list_shows_the_newest_readings(
    enrol: Enrol, client: httpx.AsyncClient, gateway: Gateway, world: World
) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await settled(world, machine.id, "online")
        await link.send(Metrics(batch_id="b", samples=[Sample(ts=time.time_ns() // 1_000_000, cpu=12.5, disk=50.0)]))
        await link.answered()
        await gateway.upkeep.flush()
        row = (await client.get("/api/v1/devices")).json()["items"][0]
        assert (row["status"], row["cpu"], row["disk"], row["memory"]) == ("online", 12.5, 50.0, None)


async def test_maintenance_is_shown_whatever_the_socket_does(
    enrol: Enrol, client: httpx.AsyncClient, world: World
) -> None:
    machine = await enrol()
    await client.put(f"/api/v1/devices/{machine.id}", json={"maintenance": True})
    async with machine.linked():
        await settled(world, machine.id, "online")
    read = (await client.get(f"/api/v1/devices/{machine.id}")).json()
    assert (read["status"], read["connection"]) == ("maintenance", "online") or read["connection"] == "offline"


async def test_a_whole_site_that_goes_dark_is_one_outage(enrol: Enrol, world: World) -> None:
    machines = [await enrol(site_id=str(world.hall)) for _ in range(4)]
    contexts = [machine.linked() for machine in machines]
    links = [await context.__aenter__() for context in contexts]
    for machine in machines:
        await settled(world, machine.id, "online")
    for link in links:
        link.socket.transport.abort()
    for machine in machines:
        await settled(world, machine.id, "offline", "site-outage")
    for context in contexts:
        await context.__aexit__(None, None, None)


async def test_a_silent_device_that_answers_pings_stays(
    enrol: Enrol, world: World, monkeypatch: pytest.MonkeyPatch, database_url: str, settings: Settings
) -> None:
    monkeypatch.setattr(server, "PING_SECONDS", 0.1)
    monkeypatch.setattr(server, "PONG_SECONDS", 0.5)
    silent, deaf = await enrol(), await enrol()
    # A process of its own: when it ends, it says that its node leaves.
    async with open_runtime(settings, database_url, MASTER_KEY) as other, open_gateway(other) as (gateway, port):
        silent.gateway_port = deaf.gateway_port = port
        async with silent.linked() as one, deaf.linked() as two:
            two.socket.transport.pause_reading()
            await settled(world, deaf.id, "offline", "ping-timeout")
            assert (await shown(world, silent.id))[0] == "online"
            await one.answered()
            assert gateway.registry.get(silent.id) is not None
            two.socket.transport.abort()


async def test_a_draining_gateway_names_the_spread_and_all_come_back(
    enrol: Enrol, world: World, runtime: Runtime, gateway: Gateway, database_url: str, settings: Settings
) -> None:
    machines = [await enrol() for _ in range(20)]
    home = machines[0].gateway_port
    async with open_runtime(settings, database_url, MASTER_KEY) as elsewhere:
        async with open_gateway(elsewhere) as (_, port):
            for machine in machines:
                machine.gateway_port = port
            drained = [asyncio.create_task(_until_drained(machine)) for machine in machines]
            for machine in machines:
                await settled(world, machine.id, "online")
        assert all([(await task) == CloseCode.DRAINING for task in drained])
        for machine in machines:
            machine.gateway_port = home
        back = [machine.linked() for machine in machines[1:]]
        await asyncio.gather(*(context.__aenter__() for context in back))
        assert all(gateway.registry.get(machine.id) for machine in machines[1:])
        await gateway.changes.write()
        async with runtime.database.write(None) as raw:
            await raw.execute(
                "UPDATE gateway_nodes SET beat_at = now() - interval '1 minute' WHERE id = $1", elsewhere.node
            )
        await node.sweep(runtime)
    # Who came back was never away for anybody who watches; who did not is told of.
    assert await statuses(world, machines[1].id) == [("online", "")]
    await settled(world, machines[0].id, "offline", "server-drain")
    await asyncio.gather(*(context.__aexit__(None, None, None) for context in back))


async def _until_drained(machine: Machine) -> int:
    async with machine.raw() as opened:
        link = Wire(opened)
        await link.send(hello())
        await link.next(Welcome)
        drain = await link.next(Drain)
        assert drain.reconnect_spread_seconds >= 1
        return await link.closed()


async def test_a_database_that_is_away_only_delays(
    enrol: Enrol, world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = await enrol()
    async with machine.linked():
        await settled(world, machine.id, "online")
        whole = service.apply
        broken = 2

        async def away(*given: Any) -> None:
            nonlocal broken
            if broken:
                broken -= 1
                raise ConnectionResetError
            await whole(*given)

        monkeypatch.setattr(service, "apply", away)
    await settled(world, machine.id, "offline")
    assert broken == 0
    assert gateway.registry.get(machine.id) is None
