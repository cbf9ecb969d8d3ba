"""The queue of commands, and which step may follow which."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, choice, tenant_fk
from gamekeeper.kernel.errors import Conflict

RUN_LIMIT = timedelta(minutes=30)
"""How long a device may take between taking a command and its result."""


class CommandState(StrEnum):
    """Where a command stands."""

    QUEUED = "queued"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


WAITING = (CommandState.QUEUED, CommandState.SENT)
UNDERWAY = (CommandState.ACKNOWLEDGED, CommandState.RUNNING)
OPEN = (*WAITING, *UNDERWAY)

NO_RESULT = "no-result"
"""The code of a command that was taken and given up."""
REFUSALS = frozenset({"not-allowed-by-machine", "unknown-action", "busy"})
"""Codes by which an agent says that it will not do a thing, rather than that it could not."""


class CommandClosed(Conflict):
    """This command has ended or the device has begun it, so it can no longer be cancelled."""


class Command(Tenanted, Base):
    """One thing that one device was asked to do."""

    __tablename__ = "commands"
    __table_args__ = (
        choice("state", CommandState),
        Index("ix_commands_device", "organization_id", "device_id", "id"),
        Index("ix_commands_bulk", "organization_id", "bulk_id"),
        Index("ix_commands_queued", "organization_id", "device_id", postgresql_where=text("state = 'queued'")),
        Index(
            "ix_commands_due",
            "expires_at",
            postgresql_where=text("state IN ('queued', 'sent', 'acknowledged', 'running')"),
        ),
        tenant_fk("devices", "device_id"),
        tenant_fk("files", "file_id", ondelete="SET NULL"),
    )
    granted_by: ClassVar[tuple[str, ...]] = ("device_id",)

    device_id: Mapped[UUID]
    action: Mapped[str]
    params: Mapped[dict[str, Any]]
    state: Mapped[str]
    issuer_kind: Mapped[str]
    issuer_id: Mapped[UUID | None]
    issuer_label: Mapped[str]
    expires_at: Mapped[datetime]
    """When it ends by itself: unanswered as expired, taken but without a result as failed."""
    not_before: Mapped[datetime | None] = mapped_column(default=None)
    """When its turn comes, where many devices are not to do a thing at the same time."""
    bulk_id: Mapped[UUID | None] = mapped_column(default=None)
    percent: Mapped[int | None] = mapped_column(default=None)
    code: Mapped[str] = mapped_column(default="", server_default="")
    message: Mapped[str] = mapped_column(default="", server_default="")
    data: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    file_id: Mapped[UUID | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    acknowledged_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self.state in OPEN

    def acknowledge(self, now: datetime) -> bool:
        """The device wrote it down; False when that is no news. The time to live ends, the time to run begins."""
        if self.state not in WAITING:
            return False
        self.state = CommandState.ACKNOWLEDGED
        self.acknowledged_at = now
        self.expires_at = now + RUN_LIMIT
        return True

    def advance(self, percent: int | None, now: datetime) -> bool:
        """The device is at it; False once it has ended."""
        if not self.is_open:
            return False
        self.acknowledge(now)
        self.state = CommandState.RUNNING
        self.percent = percent if percent is not None else self.percent
        return True

    def finish(self, *, ok: bool, code: str, message: str, data: dict[str, Any], now: datetime) -> bool:
        """The device told how it ended; False when an end is already known.

        A command that was cancelled or expired meanwhile keeps that state and still learns what happened; one that
        was given up for want of a result gets it.
        """
        if self.finished_at is not None and self.code not in {"", NO_RESULT}:
            return False
        if self.is_open or self.code == NO_RESULT:
            self.state = _ending(ok=ok, code=code)
        self.code, self.message, self.data = code, message, data
        self.finished_at = now
        return True

    def cancel(self, now: datetime) -> None:
        """Take it back. One that was sent but not acknowledged may be done nevertheless."""
        if self.state not in WAITING:
            raise CommandClosed
        was_sent = self.state == CommandState.SENT
        self.state = CommandState.CANCELLED
        self.message = "It was on its way already: the device may still do it." if was_sent else ""
        self.finished_at = now

    def lapse(self, now: datetime) -> bool:
        """End it because its time has come; False while it has time left."""
        if not self.is_open or self.expires_at > now:
            return False
        if self.state in WAITING:
            self.state = CommandState.EXPIRED
            self.message = "The device did not take it in time."
        else:
            self.state = CommandState.FAILED
            self.code = NO_RESULT
            self.message = "The device took it and never told how it ended."
        self.finished_at = now
        return True


def _ending(*, ok: bool, code: str) -> CommandState:
    if ok:
        return CommandState.SUCCEEDED
    if code == "expired":
        return CommandState.EXPIRED
    return CommandState.REFUSED if code in REFUSALS else CommandState.FAILED
