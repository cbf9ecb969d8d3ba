"""What happens to mails."""

from typing import ClassVar

from gamekeeper.kernel.events.event import Event


class MailFailed(Event):
    """A mail could not be sent, and is not tried again by itself. `subject_label` is its recipient."""

    type: ClassVar[str] = "mail:failed"

    error: str
