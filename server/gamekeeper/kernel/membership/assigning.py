"""Who gives, which roles they may give, and what those amount to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.access.permission import BuiltIn, every_permission, permissions_of
from gamekeeper.kernel.caller import ActorKind
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Forbidden, Invalid
from gamekeeper.kernel.identity.people import person_id
from gamekeeper.kernel.membership.models import ApiToken, Member, Role


class UnknownRole(Invalid):
    """There is no such role. Choose one of the list of roles."""


class UnknownPermission(Invalid):
    """There is no such permission. Choose from the list of permissions."""


class MoreThanOwn(Forbidden):
    """You cannot give what you do not have yourself. Ask somebody who has it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Roles that were chosen by their keys: a built-in role's name, or the id of one of the organization's own."""

    builtin: frozenset[BuiltIn]
    own: tuple[Role, ...]

    @property
    def keys(self) -> list[str]:
        """The keys again, in a stable order."""
        return sorted([*self.builtin, *(str(role.id) for role in self.own)])

    @property
    def permissions(self) -> frozenset[str]:
        """What they permit together."""
        builtin = (permissions_of(role) for role in self.builtin)
        return frozenset[str]().union(*builtin, *(role.permissions for role in self.own))


async def chosen(ctx: Context, keys: Iterable[str]) -> Chosen:
    """The roles of `keys`, locked against removal until the end of the transaction. Raises UnknownRole."""
    wanted = set(keys)
    builtin = frozenset(BuiltIn(key) for key in wanted if key in set(BuiltIn))
    ids = {_own_id(key) for key in wanted if key not in set(BuiltIn)}
    statement = select(Role).where(Role.organization_id == ctx.organization_id, Role.id.in_(ids))
    own: Sequence[Role] = await ctx.scalars(statement.with_for_update(read=True)) if ids else ()
    missing = ids - {role.id for role in own}
    if missing:
        raise UnknownRole(role=str(min(missing)))
    return Chosen(builtin, tuple(own))


def refuse_more_than_own(ctx: Context, permissions: Iterable[str]) -> None:
    """Raise MoreThanOwn unless the caller has each of `permissions` in the whole organization."""
    missing = set(permissions) - ctx.who.access.permissions
    if missing:
        raise MoreThanOwn(permissions=sorted(missing)[:20])


async def giver(ctx: Context) -> UUID:
    """The account of the person who gives, also by an API token. Raises MoreThanOwn, OnlyForPeople."""
    if ctx.actor.kind is not ActorKind.API_TOKEN:
        return person_id(ctx.who)
    statement = (
        select(Member.user_id)
        .join(ApiToken, (ApiToken.organization_id == Member.organization_id) & (ApiToken.member_id == Member.id))
        .where(ApiToken.organization_id == ctx.organization_id, ApiToken.id == ctx.actor.id)
    )
    user_id: UUID | None = await ctx.session.scalar(statement)
    if user_id is None:
        raise MoreThanOwn
    return user_id


def known_permissions(permissions: Iterable[str]) -> list[str]:
    """The permissions, sorted and without duplicates. Raises UnknownPermission."""
    wanted = sorted(set(permissions))
    unknown = set(wanted) - {permission.value for permission in every_permission()}
    if unknown:
        raise UnknownPermission(permission=min(unknown)[:100])
    return wanted


def _own_id(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError as error:
        raise UnknownRole(role=key[:100]) from error
