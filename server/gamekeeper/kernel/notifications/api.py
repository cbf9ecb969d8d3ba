"""The mail page: what went out, and what could not."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from gamekeeper.kernel.http import Ctx, Page, PageQuery, once
from gamekeeper.kernel.notifications import service
from gamekeeper.kernel.notifications.models import Mail, MailStatus
from gamekeeper.kernel.notifications.permissions import May

router = APIRouter(prefix="/api/v1/mails", tags=["mails"])


class MailOut(BaseModel):
    """A mail without its text."""

    id: UUID
    recipient: str
    subject: str
    status: MailStatus
    error: str | None
    can_be_sent_again: bool
    created_at: datetime
    sent_at: datetime | None


class MailServerOut(BaseModel):
    """Whether mail can go out at all, and from whom."""

    configured: bool
    sender: str


def _out(row: Mail) -> MailOut:
    return MailOut(
        id=row.id,
        recipient=row.recipient,
        subject=row.subject,
        status=MailStatus(row.status),
        error=row.error,
        can_be_sent_again=row.can_be_sent_again,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )


@router.get("", name="list")
async def recent(
    ctx: Ctx, page: PageQuery, status: Annotated[MailStatus | None, Query(description="Only these.")] = None
) -> Page[MailOut]:
    """Mails of the last month, the newest first."""
    statement = ctx.rows(Mail, May.READ).order_by(Mail.id.desc()).limit(page.limit + 1)
    if status is not None:
        statement = statement.where(Mail.status == status.value)
    if page.after_id is not None:
        statement = statement.where(Mail.id < page.after_id)
    rows = [_out(row) for row in await ctx.scalars(statement)]
    return page.page(rows, lambda mail: (mail.id,))


@router.get("/server")
async def server(ctx: Ctx) -> MailServerOut:
    """Whether a mail server is configured."""
    ctx.require(May.READ)
    settings = ctx.runtime.settings
    return MailServerOut(configured=settings.smtp_url is not None, sender=settings.mail_from)


@router.put("/{mail_id}/delivery", name="deliver", response_model=MailOut)
async def deliver(ctx: Ctx, mail_id: UUID, request: Request) -> JSONResponse:
    """Send a mail that could not be sent once more; needs an Idempotency-Key."""

    async def act() -> MailOut:
        return _out(await service.send_again(ctx, mail_id))

    return await once(ctx, request, act, status=200)
