"""Sending mail, and forgetting old ones."""

import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import aiosmtplib
from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs import Errand, errand, every, job
from gamekeeper.kernel.notifications import outcome
from gamekeeper.kernel.notifications.message import composed
from gamekeeper.kernel.notifications.models import Mail, MailStatus
from gamekeeper.kernel.notifications.smtp import MailServer, MailServerMisnamed, is_final, reason
from gamekeeper.kernel.secrets.service import forget, open_secret

_KEEP = timedelta(days=30)
_NO_SERVER = "No mail server is configured. Set GAMEKEEPER_SMTP_URL, then send it again."


@errand(retries=8, timeout=60, key="mail:{mail_id}")
async def deliver(errand: Errand, *, mail_id: UUID) -> None:
    """Send a mail."""
    settings = errand.runtime.settings
    async with errand.transaction() as ctx:
        row = await _waiting(ctx, mail_id)
        if row is None:
            return
        if settings.smtp_url is None:
            await outcome.record_failure(ctx, row, MailStatus.NOT_CONFIGURED, _NO_SERVER)
            return
        try:
            server = MailServer.named(settings.smtp_url.get_secret_value())
        except MailServerMisnamed as error:
            await outcome.record_failure(ctx, row, MailStatus.NOT_CONFIGURED, error.message)
            return
        row.attempts += 1
        message = await _message(ctx, row, settings.mail_from)
    failure: str | None = None
    try:
        await server.send(message)
    except (aiosmtplib.SMTPException, OSError) as error:
        failure = reason(error, server)
        if not errand.last and not (isinstance(error, aiosmtplib.SMTPException) and is_final(error)):
            async with errand.transaction() as ctx:
                row = await _waiting(ctx, mail_id)
                if row is not None:
                    await outcome.record_delay(ctx, row, failure)
            raise
    async with errand.transaction() as ctx:
        row = await _waiting(ctx, mail_id)
        if row is not None and failure is None:
            await outcome.record_sent(ctx, row, datetime.now(UTC))
        elif row is not None and failure is not None:
            await outcome.record_failure(ctx, row, MailStatus.FAILED, failure)


@every("23 4 * * *", each_organization=True)
@job(retries=3)
async def forget_old(ctx: Context) -> None:
    """Forget mails of more than a month ago."""
    old = select(Mail).where(Mail.created_at < ctx.now - _KEEP).limit(1000)
    for row in (await ctx.session.execute(old)).scalars().all():
        if row.body_id is not None:
            await forget(ctx, row.body_id)
        await ctx.delete(row)


async def _waiting(ctx: Context, mail_id: UUID) -> Mail | None:
    statement = select(Mail).where(Mail.id == mail_id, Mail.status == MailStatus.WAITING.value).with_for_update()
    return (await ctx.session.execute(statement)).scalar_one_or_none()


async def _message(ctx: Context, row: Mail, sender: str) -> EmailMessage:
    if row.body_id is None:
        msg = "a mail that waits has no text"
        raise RuntimeError(msg)
    text, html = json.loads(await open_secret(ctx, row.body_id, outcome.PURPOSE))
    return composed(row.id, sender, row.recipient, row.subject, (text, html), row.created_at)
