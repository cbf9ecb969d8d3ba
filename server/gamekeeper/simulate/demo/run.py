"""The demo from an empty organization to a living one."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

from sqlalchemy import select

from gamekeeper.kernel.access.permission import every_permission
from gamekeeper.kernel.background import background
from gamekeeper.kernel.caller import Access, Actor, ActorKind, Authenticated
from gamekeeper.kernel.errors import Conflict
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Organization
from gamekeeper.modules.venue.stations.models import Station
from gamekeeper.simulate.behavior import Behavior
from gamekeeper.simulate.demo import guests, history, people, place
from gamekeeper.simulate.demo.cast import ORGANIZATION, OVERHEATS, TIME_ZONE
from gamekeeper.simulate.enrolment import Member, enrol
from gamekeeper.simulate.machine import Watcher
from gamekeeper.simulate.swarm import behavior_of, swarm

ID = uuid5(NAMESPACE_DNS, "demo.gamekeeper")
"""Always the same, so that there is one demo however often it is started."""
_DAY = 86_400

Teller = Callable[[str], None]


class NobodyToShow(Conflict):
    """Nobody has an account yet, so nobody could look at the demo. Set Gamekeeper up first, then start the demo."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A filled organization and the machines that belong to it."""

    members: Sequence[Member]
    behaviors: Sequence[Behavior]


def actor() -> Authenticated:
    """Who fills the demo."""
    everything = Access(frozenset(permission.value for permission in every_permission()))
    return Authenticated(Actor(ActorKind.SYSTEM, label="Demo"), ID, everything)


async def fill(runtime: Runtime, tell: Teller) -> Demo:
    """Make the organization, or complete it. Raises NobodyToShow."""
    async with runtime.context(actor()) as ctx:
        owner = await people.first_account(ctx)
        if owner is None:
            raise NobodyToShow
        if await ctx.session.get(Organization, ID) is None:
            ctx.add(Organization(id=ID, name=ORGANIZATION, time_zone=TIME_ZONE, demo=True))
            await ctx.flush()
        await people.hire(ctx, owner)
        placed = await place.lay_out(ctx)
    tell("enrolling machines")
    wanted = [each for room in placed for each in room.wanted()]
    members = await enrol(runtime, ID, wanted, _folder(runtime))
    async with runtime.context(actor()) as ctx:
        is_new = await ctx.session.scalar(select(Station.id).where(Station.organization_id == ID).limit(1)) is None
        if is_new:
            await place.furnish(ctx, placed, members)
    failed_at = (time.time() // _DAY - 1) * _DAY
    behaviors = [
        behavior_of(number, overheats_from=failed_at if member.name == OVERHEATS else None)
        for number, member in enumerate(members)
    ]
    if is_new:
        tell("writing four weeks of readings")
        rows = await history.remember(runtime, ID, members, behaviors, int(time.time() * 1000))
        tell(f"{rows:,} readings are stored and rolled up")
    return Demo(members, behaviors)


async def live(runtime: Runtime, demo: Demo, stop: asyncio.Event, tell: Teller) -> None:
    """Connect the machines to the gateway of these settings and let guests come, until `stop`."""
    settings = runtime.settings
    address = (settings.agent_public_host or settings.agent_host, settings.agent_port)
    watcher = Watcher(busy=True)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(swarm(demo.members, demo.behaviors, address, watcher))
        tell(f"{len(demo.members)} machines connect to {address[0]}:{address[1]}; Ctrl-C stops them")
        await stack.enter_async_context(background(guests=lambda: guests.come_and_go(runtime, actor())))
        await stop.wait()


def _folder(runtime: Runtime) -> Path:
    return runtime.settings.data / "demo"
