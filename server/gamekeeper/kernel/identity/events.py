"""What happens to accounts and sign-ins. Accounts belong to no organization: each of the person's is told."""

from typing import ClassVar
from uuid import UUID

from gamekeeper.kernel.events import Event


class UserCreated(Event):
    """An account was made."""

    type: ClassVar[str] = "user:created"
    email: str


class UserRenamed(Event):
    """A person goes by another name; `subject_label` is the new one."""

    type: ClassVar[str] = "user:renamed"
    before: str


class UserPasswordChanged(Event):
    """A password was changed, by the person or by somebody who manages the account."""

    type: ClassVar[str] = "user:password-changed"


class UserMfaEnabled(Event):
    """Two-step sign-in was set up."""

    type: ClassVar[str] = "user:mfa-enabled"


class UserMfaDisabled(Event):
    """Two-step sign-in was taken away."""

    type: ClassVar[str] = "user:mfa-disabled"


class UserRecoveryCodesMade(Event):
    """New recovery codes took the place of all older ones."""

    type: ClassVar[str] = "user:recovery-codes-made"


class UserRecoveryCodeUsed(Event):
    """A recovery code stood in for the phone."""

    type: ClassVar[str] = "user:recovery-code-used"
    left: int


class SigninStarted(Event):
    """A person signed in; the subject is the person."""

    type: ClassVar[str] = "signin:started"
    session_id: UUID
    device: str
    second_factor: bool
    failures_before: int
    """Attempts on this account that failed since the sign-in before."""


class SigninEnded(Event):
    """A sign-in ended; the subject is the person."""

    type: ClassVar[str] = "signin:ended"
    session_id: UUID
    reason: str


class SigninReused(Event):
    """A refresh token was shown a second time: somebody has a copy, so the whole sign-in was ended."""

    type: ClassVar[str] = "signin:reused"
    session_id: UUID
