"""Organizations, sites and teams."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, new_id, tenant_fk


class Organization(Timestamped, Base, kw_only=True):
    """A tenant: a venue chain, a studio, a company. Row-level security shows only the current one."""

    __tablename__ = "organizations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(default="EUR", server_default="EUR")
    """ISO 4217, of every price and ledger account."""
    time_zone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    demo: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Made by `gamekeeper demo`; shown on every page."""


class Site(Tenanted, Timestamped, Base):
    """A place of an organization: a venue, an office, a studio."""

    __tablename__ = "sites"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)
    granted_by: ClassVar[tuple[str, ...]] = ("id",)

    name: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")


class Team(Tenanted, Timestamped, Base):
    """Members who work together, for assignment."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("organization_id", "name"), tenant_fk("sites", "site_id", ondelete="SET NULL"))

    name: Mapped[str]
    site_id: Mapped[UUID | None] = mapped_column(default=None)
