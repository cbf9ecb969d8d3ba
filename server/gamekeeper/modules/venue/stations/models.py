"""Seats, and what each shall be, is and has confirmed to be."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, Versioned, choice, tenant_fk
from gamekeeper_wire.station import Lock, StationReport


class StationKind(StrEnum):
    """What stands at the seat."""

    PC = "pc"
    CONSOLE = "console"


class Desired(StrEnum):
    """What the house wants of a seat's lock."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"


class Station(Tenanted, Versioned, Timestamped, Base):
    """A seat. Its device may be taken away; then it is offline until it gets another."""

    __tablename__ = "stations"
    __table_args__ = (
        tenant_fk("sites", "site_id", ondelete="RESTRICT"),
        tenant_fk("devices", "device_id", ondelete="SET NULL"),
        choice("kind", StationKind),
        UniqueConstraint("organization_id", "site_id", "label"),
        Index(
            "uq_stations_device",
            "organization_id",
            "device_id",
            unique=True,
            postgresql_where=text("device_id IS NOT NULL"),
        ),
    )
    granted_by: ClassVar[tuple[str, ...]] = ("id", "site_id")

    site_id: Mapped[UUID]
    label: Mapped[str]
    kind: Mapped[str] = mapped_column(default=StationKind.PC, server_default=StationKind.PC)
    zone: Mapped[str] = mapped_column(default="", server_default="")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    """Place on the floor, rising; seats with the same one are ordered by label."""
    device_id: Mapped[UUID | None] = mapped_column(default=None)
    out_of_order: Mapped[str | None] = mapped_column(default=None)
    """Why it may not be used; None while it may."""


class StationState(Tenanted, Base):
    """Desired, reported, confirmed: apart from the seat because it is written with every report.

    Its id is the station's. Only a report changes what is reported; a connection that comes or goes changes nothing.
    """

    __tablename__ = "station_states"
    __table_args__ = (
        tenant_fk("stations", "id"),
        choice("desired", Desired),
        choice("reported", Lock),
        {"postgresql_with": {"fillfactor": 50}},
    )

    desired_at: Mapped[datetime]
    """Since when it has had to do what is desired: from the wish, or from the hello of a machine that was away."""
    desired: Mapped[str] = mapped_column(default=Desired.LOCKED, server_default=Desired.LOCKED)
    session_id: Mapped[UUID | None] = mapped_column(default=None)
    """The session that it shall be unlocked for; once locked, the last one."""
    reported: Mapped[str] = mapped_column(default=Lock.UNKNOWN, server_default=Lock.UNKNOWN)
    reported_at: Mapped[datetime | None] = mapped_column(default=None)
    reported_session: Mapped[str | None] = mapped_column(default=None)
    reported_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    remaining_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    """Time left by the seat's own clock at `reported_at`."""
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    """Since when the report has been what is desired; None while it is not."""
    lease_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of the newest lease for this seat; it only ever rises, so it rises within each session."""
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often the seat's card was told. It rises under the row's lock, so cards are numbered as things happened."""
    boot_id: Mapped[str | None] = mapped_column(default=None)
    """Of the machine's newest hello; leases are bound to it."""

    def open_for(self, session_id: UUID, now: datetime) -> None:
        """The seat shall be unlocked for a session."""
        self.desired, self.session_id, self.desired_at = Desired.UNLOCKED, session_id, now
        self._confirm(now)

    def close(self, now: datetime) -> None:
        """The seat shall be locked."""
        self.desired, self.desired_at = Desired.LOCKED, now
        self._confirm(now)

    def take(self, report: StationReport, now: datetime) -> bool:
        """What the seat says of itself. True when anything but the clock changed."""
        before = (self.reported, self.reported_session, self.confirmed_at is None)
        self.reported = report.lock.value
        self.reported_at = now
        self.reported_session = report.session_id
        self.reported_seq = report.seq
        self.remaining_ms = report.remaining_ms
        self._confirm(now)
        return before != (self.reported, self.reported_session, self.confirmed_at is None)

    def greet(self, boot_id: str, now: datetime) -> bool:
        """A machine said hello; True for another boot, which has not shown anything whatever the last one showed."""
        if boot_id == self.boot_id:
            return False
        self.boot_id, self.desired_at = boot_id, now
        self.reported, self.confirmed_at = Lock.UNKNOWN.value, None
        return True

    def forget(self) -> None:
        """Another machine stands here now: nothing is known of it yet."""
        self.boot_id, self.reported, self.reported_at, self.confirmed_at = None, Lock.UNKNOWN.value, None, None

    def _confirm(self, now: datetime) -> None:
        if self.desired == Desired.LOCKED:
            fits = self.reported == Lock.LOCKED
        else:
            fits = self.reported in {Lock.UNLOCKED, Lock.WARNING} and self.reported_session == str(self.session_id)
        self.confirmed_at = (self.confirmed_at or now) if fits else None
