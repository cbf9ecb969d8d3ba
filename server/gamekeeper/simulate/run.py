"""A simulation from enrolment to restart."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import NAMESPACE_DNS, UUID, uuid5

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Organization
from gamekeeper.simulate.enrolment import Wanted, enrol
from gamekeeper.simulate.gateway import GatewayProcess
from gamekeeper.simulate.machine import Watcher
from gamekeeper.simulate.measures import Figures, spread
from gamekeeper.simulate.swarm import STARTS_PER_SECOND, behavior_of, swarm
from gamekeeper.simulate.trips import round_trips

ORGANIZATION = uuid5(NAMESPACE_DNS, "simulation.gamekeeper")
"""Always the same, so that a second run finds the devices of the first."""
_SETTLE_SECONDS = 5.0
_COMMANDS_PER_SECOND = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How large and how long. `gateway` is the address of one that runs; None starts one and restarts it too."""

    devices: int
    seconds: float
    gateway: tuple[str, int] | None = None


Teller = Callable[[str], None]


async def simulate(runtime: Runtime, plan: Plan, tell: Teller) -> Figures:
    """Enrol, connect, measure for a while, restart; `tell` gets a line at each step.

    Raises GatewayDied, and TooFewConnected when machines do not come (back) within two minutes.
    """
    figures = Figures(plan.devices)
    await _organization(runtime, ORGANIZATION)
    wanted = [Wanted(f"sim-{place:04}") for place in range(plan.devices)]
    tell(f"enrolling {plan.devices} machines")
    began = time.monotonic()
    members = await enrol(runtime, ORGANIZATION, wanted, runtime.settings.data / "simulation")
    figures.enrol_seconds = time.monotonic() - began
    behaviors = [
        behavior_of(place, overheats_from=time.time() if place == 0 else None) for place in range(plan.devices)
    ]
    async with AsyncExitStack() as stack:
        own = None if plan.gateway else GatewayProcess()
        if own is not None:
            await own.start()
            stack.push_async_callback(own.stop)
        address = plan.gateway or ((own.host, own.port) if own else ("", 0))
        watcher = Watcher()
        tell("connecting")
        began = time.monotonic()
        await stack.enter_async_context(swarm(members, behaviors, address, watcher))
        await watcher.until_online(plan.devices, 120 + plan.devices / STARTS_PER_SECOND)
        figures.connect_seconds = time.monotonic() - began
        await asyncio.sleep(_SETTLE_SECONDS)
        tell(f"measuring for {plan.seconds:.0f} s")
        before = own.usage() if own else None
        watcher.losses.clear()
        watcher.lags.clear()
        trips = await round_trips(runtime, ORGANIZATION, members, plan.seconds, _COMMANDS_PER_SECOND)
        figures.command_round_trip = spread(trips)
        figures.metric_lag = spread(watcher.lags)
        figures.losses = dict(watcher.losses)
        if own is not None and before is not None:
            after = own.usage()
            figures.gateway_cpu_percent = 100 * (after.cpu_seconds - before.cpu_seconds) / (after.at - before.at)
            figures.gateway_rss_mb = after.rss / 1e6
            tell("restarting the gateway")
            figures.restart_seconds = await restart(own, watcher, plan.devices, tell)
    return figures


async def restart(gateway: GatewayProcess, watcher: Watcher, devices: int, tell: Teller) -> float:
    """Seconds from telling the gateway to stop until every machine is connected to the next one."""
    began = time.monotonic()
    await gateway.stop()
    stopped = time.monotonic()
    await gateway.start()
    started = time.monotonic()
    await watcher.until_online(devices, 120)
    ended = time.monotonic()
    tell(f"stopped in {stopped - began:.1f} s, started in {started - stopped:.1f} s, back in {ended - started:.1f} s")
    return ended - began


async def _organization(runtime: Runtime, organization_id: UUID) -> None:
    async with runtime.as_system(organization_id) as ctx:
        if await ctx.session.get(Organization, organization_id) is None:
            ctx.add(Organization(id=organization_id, name="Simulation", demo=True))
