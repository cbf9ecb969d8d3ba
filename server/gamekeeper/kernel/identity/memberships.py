"""In which organizations a person is, and telling each of them what happened to the person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database.pools import Connection
from gamekeeper.kernel.events import Event, emit
from gamekeeper.kernel.tenancy.visiting import visiting


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in one organization."""

    organization_id: UUID
    name: str
    demo: bool
    member_id: UUID
    joined_at: datetime


async def memberships(connection: Connection, user_id: UUID) -> list[Membership]:
    """All memberships of a person, the oldest first. Looks across organizations, by the one function that may."""
    return [Membership(*row) for row in await connection.fetch("SELECT * FROM memberships_of($1)", user_id)]


async def emit_everywhere(ctx: Context, user_id: UUID, event: Event) -> None:
    """Record an event about a person in each of their organizations."""
    for membership in await memberships(await ctx.raw(), user_id):
        async with visiting(ctx, membership.organization_id):
            await emit(ctx, event)
