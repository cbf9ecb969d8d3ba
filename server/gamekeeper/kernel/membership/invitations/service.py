"""What one can do with invitations: send, send again, revoke, accept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict, Forbidden, Gone, TooManyRequests
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.identity.keys import token_hash
from gamekeeper.kernel.identity.models import User, normalized
from gamekeeper.kernel.membership.assigning import Chosen, chosen, giver, refuse_more_than_own
from gamekeeper.kernel.membership.events import InvitationAccepted, InvitationResent, InvitationRevoked, InvitationSent
from gamekeeper.kernel.membership.members.service import MemberExists, OwnerLimited, join, refuse_unknown_sites
from gamekeeper.kernel.membership.models import INVITATION_LIFETIME, Invitation, InvitationState, Member
from gamekeeper.kernel.membership.standing import standing_of
from gamekeeper.kernel.membership.tokens.text import INVITATION_PREFIX, new_text, organization_of
from gamekeeper.kernel.notifications.service import mail, withdraw
from gamekeeper.kernel.tenancy.models import Organization, Site
from gamekeeper.kernel.tenancy.visiting import visiting


class InvitationOpen(Conflict):
    """This person is invited already. Send the invitation again instead."""

    constraints = ("uq_invitations_open",)


class InvitationOver(Gone):
    """This invitation was accepted, was revoked, has expired, or its sender may not invite now. Ask for a new one."""


class InvitationForOther(Forbidden):
    """This invitation is for another e-mail address. Sign in with the account that it was sent to."""


class TooManyInvitations(TooManyRequests):
    """Too many invitations were sent. Wait as long as Retry-After says and try again."""


MOST_A_DAY = 200
"""Invitations that an organization may send in 24 hours: an installation must not become a source of spam."""
PAUSE = timedelta(minutes=1)
"""Between two mails for the same invitation."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation, the only copy of its link, and whether a mail goes out."""

    invitation: Invitation
    link: str
    mail_id: UUID
    mailed: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invited person sees before accepting."""

    invitation: Invitation
    organization: Organization
    has_account: bool


async def invite(ctx: Context, email: str, name: str, keys: Sequence[str], sites: Sequence[UUID] | None) -> Sent:
    """Invite somebody. An invitation that has expired makes room for the new one.

    Raises InvitationOpen, MemberExists, MoreThanOwn, UnknownRole, UnknownSite or OwnerLimited.
    """
    ctx.require(May.MEMBER_INVITE)
    email = normalized(email)
    roles = await chosen(ctx, keys)
    refuse_more_than_own(ctx, roles.permissions)
    if sites is not None and BuiltIn.OWNER in roles.builtin:
        raise OwnerLimited
    await refuse_unknown_sites(ctx, sites or ())
    await _refuse_member(ctx, email)
    await _refuse_flood(ctx)
    await _retire(ctx, email)
    text = new_text(INVITATION_PREFIX, ctx.organization_id)
    invitation = Invitation(
        organization_id=ctx.organization_id,
        email=email,
        name=name.strip(),
        roles=roles.keys,
        sites=None if sites is None else sorted(str(site) for site in sites),
        token_hash=token_hash(text),
        invited_by=await giver(ctx),
        invited_by_label=ctx.actor.label,
        expires_at=ctx.now + INVITATION_LIFETIME,
        sent_at=ctx.now,
    )
    ctx.add(invitation)
    await ctx.flush()
    await emit(ctx, InvitationSent(subject_id=invitation.id, subject_label=email, roles=roles.keys))
    return await _delivered(ctx, invitation, text)


async def send_again(ctx: Context, invitation_id: UUID) -> Sent:
    """A new link for an invitation, which starts its time anew and ends the old link. Who sends it answers for it.

    Raises InvitationOver, TooManyInvitations, MoreThanOwn or NotFound.
    """
    invitation = await ctx.get(Invitation, invitation_id, May.MEMBER_INVITE, lock=True)
    if invitation.state(ctx.now) not in {InvitationState.OPEN, InvitationState.EXPIRED}:
        raise InvitationOver
    refuse_more_than_own(ctx, (await chosen(ctx, invitation.roles)).permissions)
    if ctx.now < invitation.sent_at + PAUSE:
        raise TooManyInvitations(retry_after=int((invitation.sent_at + PAUSE - ctx.now).total_seconds()) + 1)
    text = new_text(INVITATION_PREFIX, ctx.organization_id)
    invitation.token_hash = token_hash(text)
    invitation.invited_by, invitation.invited_by_label = await giver(ctx), ctx.actor.label
    invitation.sent_at, invitation.expires_at = ctx.now, ctx.now + INVITATION_LIFETIME
    await emit(ctx, InvitationResent(subject_id=invitation.id, subject_label=invitation.email))
    return await _delivered(ctx, invitation, text)


async def revoke(ctx: Context, invitation_id: UUID) -> None:
    """Take an invitation back. Raises InvitationOver or NotFound."""
    invitation = await ctx.get(Invitation, invitation_id, May.MEMBER_INVITE, lock=True)
    if invitation.state(ctx.now) not in {InvitationState.OPEN, InvitationState.EXPIRED}:
        raise InvitationOver
    invitation.revoked_at = ctx.now
    await _withdrawn(ctx, invitation)
    await emit(ctx, InvitationRevoked(subject_id=invitation.id, subject_label=invitation.email))


async def look(ctx: Context, text: str) -> Offer:
    """What an invitation's token offers. Raises InvitationOver."""
    organization_id = organization_of(text)
    if organization_id is None:
        raise InvitationOver
    async with visiting(ctx, organization_id):
        invitation = await _open(ctx, text, lock=False)
        await _refuse_unbacked(ctx, invitation, await chosen(ctx, invitation.roles))
        organization = await ctx.session.get_one(Organization, organization_id)
    account = await ctx.session.scalar(select(User.id).where(User.email == invitation.email))
    return Offer(invitation, organization, account is not None)


