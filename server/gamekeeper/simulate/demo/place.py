"""Sites, groups, devices, seats and prices of the demo, made with the product's own verbs."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.membership.places.service import create_site
from gamekeeper.kernel.tenancy.models import Site
from gamekeeper.modules.fleet.devices.service import edit
from gamekeeper.modules.fleet.groups.models import DeviceGroup
from gamekeeper.modules.fleet.groups.service import make_group
from gamekeeper.modules.venue.pricing.amounts import Rounding
from gamekeeper.modules.venue.public import add_stations, make_price_rule
from gamekeeper.simulate.demo.cast import ROOMS, TIME_ZONE, Room
from gamekeeper.simulate.enrolment import Member, Wanted

_PRICES: dict[str, Any] = {
    "name": "Standard",
    "rate": 450,
    "block_seconds": 60,
    "block_rounding": Rounding.UP.value,
    "money_rounding": Rounding.HALF_UP.value,
    "presets": [{"minutes": 30, "amount": 250}, {"minutes": 60, "amount": 450}, {"minutes": 180, "amount": 1200}],
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A room with the ids of its site and group."""

    room: Room
    site_id: UUID
    group_id: UUID

    def wanted(self) -> list[Wanted]:
        """The devices of the room."""
        names = (f"{self.room.prefix} {number:02}" for number in range(1, self.room.count + 1))
        return [Wanted(name, self.site_id, self.group_id) for name in names]


async def lay_out(ctx: Context) -> list[Placed]:
    """Sites and groups; those that are there already are taken."""
    placed: list[Placed] = []
    for room in ROOMS:
        site = await ctx.session.scalar(
            select(Site).where(Site.organization_id == ctx.organization_id, Site.name == room.site)
        )
        if site is None:
            site = await create_site(ctx, room.site, TIME_ZONE)
        group = await ctx.session.scalar(
            select(DeviceGroup).where(
                DeviceGroup.organization_id == ctx.organization_id, DeviceGroup.name == f"{room.site}: {room.group}"
            )
        )
        if group is None:
            group = await make_group(ctx, f"{room.site}: {room.group}", "", None)
        placed.append(Placed(room, site.id, group.id))
    return placed


async def furnish(ctx: Context, placed: list[Placed], members: list[Member]) -> None:
    """Tags, price rules and seats. Once: a second time would make second seats."""
    devices = {member.name: member.device_id for member in members}
    priced: set[UUID] = set()
    for each in placed:
        ids = [devices[wanted.name] for wanted in each.wanted()]
        for device_id in ids:
            await edit(ctx, device_id, {"tags": list(each.room.tags)}, lambda _version: None)
        if not each.room.seats:
            continue
        if each.site_id not in priced:
            await make_price_rule(ctx, each.site_id, _PRICES)
            priced.add(each.site_id)
        await add_stations(ctx, each.site_id, ids, each.room.group)
