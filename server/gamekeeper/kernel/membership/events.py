"""What happens to members, roles, grants, invitations and API tokens."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from gamekeeper.kernel.events import Event


class MemberJoined(Event):
    """A person became a member; the subject is the person, by the account's id."""

    type: ClassVar[str] = "member:joined"
    roles: list[str]


class MemberChanged(Event):
    """A member's roles or sites were changed."""

    type: ClassVar[str] = "member:changed"
    moves_access: ClassVar[bool] = True
    roles: list[str]
    before: list[str]


class MemberRemoved(Event):
    """A person is no longer a member."""

    type: ClassVar[str] = "member:removed"


class RoleCreated(Event):
    """A role was made."""

    type: ClassVar[str] = "role:created"
    permissions: list[str]


class RoleChanged(Event):
    """A role was renamed or permits something else."""

    type: ClassVar[str] = "role:changed"
    moves_access: ClassVar[bool] = True
    added: list[str]
    removed: list[str]


class RoleDeleted(Event):
    """A role was removed."""

    type: ClassVar[str] = "role:deleted"


class GrantMade(Event):
    """A member was given permissions on one resource."""

    type: ClassVar[str] = "grant:made"
    moves_access: ClassVar[bool] = True
    user_id: UUID
    resource_kind: str
    resource_id: UUID
    permissions: list[str]
    ends_at: datetime | None


class GrantEnded(Event):
    """A grant was taken back."""

    type: ClassVar[str] = "grant:ended"
    moves_access: ClassVar[bool] = True
    user_id: UUID
    resource_kind: str
    resource_id: UUID


class InvitationSent(Event):
    """Somebody was invited; `subject_label` is the e-mail address."""

    type: ClassVar[str] = "invitation:sent"
    roles: list[str]


class InvitationResent(Event):
    """An invitation was sent again with a new link; the old one no longer works."""

    type: ClassVar[str] = "invitation:resent"


class InvitationRevoked(Event):
    """An invitation was taken back."""

    type: ClassVar[str] = "invitation:revoked"


class InvitationAccepted(Event):
    """An invited person joined."""

    type: ClassVar[str] = "invitation:accepted"
    user_id: UUID


class TokenCreated(Event):
    """An API token was made."""

    type: ClassVar[str] = "token:created"
    permissions: list[str]
    expires_at: datetime | None


class TokenRevoked(Event):
    """An API token was revoked."""

    type: ClassVar[str] = "token:revoked"
