"""Keys that leases are signed with, what seats told of the time without us, and when that was."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, choice, tenant_fk
from gamekeeper_wire.station import SegmentKind


class LeaseKey(Tenanted, Base):
    """An Ed25519 key of an organization. One signs; the retired ones are still known to seats for a while."""

    __tablename__ = "lease_keys"
    __table_args__ = (
        tenant_fk("secrets", "secret_id", ondelete="RESTRICT"),
        UniqueConstraint("organization_id", "key_id"),
        Index("uq_lease_keys_signing", "organization_id", unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    key_id: Mapped[str]
    public_key: Mapped[bytes]
    secret_id: Mapped[UUID]
    """Where the private key is sealed."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
    retired_at: Mapped[datetime | None] = mapped_column(default=None)


class SeatSegment(Tenanted, Base):
    """A stretch as a seat reported it. (device, log, seq) is merged once, however often it is sent."""

    __tablename__ = "seat_segments"
    __table_args__ = (
        tenant_fk("devices", "device_id"),
        choice("kind", SegmentKind),
        UniqueConstraint("organization_id", "device_id", "log_id", "seq"),
        Index("ix_seat_segments_session", "organization_id", "session_id", "id"),
    )

    device_id: Mapped[UUID]
    log_id: Mapped[str]
    seq: Mapped[int]
    kind: Mapped[str]
    session_id: Mapped[UUID | None]
    boot_id: Mapped[str]
    started_at: Mapped[datetime]
    """By the seat's wall clock, which anybody may have moved: for display only."""
    duration_ms: Mapped[int]
    ended_by: Mapped[str]
    note: Mapped[str]
    received_at: Mapped[datetime]


class SeatAbsence(Tenanted, Base):
    """A stretch in which we heard nothing of a seat, at whose end its machine said hello as another boot.

    Only within these can it have been off: what a seat claims beyond them is not believed.
    """

    __tablename__ = "seat_absences"
    __table_args__ = (
        tenant_fk("devices", "device_id"),
        CheckConstraint("until_at > from_at", name="order"),
        Index("ix_seat_absences_device", "organization_id", "device_id", "until_at"),
    )

    device_id: Mapped[UUID]
    boot_id: Mapped[str]
    """Of the boot that ended it."""
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
