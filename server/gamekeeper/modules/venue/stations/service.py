"""What can be done to seats: add, change, take out of order, remove."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict, Invalid
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.tenancy.models import Site
from gamekeeper.modules.fleet.public import require_seen
from gamekeeper.modules.venue.actuator import refresh
from gamekeeper.modules.venue.events import StationAdded, StationRemoved, StationUpdated
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.stations.models import Station, StationState
from gamekeeper.modules.venue.stations.tell import tell

MOST_REASON = 200
"""Characters that fit on the card of a seat. The page counts them with whoever types."""


class ReasonTooLong(Invalid):
    """Why a seat is out of order may be told in at most 200 characters. Nothing of it was stored."""


class LabelTaken(Conflict):
    """Another seat of this site has this label."""

    constraints = ("uq_stations_organization_id_site_id_label",)


class DeviceTaken(Conflict):
    """This device is already a seat."""

    constraints = ("uq_stations_device",)


class StationInUse(Conflict):
    """This seat has sessions. Take it out of order instead of removing it."""


async def add(ctx: Context, site_id: UUID, device_ids: Sequence[UUID], zone: str) -> list[Station]:
    """Make a seat of each device, numbered on from the site's highest number.

    A seat locks its machine, so the caller must see each device. Raises NotFound, DeviceTaken.
    """
    await ctx.get(Site, site_id, May.ARRANGE, lock=True)
    connection = await ctx.raw()
    await require_seen(ctx, device_ids)
    number = await connection.fetchval(
        "SELECT coalesce(max(label::int), 0) FROM stations "
        "WHERE organization_id = $1 AND site_id = $2 AND label ~ '^[0-9]{1,6}$'",
        ctx.organization_id,
        site_id,
    )
    position = await connection.fetchval(
        "SELECT coalesce(max(position), 0) FROM stations WHERE organization_id = $1 AND site_id = $2",
        ctx.organization_id,
        site_id,
    )
    made: list[Station] = []
    for step, device_id in enumerate(device_ids, 1):
        station = Station(
            organization_id=ctx.organization_id,
            site_id=site_id,
            label=str(number + step),
            zone=zone,
            position=position + step,
            device_id=device_id,
        )
        ctx.add(station)
        made.append(station)
    await ctx.flush()
    for station in made:
        ctx.add(StationState(organization_id=ctx.organization_id, id=station.id, desired_at=ctx.now))
    await ctx.flush()
    for station in made:
        added = StationAdded(
            subject_id=station.id,
            subject_label=station.label,
            site_id=site_id,
            device_id=station.device_id,
            zone=zone,
        )
        await emit(ctx, added)
        await tell(ctx, station.id)
        refresh(ctx, station.device_id)
    return made


async def change(ctx: Context, station: Station, changes: dict[str, Any]) -> Station:
    """Set fields of a seat that was loaded with May.ARRANGE. Raises LabelTaken, DeviceTaken, NotFound, Conflict."""
    changed = station.news(changes)
    if not changed:
        return station
    before = station.device_id
    if "device_id" in changed:
        await _require_idle(ctx, station)
        if changed["device_id"] is not None:
            await require_seen(ctx, [changed["device_id"]])
        # Whoever may arrange the seat may arrange its state: a grant on a site names seats, not their states.
        state = await ctx.session.get_one(StationState, (ctx.organization_id, station.id), with_for_update=True)
        state.forget()
    told = station.edit(changed)
    await ctx.flush()
    await emit(ctx, StationUpdated(subject_id=station.id, subject_label=station.label, changes=told))
    await tell(ctx, station.id)
    for device_id in {before, station.device_id}:
        refresh(ctx, device_id)
    return station


async def set_out_of_order(ctx: Context, station_id: UUID, reason: str | None) -> Station:
    """Take a seat out of order, or back into use with None. A running session goes on to its end.

    Raises ReasonTooLong.
    """
    if reason is not None and len(reason) > MOST_REASON:
        raise ReasonTooLong(length=len(reason), most=MOST_REASON)
    station = await ctx.get(Station, station_id, May.SERVICE, lock=True)
    return await change(ctx, station, {"out_of_order": reason})


async def remove(ctx: Context, station_id: UUID) -> None:
    """Remove a seat that never had a session. Raises StationInUse."""
    station = await ctx.get(Station, station_id, May.ARRANGE, lock=True)
    if await _sessions(ctx, station.id, None):
        raise StationInUse
    device_id = station.device_id
    # Told while it is still there, so that it is known whose seat it was.
    await emit(ctx, StationRemoved(subject_id=station.id, subject_label=station.label))
    await ctx.delete(station)
    await ctx.flush()
    refresh(ctx, device_id)


async def _require_idle(ctx: Context, station: Station) -> None:
    if await _sessions(ctx, station.id, "open"):
        raise StationInUse("This seat has a running session. End it before changing its machine.")


async def _sessions(ctx: Context, station_id: UUID, state: str | None) -> bool:
    found: bool = await (await ctx.raw()).fetchval(
        """SELECT EXISTS (SELECT FROM venue_sessions WHERE organization_id = $1 AND station_id = $2
                          AND ($3::text IS NULL OR state = $3))""",
        ctx.organization_id,
        station_id,
        state,
    )
    return found
