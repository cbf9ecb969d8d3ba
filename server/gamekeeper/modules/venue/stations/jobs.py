"""Insisting: a seat that has not done what it was told is told again, and shown as a fault."""

from datetime import datetime, timedelta
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs import job
from gamekeeper.modules.venue.actuator import refresh
from gamekeeper.modules.venue.stations.floor import SETTLING
from gamekeeper.modules.venue.stations.models import Station, StationState
from gamekeeper.modules.venue.stations.tell import tell

AGAIN = (timedelta(seconds=20), timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=5))
"""Waits between the tries. Afterwards a person is needed, or the machine's next hello."""


async def watch(ctx: Context, state: StationState) -> None:
    """Look after a seat that has just been asked for something, once it has had its time."""
    await insist.later(ctx, at=ctx.now + SETTLING, station_id=state.id, since=state.desired_at, tries=0)


@job(key="station:{station_id}")
async def insist(ctx: Context, *, station_id: UUID, since: datetime, tries: int) -> None:
    """Tell a seat again what to do.

    Unless it has done it or shall do something else by now.
    """
    state = await ctx.session.get(StationState, (ctx.organization_id, station_id))
    if state is None or state.desired_at != since or state.confirmed_at is not None:
        return
    station = await ctx.session.get_one(Station, (ctx.organization_id, station_id))
    if tries == 0:
        await tell(ctx, station_id)
    refresh(ctx, station.device_id)
    if tries < len(AGAIN):
        await insist.later(ctx, at=ctx.now + AGAIN[tries], station_id=station_id, since=since, tries=tries + 1)
