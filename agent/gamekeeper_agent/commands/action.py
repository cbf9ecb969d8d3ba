"""What an action may use while it runs, and how it ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from gamekeeper_agent.desktop import Desktop
from gamekeeper_agent.policy import Policy

Scalar = str | int | float | bool | None


class ActionFailed(Exception):
    """An action ended without doing what was asked."""

    def __init__(self, code: str, message: str) -> None:
        """A stable word, and a sentence for a person."""
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Done:
    """An action did what was asked."""

    message: str
    data: dict[str, Scalar] = field(default_factory=dict[str, Scalar])
    output: bytes | None = None
    """Sent in parts before the result."""


@dataclass(slots=True, frozen=True)
class Errand:
    """One command's parameters and the machine it acts on."""

    command_id: str
    params: dict[str, Scalar]
    folder: Path
    desktop: Desktop
    policy: Policy
    progress: Callable[[int | None, str], Awaitable[None]]
    restart: Callable[[], None]
    """Begins a fresh copy of the agent in this process's place, soon."""


Action = Callable[[Errand], Awaitable[Done | None]]
"""None: the end is known only after the restart or the reboot that this action began."""
