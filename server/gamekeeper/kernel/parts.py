"""What of a process is up. Only its own parts decide whether it is ready; a backlog elsewhere must not take it down."""

from collections.abc import Generator
from contextlib import contextmanager


class Health:
    """The long-running parts of one process and why one of them is not up."""

    def __init__(self) -> None:
        self._reasons: dict[str, str | None] = {}

    def expect(self, *names: str) -> None:
        """Count these parts among what must be up, before they have begun."""
        for name in names:
            self._reasons.setdefault(name, "has not begun yet")

    @contextmanager
    def up(self, name: str) -> Generator[None]:
        """Around a part while it works: when the block ends, the part is not ready."""
        self._reasons[name] = None
        try:
            yield
        finally:
            self._reasons[name] = "has ended or is being begun again"

    def reasons(self) -> dict[str, str | None]:
        """Each part and why it is not ready; None when it is."""
        return dict(self._reasons)
