"""Outgoing mail: whom, what about, and what became of it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, choice

OVERDUE = timedelta(minutes=10)
"""From then on a mail that waits can be pushed: its first try has been over for long, if there was one."""


class MailStatus(StrEnum):
    """Where a mail is. Without a mail server it stays visible rather than silently lost."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    NOT_CONFIGURED = "not_configured"


class Mail(Tenanted, Timestamped, Base):
    """One mail to one person. Its text is sealed, since it may hold a link that opens a door, and gone once sent."""

    __tablename__ = "mails"
    __table_args__ = (choice("status", MailStatus),)
    granted_by: ClassVar[tuple[str, ...]] = ()

    recipient: Mapped[str]
    subject: Mapped[str]
    body_id: Mapped[UUID | None]
    """The secret that holds the text."""
    status: Mapped[str] = mapped_column(default=MailStatus.WAITING.value, server_default=MailStatus.WAITING.value)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was tried to hand it over."""
    error: Mapped[str | None] = mapped_column(default=None)
    """Why the last try failed, as a sentence."""
    sent_at: Mapped[datetime | None] = mapped_column(default=None)

    def can_be_sent_again(self, now: datetime) -> bool:
        """Whether a try has failed, also where another will follow by itself, and its text is still there.

        One that waits for long without a word was let down by its job, whatever the reason: that job records no error.
        """
        has_failed = self.status in {MailStatus.FAILED, MailStatus.NOT_CONFIGURED}
        is_delayed = self.status == MailStatus.WAITING and (self.error is not None or self.created_at < now - OVERDUE)
        return (has_failed or is_delayed) and self.body_id is not None
