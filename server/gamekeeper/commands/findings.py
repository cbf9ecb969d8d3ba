"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import Enum
from typing import Self


class State(Enum):
    """How bad it is."""

    FINE = "fine"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` was found, and the `cure` when something should be done."""

    state: State
    what: str
    cure: str = ""

    @classmethod
    def fine(cls, what: str) -> Self:
        """Nothing to do."""
        return cls(State.FINE, what)

    @classmethod
    def warning(cls, what: str, cure: str) -> Self:
        """It runs, but somebody should look at it."""
        return cls(State.WARNING, what, cure)

    @classmethod
    def problem(cls, what: str, cure: str) -> Self:
        """It will not run, or not safely."""
        return cls(State.PROBLEM, what, cure)
