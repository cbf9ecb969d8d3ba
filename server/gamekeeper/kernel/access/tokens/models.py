"""The table of API tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, tenant_fk


class ApiToken(Tenanted, Base):
    """A key for scripts, by its SHA-256. It goes with the member who made it, and never permits more than they may."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        UniqueConstraint("organization_id", "token_hash"),
        Index("ix_api_tokens_member", "organization_id", "member_id"),
        tenant_fk("members", "member_id"),
    )

    member_id: Mapped[UUID]
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    hint: Mapped[str]
    """The last characters, so that people can tell which one lies in their script."""
    permissions: Mapped[list[str]]
    networks: Mapped[list[str]]
    """Networks that it may be used from; empty means everywhere."""
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    last_used_ip: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
