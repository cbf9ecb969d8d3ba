"""The tables of members, roles, grants, invitations and API tokens, and what state an invitation is in."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.database import Base, Tenanted, Timestamped, Versioned, choice, tenant_fk


class Member(Tenanted, Versioned, Timestamped, Base):
    """A person in an organization. Its version is of the roles and sites; name and password are the account's."""

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


class Role(Tenanted, Versioned, Timestamped, Base):
    """A named set of permissions that the organization made. The built-in ones come with the program."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str]
    permissions: Mapped[list[str]]


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


INVITATION_LIFETIME = timedelta(days=7)


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
    invited_by: Mapped[UUID]
    """The account of the person who answers for it, also when their API token sent it."""
    invited_by_label: Mapped[str]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    mail_id: Mapped[UUID | None] = mapped_column(default=None)
    """The last mail with its link. Mails are forgotten before invitations are."""
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
