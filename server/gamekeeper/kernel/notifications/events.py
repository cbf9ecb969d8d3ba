"""What happens to mails. Of those that go their way, only an open page needs to hear."""

from typing import ClassVar

from gamekeeper.kernel.events.event import Event


class MailQueued(Event):
    """A mail waits to be sent, for the first time or again. `subject_label` is its recipient."""

    type: ClassVar[str] = "mail:queued"
    audited: ClassVar[bool] = False


class MailDelayed(Event):
    """A try to send a mail failed; another will follow by itself."""

    type: ClassVar[str] = "mail:delayed"
    audited: ClassVar[bool] = False

    error: str


class MailSent(Event):
    """A mail was handed to the mail server."""

    type: ClassVar[str] = "mail:sent"
    audited: ClassVar[bool] = False


class MailFailed(Event):
    """A mail could not be sent, and is not tried again by itself. `subject_label` is its recipient."""

    type: ClassVar[str] = "mail:failed"

    error: str


class MailRetried(Event):
    """Somebody has a mail sent now that could not be sent, or not yet. `subject_label` is its recipient."""

    type: ClassVar[str] = "mail:retried"


class MailWithdrawn(Event):
    """A mail that could not be sent holds no longer, and can be sent no more."""

    type: ClassVar[str] = "mail:withdrawn"
    audited: ClassVar[bool] = False
