"""The tables of members, their roles and the sites that they are limited to."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.database import Base, Tenanted, Timestamped, choice, tenant_fk


class Member(Tenanted, Timestamped, Base):
    """A person in an organization."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("organization_id", "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    limited: Mapped[bool] = mapped_column(default=False)
    """Whether the roles hold only on the member's sites. Kept apart from those, because a removed site must not
    turn a limited member into an unlimited one."""


class MemberRole(Tenanted, Base):
    """A role that a member has: a built-in one by its name, or one of the organization's own."""

    __tablename__ = "member_roles"
    __table_args__ = (
        UniqueConstraint("organization_id", "member_id", "builtin"),
        UniqueConstraint("organization_id", "member_id", "role_id"),
        CheckConstraint("num_nonnulls(builtin, role_id) = 1", name="one_role"),
        choice("builtin", BuiltIn),
        tenant_fk("members", "member_id"),
        tenant_fk("roles", "role_id", ondelete="NO ACTION"),
    )
    granted_by: ClassVar[tuple[str, ...]] = ()

    member_id: Mapped[UUID]
    builtin: Mapped[str | None] = mapped_column(default=None)
    role_id: Mapped[UUID | None] = mapped_column(default=None)


class MemberSite(Tenanted, Base):
    """A site that a limited member's roles hold on."""

    __tablename__ = "member_sites"
    __table_args__ = (
        UniqueConstraint("organization_id", "member_id", "site_id"),
        tenant_fk("members", "member_id"),
        tenant_fk("sites", "site_id"),
    )
    granted_by: ClassVar[tuple[str, ...]] = ()

    member_id: Mapped[UUID]
    site_id: Mapped[UUID]
