"""Organizations, sites and teams."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, Versioned, choice, new_id, tenant_fk


class MfaRule(StrEnum):
    """Of whom an organization requires two-step sign-in. Who has set it up needs it always."""

    NOBODY = "nobody"
    ADMINS = "admins"
    EVERYONE = "everyone"


class Organization(Versioned, Timestamped, Base, kw_only=True):
    """A tenant: a venue chain, a studio, a company. Row-level security shows only the current one."""

    __tablename__ = "organizations"
    __table_args__ = (choice("require_mfa", MfaRule),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(default="EUR", server_default="EUR")
    """ISO 4217, of every price and ledger account."""
    time_zone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    demo: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Made by `gamekeeper demo`; shown on every page."""
    require_mfa: Mapped[str] = mapped_column(default=MfaRule.NOBODY.value, server_default=MfaRule.NOBODY.value)


class Site(Tenanted, Versioned, Timestamped, Base):
    """A place of an organization: a venue, an office, a studio."""

    __tablename__ = "sites"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)
    granted_by: ClassVar[tuple[str, ...]] = ("id",)

    name: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")


class Team(Tenanted, Versioned, Timestamped, Base):
    """Members who work together, for assignment."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("organization_id", "name"), tenant_fk("sites", "site_id", ondelete="SET NULL"))

    name: Mapped[str]
    site_id: Mapped[UUID | None] = mapped_column(default=None)


class TeamMember(Tenanted, Base):
    """A member in a team."""

    __tablename__ = "team_members"
    __table_args__ = (
        UniqueConstraint("organization_id", "team_id", "member_id"),
        tenant_fk("teams", "team_id"),
        tenant_fk("members", "member_id"),
    )

    team_id: Mapped[UUID]
    member_id: Mapped[UUID]
