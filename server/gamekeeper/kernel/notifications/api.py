"""The mail page: what went out, and what could not."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import func, or_, select

from gamekeeper.kernel.http import Ctx, Page, PageQuery, once
from gamekeeper.kernel.notifications import service
from gamekeeper.kernel.notifications.models import Mail, MailStatus
from gamekeeper.kernel.notifications.permissions import May
from gamekeeper.kernel.notifications.smtp import MailServer, MailServerMisnamed

router = APIRouter(prefix="/api/v1/mails", tags=["mails"])

Text = Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00]*$")]


class MailOut(BaseModel):
    """A mail without its text."""

    id: UUID
    recipient: str
    subject: str
    status: MailStatus
    attempts: int = Field(description="How often it was tried to hand it to the mail server.")
    error: str | None = Field(description="Why the last try failed, as a sentence.")
    can_be_sent_again: bool = Field(description="Also where it is tried again by itself: it can be now.")
    created_at: datetime
    sent_at: datetime | None


class MailCountsOut(BaseModel):
    """Mails of the last month by where they are."""

    waiting: int
    sent: int
    failed: int
    not_configured: int


class MailServerOut(BaseModel):
    """Whether mail can go out at all, and from whom."""

    configured: bool
    sender: str
    address: str | None = Field(description="Host and port of the mail server.")
    tls: bool | None = Field(description="TLS from the start; else as soon as the server offers it.")
    problem: str | None = Field(description="Why the setting is of no use.")


def _out(row: Mail, now: datetime) -> MailOut:
    return MailOut(
        id=row.id,
        recipient=row.recipient,
        subject=row.subject,
        status=MailStatus(row.status),
        attempts=row.attempts,
        error=row.error,
        can_be_sent_again=row.can_be_sent_again(now),
        created_at=row.created_at,
        sent_at=row.sent_at,
    )


@router.get("", name="list")
async def recent(
    ctx: Ctx,
    page: PageQuery,
    status: Annotated[list[MailStatus] | None, Query(description="Only these.")] = None,
    q: Annotated[Text, Query(description="Part of the address or the subject.")] = "",
) -> Page[MailOut]:
    """Mails of the last month, the newest first."""
    statement = ctx.rows(Mail, May.READ).order_by(Mail.id.desc()).limit(page.limit + 1)
    if status:
        statement = statement.where(Mail.status.in_(status))
    if q:
        named = (column.icontains(q, autoescape=True) for column in (Mail.recipient, Mail.subject))
        statement = statement.where(or_(*named))
    if page.after_id is not None:
        statement = statement.where(Mail.id < page.after_id)
    rows = [_out(row, ctx.now) for row in await ctx.scalars(statement)]
    return page.page(rows, lambda mail: (mail.id,))


@router.get("/counts")
async def counts(ctx: Ctx) -> MailCountsOut:
    """How many mails of the last month are where."""
    ctx.require(May.READ)
    statement = (
        select(Mail.status, func.count()).where(Mail.organization_id == ctx.organization_id).group_by(Mail.status)
    )
    found: dict[str, int] = {row[0]: row[1] for row in await ctx.session.execute(statement)}
    return MailCountsOut(**{status.value: found.get(status.value, 0) for status in MailStatus})


@router.get("/server")
async def server(ctx: Ctx) -> MailServerOut:
    """Whether a mail server is configured."""
    ctx.require(May.READ)
    url, sender = ctx.runtime.settings.smtp_url, ctx.runtime.settings.mail_from
    if url is None:
        return MailServerOut(configured=False, sender=sender, address=None, tls=None, problem=None)
    try:
        named = MailServer.named(url.get_secret_value())
    except MailServerMisnamed as error:
        return MailServerOut(configured=False, sender=sender, address=None, tls=None, problem=error.message)
    return MailServerOut(configured=True, sender=sender, address=named.address, tls=named.tls, problem=None)


@router.put("/{mail_id}/delivery", name="deliver", response_model=MailOut)
async def deliver(ctx: Ctx, mail_id: UUID, request: Request) -> JSONResponse:
    """Send a mail once more that could not be sent, or now if it waits for its next try; needs an Idempotency-Key."""

    async def act() -> MailOut:
        return _out(await service.send_again(ctx, mail_id), ctx.now)

    return await once(ctx, request, act, status=200)
