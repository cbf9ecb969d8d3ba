"""The table of grants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, tenant_fk


class Grant(Tenanted, Base):
    """Permissions of one member on one resource, for good or until `ends_at`."""

    __tablename__ = "grants"
    __table_args__ = (
        tenant_fk("members", "member_id"),
        Index("ix_grants_member", "organization_id", "member_id"),
        Index("ix_grants_resource", "organization_id", "resource_id"),
    )

    member_id: Mapped[UUID]
    resource_kind: Mapped[str]
    """The model's name in lower case, such as `site` or `device`."""
    resource_id: Mapped[UUID]
    permissions: Mapped[list[str]]
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
