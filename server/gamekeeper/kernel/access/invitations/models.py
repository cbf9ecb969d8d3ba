"""The table of invitations and what state one is in."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted

LIFETIME = timedelta(days=7)


class InvitationState(StrEnum):
    """What became of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Invitation(Tenanted, Base):
    """An offer to join with given roles, to whoever reads the mail to `email`."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index(
            "uq_invitations_open",
            "organization_id",
            "email",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
        Index("ix_invitations_token", "organization_id", "token_hash"),
    )

    email: Mapped[str]
    name: Mapped[str]
    roles: Mapped[list[str]]
    """Keys of roles: a built-in role's name or the id of one of the organization's own."""
    sites: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    """Where the roles will hold; null is everywhere."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    invited_by: Mapped[UUID | None]
    invited_by_label: Mapped[str]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)

    def state(self, now: datetime) -> InvitationState:
        """What became of it by `now`."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.OPEN if now < self.expires_at else InvitationState.EXPIRED
