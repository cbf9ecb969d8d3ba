"""A small swarm against a real gateway: certificates, metrics, commands, the end of a connection."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gamekeeper.modules.fleet.authority.service import ensure
from gamekeeper.modules.fleet.gateway.server import serve_gateway
from gamekeeper.simulate.enrolment import Wanted, enrol
from gamekeeper.simulate.machine import Watcher
from gamekeeper.simulate.swarm import behavior_of, swarm
from gamekeeper.simulate.trips import round_trips
from tests.world import World

WANTED = [Wanted(f"Swarm {place}") for place in range(4)]


@pytest.fixture
async def gateway(world: World) -> AsyncGenerator[tuple[str, int]]:
    await ensure(world.runtime, datetime.now(UTC))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    stop = asyncio.Event()
    serving = asyncio.create_task(serve_gateway(world.runtime, [listening], stop))
    yield listening.getsockname()
    stop.set()
    await serving


async def test_a_swarm_reports_and_obeys(world: World, gateway: tuple[str, int], tmp_path: Path) -> None:
    members = await enrol(world.runtime, world.lantern, WANTED, tmp_path)
    watcher = Watcher()
    async with swarm(members, [behavior_of(place) for place in range(4)], gateway, watcher):
        await watcher.until_online(4, 30)
        trips = await round_trips(world.runtime, world.lantern, members, seconds=1, per_second=5)
        assert trips
        assert max(trips) < 30
        while len(watcher.lags) < 4:
            await asyncio.sleep(0.05)
    async with world.runtime.database.read(world.lantern) as connection:
        found = await connection.fetchval("SELECT count(DISTINCT device_id) FROM device_metrics")
    assert found == 4


async def test_a_second_run_takes_the_devices_of_the_first(world: World, tmp_path: Path) -> None:
    first = await enrol(world.runtime, world.lantern, WANTED, tmp_path)
    contents = [member.identity.read_bytes() for member in first]
    second = await enrol(world.runtime, world.lantern, WANTED, tmp_path)
    assert second == first
    assert [member.identity.read_bytes() for member in second] == contents
    second[0].identity.unlink()
    third = await enrol(world.runtime, world.lantern, WANTED, tmp_path)
    assert third == first
    assert third[0].identity.read_bytes() != contents[0]
    assert third[0].identity.stat().st_mode & 0o777 == 0o600
