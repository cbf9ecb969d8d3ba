"""What happens to jobs."""

from typing import ClassVar

from gamekeeper.kernel.events.event import Event


class JobFailed(Event):
    """A job failed for good: it was tried as often as it may be. `subject_label` is its name."""

    type: ClassVar[str] = "job:failed"

    attempts: int
    error: str


class JobRetried(Event):
    """Somebody had a failed job tried again."""

    type: ClassVar[str] = "job:retried"
