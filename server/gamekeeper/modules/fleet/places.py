"""Checking that a site, group or device that a person names is one of theirs."""

from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Tenanted
from gamekeeper.kernel.errors import Invalid


class PlaceUnknown(Invalid):
    """There is no such site, group or device here."""


async def check_place(ctx: Context, model: type[Tenanted], id: UUID | None) -> None:  # noqa: A002 - the column's name
    """Raise PlaceUnknown unless the row is one of this organization (or None)."""
    if id is None:
        return
    found = select(model.id).where(model.organization_id == ctx.organization_id, model.id == id)
    if (await ctx.session.execute(found)).scalar_one_or_none() is None:
        raise PlaceUnknown(kind=model.__name__.lower(), id=str(id))
