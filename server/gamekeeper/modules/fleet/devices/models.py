"""The tables of devices and their tags, and what a device may be asked to do."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, Versioned, choice, tenant_fk
from gamekeeper.kernel.errors import Conflict
from gamekeeper_wire.agent import Mode


class DeviceKind(StrEnum):
    """What a device is, for its icon and for filters."""

    PC = "pc"
    PI = "pi"
    ROOM = "room"
    SERVER = "server"
    CONSOLE = "console"
    OTHER = "other"


class Approval(StrEnum):
    """Whether somebody said yes to a machine that asked to join."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"


class DeviceRevoked(Conflict):
    """This device was revoked. Enrol it again with a new claim token."""


class DeviceNotPending(Conflict):
    """Nobody waits for an answer about this device."""


class RefusedByMachine(Conflict):
    """The machine does not allow this."""


class Device(Tenanted, Versioned, Timestamped, Base):
    """A machine with an agent, or one that is expected to get one.

    What the agent says of the machine (`capabilities`, `machine`) is for display and for `refusal`, never a filter.
    """

    __tablename__ = "devices"
    __table_args__ = (
        choice("kind", DeviceKind),
        choice("mode", Mode),
        choice("approval", Approval),
        Index("ix_devices_site", "organization_id", "site_id"),
        Index("ix_devices_group", "organization_id", "group_id"),
        Index("ix_devices_name", "organization_id", "name", "id"),
        tenant_fk("sites", "site_id", ondelete="SET NULL"),
        tenant_fk("device_groups", "group_id", ondelete="SET NULL"),
    )
    granted_by: ClassVar[tuple[str, ...]] = ("id", "group_id", "site_id")

    name: Mapped[str]
    hostname: Mapped[str] = mapped_column(default="", server_default="")
    site_id: Mapped[UUID | None] = mapped_column(default=None)
    group_id: Mapped[UUID | None] = mapped_column(default=None)
    kind: Mapped[str] = mapped_column(default=DeviceKind.PC, server_default=DeviceKind.PC)
    mode: Mapped[str] = mapped_column(default=Mode.OBSERVE, server_default=Mode.OBSERVE)
    location: Mapped[str] = mapped_column(default="", server_default="")
    notes: Mapped[str] = mapped_column(default="", server_default="")
    os: Mapped[str] = mapped_column(default="", server_default="")
    arch: Mapped[str] = mapped_column(default="", server_default="")
    agent_version: Mapped[str] = mapped_column(default="", server_default="")
    capabilities: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    machine: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    maintenance: Mapped[bool] = mapped_column(default=False, server_default="false")
    approval: Mapped[str] = mapped_column(default=Approval.APPROVED, server_default=Approval.APPROVED)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    log_level: Mapped[str | None] = mapped_column(default=None)
    log_until: Mapped[datetime | None] = mapped_column(default=None)
    """Until when the agent sends log lines of `log_level` and above as they happen."""
    log_since: Mapped[datetime | None] = mapped_column(default=None)
    log_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    """The newest connection that may write down what is followed, once it took over from another."""

    def revoke(self, now: datetime) -> bool:
        """Take the device out; False when it already was."""
        if self.revoked_at is not None:
            return False
        self.revoked_at = now
        self.version += 1
        return True

    def decide(self, *, approved: bool) -> None:
        """Answer a machine that asked to join."""
        if self.approval != Approval.PENDING or self.revoked_at is not None:
            raise DeviceNotPending
        self.approval = Approval.APPROVED if approved else Approval.REJECTED
        self.version += 1

    def refusal(self, action: str) -> str | None:
        """Why the machine or its state rules an action out at once; None when it may be sent."""
        return refusal(
            action,
            mode=self.mode,
            revoked=self.revoked_at is not None,
            approval=self.approval,
            capabilities=self.capabilities,
        )


def refusal(action: str, *, mode: str, revoked: bool, approval: str, capabilities: dict[str, Any] | None) -> str | None:
    """Why an action is ruled out at once, as a sentence; None when it may be sent."""
    if revoked:
        return "This device was revoked. Enrol it again first."
    if approval != Approval.APPROVED:
        return "This device is not approved yet. Approve it first."
    # A device that never said hello is not known to refuse anything; its agent decides when it comes.
    if capabilities is None or action in capabilities.get("actions", ()):
        return None
    if mode == Mode.OBSERVE:
        return (
            f"This machine is in observe mode: its owner lets a server watch it, not {action} it. "
            "The mode is changed at the machine."
        )
    return f"This machine does not offer '{action}'. What it offers is chosen at the machine."


class DeviceTag(Tenanted, Base):
    """One tag of one device."""

    __tablename__ = "device_tags"
    __table_args__ = (
        UniqueConstraint("organization_id", "device_id", "tag"),
        Index("ix_device_tags_tag", "organization_id", "tag"),
        tenant_fk("devices", "device_id"),
    )

    device_id: Mapped[UUID]
    tag: Mapped[str]


class DeviceLogLine(Tenanted, Base):
    """A line of an agent's log that was sent while somebody followed it."""

    __tablename__ = "device_log_lines"
    __table_args__ = (
        Index("ix_device_log_lines_device", "organization_id", "device_id", "id"),
        tenant_fk("devices", "device_id"),
    )

    device_id: Mapped[UUID]
    at: Mapped[datetime]
    """By the machine's clock."""
    received_at: Mapped[datetime]
    level: Mapped[str]
    message: Mapped[str]
