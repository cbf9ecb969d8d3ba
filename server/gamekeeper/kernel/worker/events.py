"""What happens to jobs."""

from typing import ClassVar

from gamekeeper.kernel.events.event import Event


class JobFailed(Event):
    """A job failed for good: it was tried as often as it may be. `subject_label` is its title."""

    type: ClassVar[str] = "job:failed"

    name: str
    attempts: int
    error: str


class JobRetried(Event):
    """Somebody had a failed job tried again. `subject_label` is its title."""

    type: ClassVar[str] = "job:retried"

    name: str
