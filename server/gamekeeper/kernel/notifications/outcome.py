"""What became of a mail."""

from datetime import datetime

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.notifications.events import MailDelayed, MailFailed, MailSent
from gamekeeper.kernel.notifications.models import Mail, MailStatus
from gamekeeper.kernel.secrets.service import forget

PURPOSE = "mail"
"""What the text of a mail is sealed for."""


async def record_sent(ctx: Context, row: Mail, now: datetime) -> None:
    """A mail is out: its text is needed no more."""
    row.status = MailStatus.SENT.value
    row.sent_at = now
    row.error = None
    body_id, row.body_id = row.body_id, None
    if body_id is not None:
        await forget(ctx, body_id)
    await emit(ctx, MailSent(subject_id=row.id, subject_label=row.recipient))


async def record_delay(ctx: Context, row: Mail, error: str) -> None:
    """A try failed, and another will follow."""
    row.error = error
    await emit(ctx, MailDelayed(subject_id=row.id, subject_label=row.recipient, error=error))


async def record_failure(ctx: Context, row: Mail, status: MailStatus, error: str) -> None:
    """A mail did not go out, and will not by itself."""
    row.status = status.value
    row.error = error
    await emit(ctx, MailFailed(subject_id=row.id, subject_label=row.recipient, error=error))
