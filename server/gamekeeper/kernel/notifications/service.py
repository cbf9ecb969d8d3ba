"""Writing a mail: the intent, with the change that it tells of. A job sends it."""

import json
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.errors import Conflict
from gamekeeper.kernel.notifications import jobs
from gamekeeper.kernel.notifications.message import one_line, recipient_of
from gamekeeper.kernel.notifications.models import Mail, MailStatus
from gamekeeper.kernel.notifications.outcome import PURPOSE
from gamekeeper.kernel.notifications.permissions import May
from gamekeeper.kernel.secrets.service import seal


class MailNotSendable(Conflict):
    """This mail was sent already, is about to be, or its text is gone."""


async def mail(ctx: Context, to: str, subject: str, text: str, html: str | None = None) -> UUID:
    """Send a mail to one address after the commit. Returns its id. Raises RecipientInvalid.

    `subject` becomes one line; `html` must already be escaped wherever it holds what a person typed.
    """
    body_id = await seal(ctx, PURPOSE, json.dumps([text, html]).encode())
    row = Mail(
        organization_id=ctx.organization_id,
        id=new_id(),
        recipient=recipient_of(to),
        subject=one_line(subject),
        body_id=body_id,
    )
    ctx.add(row)
    await ctx.flush()
    await jobs.deliver.later(ctx, mail_id=row.id)
    return row.id


async def send_again(ctx: Context, mail_id: UUID) -> Mail:
    """Try a mail again that could not be sent. Raises MailNotSendable."""
    row = await ctx.get(Mail, mail_id, May.SEND, lock=True)
    if not row.can_be_sent_again:
        raise MailNotSendable
    row.status = MailStatus.WAITING.value
    row.error = None
    await ctx.flush()
    await jobs.deliver.later(ctx, mail_id=row.id)
    return row
