"""What one can do with grants: give a member access to one resource, and take it back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import or_, select

from gamekeeper.kernel.access.permission import every_permission
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Base, Tenanted
from gamekeeper.kernel.errors import Forbidden, Invalid, NotFound
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.membership.assigning import MoreThanOwn, giver, known_permissions
from gamekeeper.kernel.membership.events import GrantEnded, GrantMade
from gamekeeper.kernel.membership.members.service import load, poke
from gamekeeper.kernel.membership.models import Grant, Member
from gamekeeper.kernel.membership.standing import standing_of


class UnknownResource(Invalid):
    """There is no such resource to give access to."""


class GrantOver(Invalid):
    """A grant must end in the future."""


class LongerThanOwn(Forbidden):
    """You have this yourself only for a time, and cannot give it for longer. Ask somebody who has it for good."""


async def make(
    ctx: Context, user_id: UUID, kind: str, resource_id: UUID, permissions: Iterable[str], ends_at: datetime | None
) -> Grant:
    """Give a member permissions on one resource, for good or until `ends_at`.

    Raises UnknownResource, UnknownPermission, MoreThanOwn, LongerThanOwn, GrantOver or NotFound.
    """
    member, user = await load(ctx, user_id, May.GRANT_MANAGE)
    if ends_at is not None and ends_at <= ctx.now:
        raise GrantOver
    wanted = known_permissions(permissions)
    await _require_resource(ctx, kind, resource_id, wanted, ends_at)
    grant = Grant(
        organization_id=ctx.organization_id,
        member_id=member.id,
        resource_kind=kind,
        resource_id=resource_id,
        permissions=wanted,
        ends_at=ends_at,
    )
    ctx.add(grant)
    await ctx.flush()
    await emit(
        ctx,
        GrantMade(
            subject_id=grant.id,
            subject_label=user.label,
            user_id=user_id,
            resource_kind=kind,
            resource_id=resource_id,
            permissions=wanted,
            ends_at=ends_at,
        ),
    )
    await poke(ctx, member)
    return grant


async def end(ctx: Context, grant_id: UUID) -> None:
    """Take a grant back. Raises NotFound."""
    grant = await ctx.get(Grant, grant_id, May.GRANT_MANAGE, lock=True)
    member = await ctx.session.get_one(Member, (grant.organization_id, grant.member_id))
    user = await ctx.session.get_one(User, member.user_id)
    await emit(
        ctx,
        GrantEnded(
            subject_id=grant.id,
            subject_label=user.label,
            user_id=user.id,
            resource_kind=grant.resource_kind,
            resource_id=grant.resource_id,
        ),
    )
    await ctx.delete(grant)
    await poke(ctx, member)


@cache
def grantable() -> dict[str, type[Tenanted]]:
    """Models by the kind that grants call them. Only meaningful once the app has imported every module."""
    classes = [mapper.class_ for mapper in Base.registry.mappers]
    return {model.__name__.lower(): model for model in classes if issubclass(model, Tenanted) and model.granted_by}


async def _require_resource(
    ctx: Context, kind: str, resource_id: UUID, permissions: list[str], ends_at: datetime | None
) -> None:
    """The resource exists in this organization, and the giver has all of the permissions on it for as long."""
    model = grantable().get(kind)
    if model is None:
        raise UnknownResource(kind=kind[:50])
    row: Tenanted | None = await ctx.session.scalar(
        select(model).where(model.organization_id == ctx.organization_id, model.id == resource_id)
    )
    if row is None:
        raise NotFound(kind=kind, id=str(resource_id))
    missing = [one.value for one in every_permission() if one.value in permissions and not ctx.may_on(row, one)]
    if missing:
        raise MoreThanOwn(permissions=missing[:20])
    by_grant = set(permissions) - ctx.who.access.permissions
    if by_grant:
        own_end = await _end_of_own(ctx, by_grant, {getattr(row, name) for name in row.granted_by})
        if own_end is not None and (ends_at is None or ends_at > own_end):
            raise LongerThanOwn(until=own_end)


async def _end_of_own(ctx: Context, permissions: set[str], resources: set[UUID]) -> datetime | None:
    """When the giver's own right to the first of `permissions` ends, on any of `resources`; None is never.

    Nobody extends their own grant this way, nor somebody else's in their place.
    """
    user_id = await giver(ctx)
    standing = await standing_of(await ctx.raw(), ctx.organization_id, user_id)
    if standing is None:
        raise MoreThanOwn
    if standing.sites is None or standing.sites & resources:
        permissions = permissions - standing.permissions  # by a role on a site, which does not end by itself
    statement = select(Grant).where(
        Grant.organization_id == ctx.organization_id,
        Grant.member_id == standing.member_id,
        Grant.resource_id.in_(resources),
        or_(Grant.ends_at.is_(None), Grant.ends_at > ctx.now),
    )
    own: Sequence[Grant] = await ctx.scalars(statement)
    ends = [_latest([grant.ends_at for grant in own if name in grant.permissions], ctx.now) for name in permissions]
    return min((end for end in ends if end is not None), default=None)


def _latest(ends: list[datetime | None], now: datetime) -> datetime | None:
    """The end of what lasts longest; None is never, and nothing at all has ended."""
    known = [end for end in ends if end is not None]
    return None if len(known) < len(ends) else max(known, default=now)
