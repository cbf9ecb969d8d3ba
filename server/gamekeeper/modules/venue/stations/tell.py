"""Telling the floor: the card of a seat as it is at the end of a change."""

from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.modules.venue.events import StationStatus
from gamekeeper.modules.venue.stations.queries import card


async def tell(ctx: Context, station_id: UUID) -> None:
    """Emit the seat's card as `station:status`; nothing for a seat that is gone."""
    seen = await card(await ctx.raw(), ctx.organization_id, station_id, ctx.now)
    if seen is not None:
        await emit(ctx, StationStatus(subject_id=station_id, subject_label=seen.label, **seen.model_dump()))
