"""Doors: inviting people, and the step by which an invited person joins."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, SecretStr

from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.caller import ActorKind, Authenticated
from gamekeeper.kernel.errors import Unauthenticated
from gamekeeper.kernel.http import Ctx, GlobalCtx, Page, PageQuery, once
from gamekeeper.kernel.http.dependencies import runtime_of
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.people import as_actor, person_id
from gamekeeper.kernel.identity.signin import cookies
from gamekeeper.kernel.identity.signin.api import Stranger
from gamekeeper.kernel.identity.signin.service import admit
from gamekeeper.kernel.identity.signin.shapes import Email, Name, Password, SignedIn, signed_in
from gamekeeper.kernel.identity.strength import refuse_weak
from gamekeeper.kernel.identity.users import service as users
from gamekeeper.kernel.membership.invitations import service
from gamekeeper.kernel.membership.members.api import RoleKeys, Sites
from gamekeeper.kernel.membership.models import Invitation, InvitationState
from gamekeeper.kernel.notifications.models import MailStatus
from gamekeeper.kernel.notifications.service import states

router = APIRouter(prefix="/api/v1/invitations", tags=["invitations"])

TokenText = Annotated[SecretStr, Field(max_length=100)]


class InvitationOut(BaseModel):
    """An invitation and what became of it."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    sites: list[UUID] | None
    state: InvitationState
    invited_by: str
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    mail_id: UUID | None = Field(description="The last mail with its link.")
    mail: MailStatus | None = Field(description="Where that mail is; null a month after it was written.")


class InvitationSentOut(InvitationOut):
    """An invitation with its link, which is shown this once: it works without mail too.

    `mailed` is false where no mail server is configured, so that the link must be handed over.
    """

    link: str
    mailed: bool


class InvitationIn(BaseModel):
    """Whom to invite, and as what."""

    email: Email
    name: Name = ""
    roles: RoleKeys
    sites: Sites = None


class TokenIn(BaseModel):
    """What stands behind the # of an invitation's link."""

    token: TokenText


class OfferOut(BaseModel):
    """What an invited person sees. With an account: sign in, then accept. Without: accept with name and password."""

    organization: str
    email: str
    name: str
    invited_by: str
    expires_at: datetime
    has_account: bool


class JoinIn(BaseModel):
    """A new account for an invited person."""

    token: TokenText
    name: Annotated[Name, Field(min_length=1)]
    password: Password


class AcceptedOut(BaseModel):
    """The organization that one has joined."""

    organization_id: UUID
    organization: str


class JoinedOut(AcceptedOut):
    """The organization that one has joined, and the sign-in that began with it."""

    signed_in: SignedIn


@router.get("")
async def list_invitations(ctx: Ctx, page: PageQuery) -> Page[InvitationOut]:
    """Invitations, the newest first."""
    statement = ctx.rows(Invitation, May.MEMBER_INVITE)
    if place := page.values(UUID):
        statement = statement.where(Invitation.id < place[0])
    rows = await ctx.scalars(statement.order_by(Invitation.id.desc()).limit(page.limit + 1))
    mails = await states(ctx, [row.mail_id for row in rows if row.mail_id is not None])
    return page.page([_out(row, ctx.now, mails) for row in rows], lambda invitation: (invitation.id,))


@router.post("", status_code=201, response_model=InvitationSentOut)
async def invite(body: InvitationIn, ctx: Ctx, request: Request) -> JSONResponse:
    """Invite somebody by mail; needs an Idempotency-Key. The link in the answer is the only copy besides the mail."""

    async def act() -> InvitationSentOut:
        return _sent(await service.invite(ctx, body.email, body.name, body.roles, body.sites), ctx.now)

    return await once(ctx, request, act)


@router.put("/{invitation_id}/delivery", response_model=InvitationSentOut)
async def send_again(invitation_id: UUID, ctx: Ctx, request: Request) -> JSONResponse:
    """Send it again, with a new link; the old one ends. Needs an Idempotency-Key."""

    async def act() -> InvitationSentOut:
        return _sent(await service.send_again(ctx, invitation_id), ctx.now)

    return await once(ctx, request, act, status=200)


@router.delete("/{invitation_id}", status_code=204)
async def revoke(invitation_id: UUID, ctx: Ctx) -> None:
    """Take it back."""
    await service.revoke(ctx, invitation_id)


@router.post("/offer")
async def show_offer(body: TokenIn, request: Request, facts: Stranger) -> OfferOut:
    """What an invitation offers. 410 `invitation_over` when it is too late."""
    async with runtime_of(request).context(Authenticated(), facts) as ctx:
        offer = await service.look(ctx, body.token.get_secret_value())
    return OfferOut(
        organization=offer.organization.name,
        email=offer.invitation.email,
        name=offer.invitation.name,
        invited_by=offer.invitation.invited_by_label,
        expires_at=offer.invitation.expires_at,
        has_account=offer.has_account,
    )


@router.post("/acceptance")
async def accept(body: TokenIn, ctx: GlobalCtx) -> AcceptedOut:
    """Join with the account that one is signed in with. 403 `invitation_for_other` for another e-mail address."""
    if ctx.actor.kind is ActorKind.ANONYMOUS:
        raise Unauthenticated
    user = await users.load(ctx, person_id(ctx.who))
    organization = await service.accept(ctx, body.token.get_secret_value(), user)
    return AcceptedOut(organization_id=organization.id, organization=organization.name)


@router.post("/account", status_code=201)
async def make_account(body: JoinIn, request: Request, response: Response, facts: Stranger) -> JoinedOut:
    """Join with a new account, signed in at once. 409 `email_taken` when there is one: sign in and accept."""
    runtime, token = runtime_of(request), body.token.get_secret_value()
    async with runtime.context(Authenticated(), facts) as ctx:
        # Before the work of hashing, and so that strangers cannot make us do it.
        offer = await service.look(ctx, token)
    password = body.password.get_secret_value()
    refuse_weak(password, offer.invitation.email, body.name)
    password_hash = await passwords.hashed(password)
    async with runtime.context(Authenticated(), facts) as ctx:
        user = await users.create(ctx, offer.invitation.email, body.name, password_hash)
        ctx.who = as_actor(user)
        organization = await service.accept(ctx, token, user)
        await users.announce(ctx, user)
        started = await admit(ctx, user.id, request.headers.get("user-agent", ""))
    cookies.begin(request, response, started)
    return JoinedOut(
        organization_id=organization.id,
        organization=organization.name,
        signed_in=signed_in(runtime.root_key, started),
    )


def _out(invitation: Invitation, now: datetime, mails: Mapping[UUID, MailStatus]) -> InvitationOut:
    return InvitationOut(
        id=invitation.id,
        email=invitation.email,
        name=invitation.name,
        roles=invitation.roles,
        sites=None if invitation.sites is None else [UUID(site) for site in invitation.sites],
        state=invitation.state(now),
        invited_by=invitation.invited_by_label,
        created_at=invitation.created_at,
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        mail_id=invitation.mail_id,
        mail=mails.get(invitation.mail_id) if invitation.mail_id is not None else None,
    )


def _sent(sent: service.Sent, now: datetime) -> InvitationSentOut:
    out = _out(sent.invitation, now, {sent.mail_id: MailStatus.WAITING})
    return InvitationSentOut(**out.model_dump(), link=sent.link, mailed=sent.mailed)
