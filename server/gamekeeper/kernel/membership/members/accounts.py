"""Accounts that an organization makes and looks after for its people."""

from collections.abc import Sequence
from uuid import UUID

from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Forbidden
from gamekeeper.kernel.identity.memberships import memberships
from gamekeeper.kernel.identity.mfa import service as mfa
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.people import person_id
from gamekeeper.kernel.identity.users import service as users
from gamekeeper.kernel.membership.assigning import chosen, refuse_more_than_own
from gamekeeper.kernel.membership.members.service import join, load, refuse_outranking


class OwnAccount(Forbidden):
    """This is your own account. Change its password and second step under Security, which asks for what you know."""


class AccountShared(Forbidden):
    """This person also belongs to another organization, so only they themselves can change their account."""


async def create(
    ctx: Context, email: str, name: str, password_hash: str, keys: Sequence[str], sites: Sequence[UUID] | None
) -> User:
    """Make an account for a person who becomes a member at once.

    Raises EmailTaken, for an account that exists must accept an invitation itself; MoreThanOwn, UnknownRole,
    UnknownSite or OwnerLimited.
    """
    ctx.require(May.MEMBER_CREATE)
    roles = await chosen(ctx, keys)
    refuse_more_than_own(ctx, roles.permissions)
    user = await users.create(ctx, email, name, password_hash)
    await join(ctx, user, roles, sites)
    await users.announce(ctx, user)
    return user


async def rename(ctx: Context, user_id: UUID, name: str) -> None:
    """Correct a member's name. Raises AccountShared, MemberOutranks or NotFound."""
    _, user = await load(ctx, user_id, May.MEMBER_UPDATE)
    if user.name != name.strip():
        await _require_own(ctx, user_id)
        await users.rename(ctx, user, name)


async def reset_password(ctx: Context, user_id: UUID, password_hash: str) -> None:
    """Give another member who forgot it a new password; all of their sign-ins end.

    Raises OwnAccount, OnlyForPeople, AccountShared, MemberOutranks or NotFound.
    """
    _, user = await load(ctx, user_id, May.MEMBER_UPDATE)
    _require_other(ctx, user_id)
    await _require_own(ctx, user_id)
    await users.set_password(ctx, user, password_hash)


async def reset_mfa(ctx: Context, user_id: UUID) -> None:
    """Take the second factor of another member, who lost the phone and the recovery codes, away.

    Raises OwnAccount, OnlyForPeople, AccountShared, MemberOutranks, MfaNotStarted or NotFound.
    """
    _, user = await load(ctx, user_id, May.MEMBER_UPDATE)
    _require_other(ctx, user_id)
    await _require_own(ctx, user_id)
    await mfa.remove(ctx, user)


def _require_other(ctx: Context, user_id: UUID) -> None:
    """One's own password and factor change at the doors that ask for them; a token that could would be the person."""
    if person_id(ctx.who) == user_id:
        raise OwnAccount


async def _require_own(ctx: Context, user_id: UUID) -> None:
    """An account opens every organization of its person: only who has power in all of them may touch it."""
    await refuse_outranking(ctx, user_id)
    if len(await memberships(await ctx.raw(), user_id)) > 1:
        raise AccountShared
