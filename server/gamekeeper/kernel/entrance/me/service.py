"""What one's own account amounts to: organizations, roles, the second factor."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.identity.memberships import Membership, memberships
from gamekeeper.kernel.identity.mfa import service as mfa
from gamekeeper.kernel.identity.mfa.service import MfaObligatory
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.users import service as users
from gamekeeper.kernel.membership.standing import Standing, standing_of
from gamekeeper.kernel.tenancy.visiting import visiting


@dataclass(frozen=True, slots=True)
class Place:
    """An organization and where one stands in it."""

    membership: Membership
    standing: Standing


@dataclass(frozen=True, slots=True)
class Self:
    """A person as they see themselves."""

    user: User
    places: tuple[Place, ...]
    mfa_since: datetime | None
    recovery_codes_left: int

    @property
    def mfa_required(self) -> bool:
        """Whether one of the organizations requires two-step sign-in."""
        return any(place.standing.needs_mfa for place in self.places)


async def look(ctx: Context, user_id: UUID) -> Self:
    """Everything about one's own account. Raises NotFound when it is gone."""
    user = await users.load(ctx, user_id)
    since, left = await mfa.state(ctx, user_id)
    return Self(user, tuple(await _places(ctx, user_id)), since, left)


async def remove_mfa(ctx: Context, user_id: UUID, code: str) -> None:
    """Take one's own second factor away, by showing a code. Raises MfaObligatory, MfaNotStarted, MfaCodeInvalid."""
    me = await look(ctx, user_id)
    if me.mfa_required:
        raise MfaObligatory
    await mfa.check_code(ctx, me.user, code)
    await mfa.remove(ctx, me.user)


async def _places(ctx: Context, user_id: UUID) -> list[Place]:
    places: list[Place] = []
    for membership in await memberships(await ctx.raw(), user_id):
        async with visiting(ctx, membership.organization_id):
            standing = await standing_of(await ctx.raw(), membership.organization_id, user_id)
        if standing is None:
            raise NotFound(kind="member", id=str(user_id))
        places.append(Place(membership, standing))
    return places
