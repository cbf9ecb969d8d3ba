"""The tables of claim tokens and of machines that wait for approval."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, tenant_fk
from gamekeeper.kernel.errors import Forbidden, Gone


class ClaimRefused(Forbidden):
    """This claim token is not valid, or no longer. Ask for a new one."""


class ClaimTokenUsed(Gone):
    """This claim token was used or taken back already."""


class ClaimToken(Tenanted, Base):
    """The right to become one device, once. Only the hash of its secret is kept."""

    __tablename__ = "claim_tokens"
    __table_args__ = (
        UniqueConstraint("organization_id", "secret_hash"),
        tenant_fk("sites", "site_id"),
        tenant_fk("device_groups", "group_id"),
        tenant_fk("devices", "device_id"),
    )

    secret_hash: Mapped[str]
    label: Mapped[str]
    site_id: Mapped[UUID | None]
    group_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    """The device to become; None makes a new one. Set once it is used."""
    needs_approval: Mapped[bool]
    expires_at: Mapped[datetime]
    made_by: Mapped[str]
    used_at: Mapped[datetime | None] = mapped_column(default=None)
    key_hash: Mapped[str | None] = mapped_column(default=None)
    """Of the key that used it: a machine that lost our answer may ask again with the same key."""
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)

    def use(self, key_hash: str, now: datetime) -> None:
        """Spend it for the holder of a key. Raises ClaimRefused, and never says why."""
        is_repeated = self.used_at is not None and self.key_hash == key_hash
        if self.revoked_at is not None or self.expires_at <= now or (self.used_at is not None and not is_repeated):
            raise ClaimRefused
        self.used_at = self.used_at or now
        self.key_hash = key_hash

    def state(self, now: datetime) -> str:
        """Open, used, revoked or expired."""
        if self.revoked_at is not None:
            return "revoked"
        if self.used_at is not None:
            return "used"
        return "expired" if self.expires_at <= now else "open"

    def revoke(self, now: datetime) -> None:
        """Take it back before it is used. Raises ClaimTokenUsed."""
        if self.used_at is not None or self.revoked_at is not None:
            raise ClaimTokenUsed
        self.revoked_at = now


class EnrolmentRequest(Tenanted, Base):
    """A machine that waits for its certificate and asks with a secret whether it was approved."""

    __tablename__ = "enrolment_requests"
    __table_args__ = (
        Index("ix_enrolment_requests_device", "organization_id", "device_id"),
        tenant_fk("devices", "device_id"),
    )

    device_id: Mapped[UUID]
    csr: Mapped[str]
    poll_hash: Mapped[str]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