async def accept(ctx: Context, text: str, user: User) -> Organization:
    """Let `user`, who has signed in or was just made, join. Of two at the same time one is too late.

    Raises InvitationOver, InvitationForOther or MemberExists.
    """
    organization_id = organization_of(text)
    if organization_id is None:
        raise InvitationOver
    async with visiting(ctx, organization_id):
        invitation = await _open(ctx, text, lock=True)
        if invitation.email != user.email:
            raise InvitationForOther
        roles = await chosen(ctx, invitation.roles)
        await _refuse_unbacked(ctx, invitation, roles)
        await join(ctx, user, roles, await _sites_left(ctx, invitation))
        invitation.accepted_at = ctx.now
        await _withdrawn(ctx, invitation)
        await emit(ctx, InvitationAccepted(subject_id=invitation.id, subject_label=invitation.email, user_id=user.id))
        return await ctx.session.get_one(Organization, organization_id)


async def _open(ctx: Context, text: str, *, lock: bool) -> Invitation:
    statement = select(Invitation).where(
        Invitation.organization_id == ctx.organization_id, Invitation.token_hash == token_hash(text)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    invitation: Invitation | None = await ctx.session.scalar(statement)
    if invitation is None or invitation.state(ctx.now) is not InvitationState.OPEN:
        raise InvitationOver
    return invitation


async def _refuse_unbacked(ctx: Context, invitation: Invitation, roles: Chosen) -> None:
    """A promise is worth what its maker may promise now, not what they could when they made it."""
    standing = await standing_of(await ctx.raw(), ctx.organization_id, invitation.invited_by)
    if standing is None or not {May.MEMBER_INVITE.value, *roles.permissions} <= standing.access.permissions:
        raise InvitationOver


async def _refuse_member(ctx: Context, email: str) -> None:
    statement = (
        select(Member.id)
        .join(User, User.id == Member.user_id)
        .where(Member.organization_id == ctx.organization_id, User.email == email)
    )
    if await ctx.session.scalar(statement) is not None:
        raise MemberExists


async def _retire(ctx: Context, email: str) -> None:
    statement = select(Invitation).where(
        Invitation.organization_id == ctx.organization_id,
        Invitation.email == email,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at <= ctx.now,
    )
    for expired in await ctx.scalars(statement.with_for_update()):
        expired.revoked_at = ctx.now
        await _withdrawn(ctx, expired)
    await ctx.flush()


async def _sites_left(ctx: Context, invitation: Invitation) -> list[UUID] | None:
    """The sites of the offer that still exist; a limited offer stays limited when none is left."""
    if invitation.sites is None:
        return None
    statement = select(Site.id).where(
        Site.organization_id == ctx.organization_id, Site.id.in_([UUID(site) for site in invitation.sites])
    )
    return list(await ctx.scalars(statement))


async def _refuse_flood(ctx: Context) -> None:
    day = timedelta(days=1)
    recent = select(func.count()).where(
        Invitation.organization_id == ctx.organization_id, Invitation.sent_at > ctx.now - day
    )
    if (await ctx.session.scalar(recent) or 0) >= MOST_A_DAY:
        raise TooManyInvitations(retry_after=3600)


async def _delivered(ctx: Context, invitation: Invitation, text: str) -> Sent:
    # Behind a #, which browsers keep to themselves: no log and no proxy sees it.
    link = f"{ctx.runtime.settings.origin}/invitation#{text}"
    organization = await ctx.session.get_one(Organization, ctx.organization_id)
    letter = _LETTER.format(
        inviter=ctx.actor.label,
        organization=organization.name,
        link=link,
        until=f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC",
    )
    await _withdrawn(ctx, invitation)
    # Written also where no mail server is configured: it is then seen among the mails, and can be sent later.
    invitation.mail_id = mail_id = await mail(ctx, invitation.email, f"Invitation to {organization.name}", letter)
    return Sent(invitation, link, mail_id, mailed=ctx.runtime.settings.smtp_url is not None)


async def _withdrawn(ctx: Context, invitation: Invitation) -> None:
    """A letter whose link is void must not go out any more."""
    if invitation.mail_id is not None:
        await withdraw(ctx, invitation.mail_id)


_LETTER = """Hello,

{inviter} invites you to join {organization} on Gamekeeper. Open this link to accept:

{link}

It works once, until {until}. If you did not expect it, ignore this mail: nothing happens.
"""
