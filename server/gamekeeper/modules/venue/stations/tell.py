"""Telling the floor: the cards of seats as they are at the end of a change."""

from collections.abc import Collection
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit, emit_all
from gamekeeper.modules.venue.card import Card
from gamekeeper.modules.venue.events import StationStatus
from gamekeeper.modules.venue.stations.queries import card, cards_of_machines, number_cards


async def tell(ctx: Context, station_id: UUID) -> None:
    """Emit the seat's card as `station:status`; nothing for a seat that is gone."""
    raw = await ctx.raw()
    await number_cards(raw, ctx.organization_id, station_id=station_id)
    seen = await card(raw, ctx.organization_id, station_id, ctx.now)
    if seen is not None:
        await emit(ctx, _status(seen))


async def tell_of_machines(ctx: Context, device_ids: Collection[UUID]) -> None:
    """Emit the cards of all seats that these machines are."""
    raw = await ctx.raw()
    await number_cards(raw, ctx.organization_id, device_ids=device_ids)
    seen = await cards_of_machines(raw, ctx.organization_id, device_ids, ctx.now)
    await emit_all(ctx, [_status(each) for each in seen])


def _status(seen: Card) -> StationStatus:
    return StationStatus(subject_id=seen.id, subject_label=seen.label, **seen.model_dump())
