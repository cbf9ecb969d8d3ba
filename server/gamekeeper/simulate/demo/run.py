"""The demo from an empty organization to a living one."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.access.permission import every_permission
from gamekeeper.kernel.background import background
from gamekeeper.kernel.caller import Access, Actor, ActorKind, Authenticated
from gamekeeper.kernel.errors import Conflict
from gamekeeper.kernel.identity.memberships import memberships
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.service import open_organization
from gamekeeper.kernel.tenancy.visiting import visiting
from gamekeeper.modules.venue.stations.models import Station
from gamekeeper.simulate.behavior import Behavior
from gamekeeper.simulate.demo import guests, history, people, place
from gamekeeper.simulate.demo.cast import ORGANIZATION, OVERHEATS, TIME_ZONE
from gamekeeper.simulate.enrolment import Member, enrol
from gamekeeper.simulate.machine import Watcher
from gamekeeper.simulate.swarm import behavior_of, swarm

_DAY = 86_400

Teller = Callable[[str], None]


class NobodyToShow(Conflict):
    """Nobody has an account yet, so nobody could look at the demo. Set Gamekeeper up first, then start the demo."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A filled organization and the machines that belong to it."""

    organization_id: UUID
    members: Sequence[Member]
    behaviors: Sequence[Behavior]


def actor(organization_id: UUID) -> Authenticated:
    """Who fills the demo."""
    everything = Access(frozenset(permission.value for permission in every_permission()))
    return Authenticated(Actor(ActorKind.SYSTEM, label="Demo"), organization_id, everything)


async def fill(runtime: Runtime, tell: Teller) -> Demo:
    """Make the organization, or complete it. Raises NobodyToShow."""
    organization_id = await _organization(runtime)
    who = actor(organization_id)
    async with runtime.context(who) as ctx:
        placed = await place.lay_out(ctx)
    tell("enrolling machines")
    wanted = [each for room in placed for each in room.wanted()]
    members = await enrol(runtime, organization_id, wanted, runtime.settings.data / "demo")
    async with runtime.context(who) as ctx:
        seats = select(Station.id).where(Station.organization_id == organization_id)
        is_new = await ctx.session.scalar(seats.limit(1)) is None
        if is_new:
            await place.furnish(ctx, placed, members)
    failed_at = (time.time() // _DAY - 1) * _DAY
    behaviors = [
        behavior_of(number, overheats_from=failed_at if member.name == OVERHEATS else None)
        for number, member in enumerate(members)
    ]
    if is_new:
        tell("writing four weeks of readings")
        rows = await history.remember(runtime, organization_id, members, behaviors, int(time.time() * 1000))
        tell(f"{rows:,} readings are stored and rolled up")
    return Demo(organization_id, members, behaviors)


async def live(runtime: Runtime, demo: Demo, stop: asyncio.Event, tell: Teller) -> None:
    """Connect the machines to the gateway of these settings and let guests come, until `stop`."""
    settings = runtime.settings
    address = (settings.agent_public_host or settings.agent_host, settings.agent_port)
    watcher = Watcher(busy=True)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(swarm(demo.members, demo.behaviors, address, watcher))
        tell(f"{len(demo.members)} machines connect to {address[0]}:{address[1]}; Ctrl-C stops them")
        await stack.enter_async_context(
            background(guests=lambda: guests.come_and_go(runtime, actor(demo.organization_id)))
        )
        await stop.wait()


async def _organization(runtime: Runtime) -> UUID:
    """The demo that the oldest account owns already, or a new one."""
    async with runtime.as_system(None) as ctx:
        owner = await people.first_account(ctx)
        if owner is None:
            raise NobodyToShow
        for membership in await memberships(await ctx.raw(), owner.id):
            if membership.demo:
                return membership.organization_id
        opened = await open_organization(ctx, ORGANIZATION, time_zone=TIME_ZONE, demo=True)
        async with visiting(ctx, opened.id):
            await people.hire(ctx, owner)
        return opened.id
