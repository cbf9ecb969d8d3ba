"""Writing a mail: the intent, with the change that it tells of. A job sends it."""

import json
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.errors import Conflict
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.notifications import jobs
from gamekeeper.kernel.notifications.events import MailQueued, MailRetried, MailWithdrawn
from gamekeeper.kernel.notifications.message import one_line, recipient_of
from gamekeeper.kernel.notifications.models import Mail, MailStatus
from gamekeeper.kernel.notifications.outcome import PURPOSE
from gamekeeper.kernel.notifications.permissions import May
from gamekeeper.kernel.secrets.service import forget, seal

WITHDRAWN = "It was withdrawn before it went out, since what it says holds no longer."


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
    await emit(ctx, MailQueued(subject_id=row.id, subject_label=row.recipient))
    await jobs.deliver.later(ctx, mail_id=row.id)
    return row.id


async def send_again(ctx: Context, mail_id: UUID) -> Mail:
    """Try a mail again that could not be sent, and at once one that waits for its next try. Raises MailNotSendable.

    While a try runs there is none beside it: two could both arrive.
    """
    row = await ctx.get(Mail, mail_id, May.SEND, lock=True)
    if not row.can_be_sent_again(ctx.now):
        raise MailNotSendable
    # The job of one that failed is over, or ends without another try.
    queue = jobs.deliver.instead if row.status == MailStatus.WAITING.value else jobs.deliver.later
    row.status = MailStatus.WAITING.value
    row.error = None
    await ctx.flush()
    if await queue(ctx, mail_id=row.id) is None:
        raise MailNotSendable
    await emit(ctx, MailRetried(subject_id=row.id, subject_label=row.recipient))
    await emit(ctx, MailQueued(subject_id=row.id, subject_label=row.recipient))
    return row


async def withdraw(ctx: Context, mail_id: UUID) -> None:
    """Let a mail never go out that was not sent so far, also one that waits, since what it says holds no longer."""
    row = await ctx.session.get(Mail, (ctx.organization_id, mail_id), with_for_update=True)
    if row is not None and row.body_id is not None:  # which is gone once it was sent
        body_id, row.body_id = row.body_id, None
        if row.status == MailStatus.WAITING.value:
            row.status, row.error = MailStatus.FAILED.value, WITHDRAWN
        await ctx.flush()
        await forget(ctx, body_id)
        await emit(ctx, MailWithdrawn(subject_id=row.id, subject_label=row.recipient))


async def states(ctx: Context, mail_ids: Collection[UUID]) -> dict[UUID, MailStatus]:
    """Where mails are, for whoever may see what they are about. Those of long ago are left out."""
    statement = select(Mail.id, Mail.status).where(Mail.organization_id == ctx.organization_id, Mail.id.in_(mail_ids))
    return {row.id: MailStatus(row.status) for row in await ctx.session.execute(statement)}
