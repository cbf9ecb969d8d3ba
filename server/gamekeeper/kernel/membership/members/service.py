"""What one can do with members: let them in, change their roles and sites, remove them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.membership.assigning import Chosen, chosen, refuse_more_than_own
from gamekeeper.kernel.membership.events import InvitationRevoked, MemberChanged, MemberJoined, MemberRemoved
from gamekeeper.kernel.membership.models import ApiToken, Invitation, Member, MemberRole, MemberSite
from gamekeeper.kernel.membership.standing import standing_of
from gamekeeper.kernel.notifications.service import withdraw
from gamekeeper.kernel.tenancy.models import Organization, Site


class MemberExists(Conflict):
    """This person is a member already."""

    constraints = ("uq_members_organization_id_user_id",)


class LastOwner(Conflict):
    """An organization needs an owner. Make somebody else an owner first."""


class MemberOutranks(Forbidden):
    """This member may do more than you, so you cannot change them."""


class OwnerLimited(Invalid):
    """An owner cannot be limited to sites."""


class UnknownSite(Invalid):
    """There is no such site. Choose one of the list of sites."""


async def join(ctx: Context, user: User, roles: Chosen, sites: Iterable[UUID] | None = None) -> Member:
    """Make a person a member. Who may decide that is up to the caller. Raises MemberExists, UnknownSite."""
    member = Member(organization_id=ctx.organization_id, user_id=user.id)
    ctx.add(member)
    await ctx.flush()
    await _assign(ctx, member, roles, sites)
    await emit(ctx, MemberJoined(subject_id=user.id, subject_label=user.label, roles=roles.keys))
    ctx.poke(ACCESS, str(user.id))
    return member


async def change(ctx: Context, user_id: UUID, keys: Sequence[str], sites: Sequence[UUID] | None) -> None:
    """Give a member other roles, everywhere or on `sites`.

    Raises MemberOutranks, MoreThanOwn, LastOwner, OwnerLimited, UnknownRole, UnknownSite or NotFound.
    """
    member, user = await load(ctx, user_id, May.MEMBER_UPDATE)
    await refuse_outranking(ctx, user_id)
    roles = await chosen(ctx, keys)
    refuse_more_than_own(ctx, roles.permissions)
    before = await role_keys(ctx, member)
    if BuiltIn.OWNER in before and BuiltIn.OWNER not in roles.builtin:
        await _refuse_last_owner(ctx, member)
    await ctx.session.execute(delete(MemberRole).where(MemberRole.member_id == member.id))
    await ctx.session.execute(delete(MemberSite).where(MemberSite.member_id == member.id))
    member.version += 1
    await _assign(ctx, member, roles, sites)
    await emit(ctx, MemberChanged(subject_id=user.id, subject_label=user.label, roles=roles.keys, before=before))
    await poke(ctx, member)


async def remove(ctx: Context, user_id: UUID) -> None:
    """Remove a member; everybody may leave by themselves. Their tokens, grants and open invitations go with them.

    Raises LastOwner, MemberOutranks or NotFound.
    """
    leaving = ctx.actor.id == user_id
    member, user = await load(ctx, user_id, None if leaving else May.MEMBER_REMOVE)
    if not leaving:
        await refuse_outranking(ctx, user_id)
    if BuiltIn.OWNER in await role_keys(ctx, member):
        await _refuse_last_owner(ctx, member)
    await _revoke_invitations(ctx, user_id)
    await emit(ctx, MemberRemoved(subject_id=user.id, subject_label=user.label))
    await poke(ctx, member)
    await ctx.delete(member)


async def load(ctx: Context, user_id: UUID, permission: May | None) -> tuple[Member, User]:
    """A member, locked, and their account, by the account's id. Raises NotFound, Forbidden."""
    statement = select(Member).where(Member.organization_id == ctx.organization_id)
    if permission is not None:
        statement = ctx.rows(Member, permission)
    statement = statement.where(Member.user_id == user_id)
    member: Member | None = await ctx.session.scalar(
        statement.with_for_update(of=Member).execution_options(populate_existing=True)
    )
    if member is None:
        raise NotFound(kind="member", id=str(user_id))
    return member, await ctx.session.get_one(User, user_id)


async def role_keys(ctx: Context, member: Member) -> list[str]:
    """The keys of a member's roles."""
    rows = await ctx.scalars(select(MemberRole).where(MemberRole.member_id == member.id))
    return sorted(row.builtin or str(row.role_id) for row in rows)


async def refuse_outranking(ctx: Context, user_id: UUID) -> None:
    """Raise MemberOutranks unless the caller may do everything that this member may."""
    standing = await standing_of(await ctx.raw(), ctx.organization_id, user_id)
    if standing is not None and not standing.permissions <= ctx.who.access.permissions:
        raise MemberOutranks


async def refuse_unknown_sites(ctx: Context, sites: Iterable[UUID]) -> set[UUID]:
    """The sites without duplicates. Raises UnknownSite where one is not this organization's."""
    wanted = set(sites)
    statement = select(Site.id).where(Site.organization_id == ctx.organization_id, Site.id.in_(wanted))
    missing = wanted - set(await ctx.scalars(statement)) if wanted else set[UUID]()
    if missing:
        raise UnknownSite(site=str(min(missing)))
    return wanted


async def poke(ctx: Context, member: Member) -> None:
    """Let every process ask again what this member and their API tokens may do."""
    statement = select(ApiToken.id).where(
        ApiToken.organization_id == member.organization_id, ApiToken.member_id == member.id
    )
    ctx.poke(ACCESS, str(member.user_id), *(str(token_id) for token_id in await ctx.scalars(statement)))


async def _assign(ctx: Context, member: Member, roles: Chosen, sites: Iterable[UUID] | None) -> None:
    limited = sites is not None
    if limited and BuiltIn.OWNER in roles.builtin:
        raise OwnerLimited
    organization_id = ctx.organization_id
    member.limited = limited
    for builtin in roles.builtin:
        ctx.add(MemberRole(organization_id=organization_id, member_id=member.id, builtin=builtin.value))
    for role in roles.own:
        ctx.add(MemberRole(organization_id=organization_id, member_id=member.id, role_id=role.id))
    for site_id in await refuse_unknown_sites(ctx, sites or ()):
        ctx.add(MemberSite(organization_id=organization_id, member_id=member.id, site_id=site_id))
    await ctx.flush()


async def _refuse_last_owner(ctx: Context, member: Member) -> None:
    # The organization's row is the lock of all its owners: of two who leave at once, the second one counts again.
    organization = select(Organization.id).where(Organization.id == ctx.organization_id).with_for_update()
    await ctx.session.execute(organization)
    others = select(func.count()).where(
        MemberRole.organization_id == ctx.organization_id,
        MemberRole.builtin == BuiltIn.OWNER.value,
        MemberRole.member_id != member.id,
    )
    if not await ctx.session.scalar(others):
        raise LastOwner


async def _revoke_invitations(ctx: Context, user_id: UUID) -> None:
    """What somebody promised in the organization's name ends with them."""
    statement = select(Invitation).where(
        Invitation.organization_id == ctx.organization_id,
        Invitation.invited_by == user_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    for invitation in await ctx.scalars(statement.with_for_update()):
        invitation.revoked_at = ctx.now
        if invitation.mail_id is not None:
            await withdraw(ctx, invitation.mail_id)
        await emit(ctx, InvitationRevoked(subject_id=invitation.id, subject_label=invitation.email))
