"""The floor: its seats, and what is done to them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from gamekeeper.kernel.access.permissions import May as KernelMay
from gamekeeper.kernel.events.api import EventOut
from gamekeeper.kernel.http import Ctx, Page, PageQuery, ReadCtx
from gamekeeper.kernel.http.etags import IfMatch, tag
from gamekeeper.kernel.http.texts import Line
from gamekeeper.modules.venue.card import Card
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.stations import queries, service
from gamekeeper.modules.venue.stations.history import history
from gamekeeper.modules.venue.stations.models import Station

router = APIRouter(prefix="/api/v1/stations", tags=["stations"])

Label = Annotated[Line, Field(min_length=1, max_length=12, pattern=r"^[^\s>]+$")]
Zone = Annotated[Line, Field(max_length=60)]
Reason = Annotated[Line, Field(min_length=1, description="At most 200 characters, else `reason_too_long`.")]


class StationOut(Card):
    """A seat as the floor shows it."""


class StationsIn(BaseModel):
    """Devices of which seats are made, in the order of their numbers."""

    site_id: UUID
    device_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    zone: Zone = ""


class StationsOut(BaseModel):
    """The new seats."""

    items: list[StationOut]


class StationChangeIn(BaseModel):
    """Fields to change; what is left out stays. `device_id` null takes the machine away."""

    label: Label = ""
    zone: Zone = ""
    position: Annotated[int, Field(ge=0, le=100_000)] = 0
    device_id: UUID | None = None


class HistoryOut(BaseModel):
    """What happened at a seat and in its sessions, the newest first."""

    items: list[EventOut]


class OutageIn(BaseModel):
    """Why a seat may not be used."""

    reason: Reason


@router.get("")
async def list(  # noqa: A001 - the operation is called stations_list
    reader: ReadCtx, page: PageQuery, site_id: Annotated[UUID | None, Query()] = None
) -> Page[StationOut]:
    """The seats of the floor in their order, each with its state and its session."""
    resources = None if reader.may(May.VIEW) else reader.granted(May.VIEW)
    if resources is not None and not resources:
        raise reader.refusal(May.VIEW)
    found = await queries.cards(
        reader.connection,
        reader.organization_id,
        reader.now,
        site_id=site_id,
        resources=resources,
        place=page.values(int, str, UUID),
        limit=page.limit + 1,
    )
    return page.page(found, lambda seat: (seat.position, seat.label, seat.id))


@router.post("", status_code=201)
async def add(ctx: Ctx, body: StationsIn) -> StationsOut:
    """Make seats of devices, numbered on."""
    made = await service.add(ctx, body.site_id, body.device_ids, body.zone)
    return StationsOut(items=[await _out(ctx, station) for station in made])


@router.get("/{station_id}")
async def read(ctx: Ctx, station_id: UUID, response: Response) -> StationOut:
    """One seat."""
    station = await ctx.get(Station, station_id, May.VIEW)
    tag(response, station.version)
    return await _out(ctx, station)


@router.get("/{station_id}/events")
async def list_events(ctx: Ctx, station_id: UUID, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> HistoryOut:
    """What the audit log has of a seat and of the sessions that were there, the newest first."""
    ctx.require(KernelMay.AUDIT_READ)
    station = await ctx.get(Station, station_id, May.VIEW)
    found = await history(await ctx.raw(), ctx.organization_id, station.id, limit)
    return HistoryOut(items=[EventOut.model_validate(row) for row in found])


@router.patch("/{station_id}")
async def change(ctx: Ctx, station_id: UUID, body: StationChangeIn, expect: IfMatch, response: Response) -> StationOut:
    """Rename, place or re-equip a seat."""
    station = await ctx.get(Station, station_id, May.ARRANGE, lock=True)
    expect(station.version)
    await service.change(ctx, station, body.model_dump(exclude_unset=True))
    tag(response, station.version)
    return await _out(ctx, station)


@router.delete("/{station_id}", status_code=204)
async def remove(ctx: Ctx, station_id: UUID) -> None:
    """Remove a seat that was never used."""
    await service.remove(ctx, station_id)


@router.put("/{station_id}/outage")
async def take_out(ctx: Ctx, station_id: UUID, body: OutageIn) -> StationOut:
    """Take a seat out of order. A running session goes on to its end."""
    return await _out(ctx, await service.set_out_of_order(ctx, station_id, body.reason))


@router.delete("/{station_id}/outage")
async def take_back(ctx: Ctx, station_id: UUID) -> StationOut:
    """Take a seat back into use."""
    return await _out(ctx, await service.set_out_of_order(ctx, station_id, None))


async def _out(ctx: Ctx, station: Station) -> StationOut:
    seen = await queries.card(await ctx.raw(), ctx.organization_id, station.id, ctx.now)
    if seen is None:
        msg = "a station always has its state"
        raise RuntimeError(msg)
    return StationOut(**seen.model_dump())
