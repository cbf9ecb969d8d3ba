"""Sessions, what was bought for them, and the segments that they are made of."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, choice, tenant_fk
from gamekeeper.kernel.errors import Conflict
from gamekeeper.modules.venue.pricing.price import EarlyEnd, Purchase
from gamekeeper.modules.venue.pricing.rule import Rule, thawed
from gamekeeper.modules.venue.pricing.timeline import Segment, SegmentKind

UNDO = timedelta(seconds=10)
"""How long a sale can be taken back; the answer may be that much later than the press."""
UNDO_SLACK = timedelta(seconds=2)


class SessionState(StrEnum):
    """Where a session is."""

    OPEN = "open"
    ENDED = "ended"
    UNDONE = "undone"


class EndedBy(StrEnum):
    """What ended a session."""

    TIME = "time"
    STAFF = "staff"
    UNDO = "undo"


class PurchaseKind(StrEnum):
    """What a purchase did."""

    START = "start"
    EXTEND = "extend"


class PaymentMethod(StrEnum):
    """How it was paid."""

    CASH = "cash"


class SessionEnded(Conflict):
    """This session has already ended."""


class UndoTooLate(Conflict):
    """A sale can be taken back for ten seconds only. End the session instead."""


class UndoNotLast(Conflict):
    """Only the last sale of a session can be taken back."""


class Session(Tenanted, Timestamped, Base):
    """Paid time on a seat. Prices and house rules are copies from its start, so no edit reaches a running bill."""

    __tablename__ = "venue_sessions"
    __table_args__ = (
        tenant_fk("sites", "site_id", ondelete="RESTRICT"),
        tenant_fk("stations", "station_id", ondelete="RESTRICT"),
        choice("state", SessionState),
        choice("ended_by", EndedBy),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_at"),
        # Two cashiers, one seat: the second loses here, whatever the application believed.
        Index(
            "uq_venue_sessions_open",
            "organization_id",
            "station_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_venue_sessions_station", "organization_id", "station_id", "id"),
        Index("ix_venue_sessions_ends", "ends_at", postgresql_where=text("state = 'open'")),
    )
    granted_by: ClassVar[tuple[str, ...]] = ("id", "station_id", "site_id")

    site_id: Mapped[UUID]
    station_id: Mapped[UUID]
    guest: Mapped[str]
    """What the desk calls the customer; empty for a walk-in."""
    currency: Mapped[str]
    rule: Mapped[dict[str, Any]]
    early_end: Mapped[str]
    warning_seconds: Mapped[list[int]] = mapped_column(JSONB)
    grace_seconds: Mapped[int]
    offline_cap_seconds: Mapped[int]
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=SessionState.OPEN, server_default=SessionState.OPEN)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[str | None] = mapped_column(default=None)
    played_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    """Play that the seat has reported by its own monotonic clock."""

    @property
    def snapshot(self) -> Rule:
        """The price rule that it began with."""
        return thawed(self.rule)

    @property
    def is_open(self) -> bool:
        """Whether it still runs."""
        return self.state == SessionState.OPEN

    def require_open(self) -> None:
        """Raise SessionEnded unless it still runs."""
        if not self.is_open:
            raise SessionEnded(ended_at=self.ended_at.isoformat() if self.ended_at else None)

    def end(self, at: datetime, by: EndedBy) -> None:
        """Close it."""
        self.require_open()
        self.state = SessionState.UNDONE if by is EndedBy.UNDO else SessionState.ENDED
        self.ended_at, self.ended_by = at, by.value

    def policy(self) -> EarlyEnd:
        """What happens to unused time."""
        return EarlyEnd(self.early_end)


class SessionPurchase(Tenanted, Base):
    """Time that was bought: the start or an extension, paid at once."""

    __tablename__ = "session_purchases"
    __table_args__ = (
        tenant_fk("venue_sessions", "session_id", ondelete="RESTRICT"),
        ForeignKeyConstraint(
            ["organization_id", "transfer_id"],
            ["ledger_transfers.organization_id", "ledger_transfers.id"],
            name="fk_session_purchases_transfer",
            ondelete="RESTRICT",
        ),
        choice("kind", PurchaseKind),
        choice("method", PaymentMethod),
        UniqueConstraint("organization_id", "session_id", "number"),
        CheckConstraint("minutes > 0 AND amount >= 0", name="amounts"),
    )

    session_id: Mapped[UUID]
    number: Mapped[int]
    kind: Mapped[str]
    minutes: Mapped[int]
    amount: Mapped[int]
    preset: Mapped[bool]
    method: Mapped[str]
    transfer_id: Mapped[UUID | None]
    """None for time that cost nothing."""
    bought_at: Mapped[datetime]
    sold_by: Mapped[str]
    undone_at: Mapped[datetime | None] = mapped_column(default=None)

    def as_bought(self) -> Purchase:
        """As the price function sees it."""
        return Purchase(self.minutes, self.amount, self.bought_at, self.preset)

    def undo_until(self, now: datetime) -> datetime | None:
        """Until when it can be taken back; None once that is over."""
        until = self.bought_at + UNDO
        return until if self.undone_at is None and now <= until else None

    def undo(self, now: datetime) -> None:
        """Take it back. Raises UndoTooLate."""
        if self.undone_at is not None or now > self.bought_at + UNDO + UNDO_SLACK:
            raise UndoTooLate
        self.undone_at = now


class SessionSegment(Tenanted, Base):
    """One stretch of a session: [started_at, ended_at), open while `ended_at` is null."""

    __tablename__ = "session_segments"
    __table_args__ = (
        tenant_fk("venue_sessions", "session_id", ondelete="RESTRICT"),
        choice("kind", SegmentKind),
        UniqueConstraint("organization_id", "session_id", "number"),
        CheckConstraint("ended_at >= started_at", name="order"),
    )

    session_id: Mapped[UUID]
    number: Mapped[int]
    kind: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    returned: Mapped[bool] = mapped_column(default=False, server_default="false")
    """The time was given back by a later end."""

    def as_segment(self) -> Segment:
        """As the price function sees it."""
        return Segment(
            kind=SegmentKind(self.kind), started_at=self.started_at, ended_at=self.ended_at, returned=self.returned
        )
