"""Connecting to the gateway: what a device's connection does when all is well."""

import time

from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper_wire.agent import Heartbeat, Metrics, Sample
from gamekeeper_wire.server import MetricsStored
from tests.modules.fleet.conftest import Enrol
from tests.world import World


async def test_a_device_is_welcomed_with_its_name(enrol: Enrol, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        assert link.welcome is not None
        assert link.welcome.device_id == machine.id
        assert (link.welcome.heartbeat_seconds, link.welcome.metrics_seconds) == (30, 60)
        assert gateway.registry.get(machine.id) is not None


async def test_metrics_are_acknowledged_when_they_are_stored(enrol: Enrol, world: World) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        now = time.time_ns() // 1_000_000
        await link.send(Heartbeat(uptime_s=5), Metrics(batch_id="b1", samples=[Sample(ts=now, cpu=12.5)]))
        stored = await link.next(MetricsStored)
        assert stored.batch_id == "b1"
    async with world.context() as ctx:
        raw = await ctx.raw()
        assert await raw.fetchval("SELECT cpu FROM device_metrics WHERE device_id = $1", machine.id) == 12.5
