"""Errors are classes: the docstring is the message, the name is the stable code, the base is the status."""

import inspect
import re
from typing import ClassVar

_by_constraint: dict[str, "type[GamekeeperError]"] = {}


class GamekeeperError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    constraints: ClassVar[tuple[str, ...]] = ()
    """Names of database constraints: whoever violates one gets this error, wherever it is flushed."""

    def __init_subclass__(cls) -> None:
        """Remember whose constraints these are."""
        super().__init_subclass__()
        _by_constraint.update(dict.fromkeys(cls.__dict__.get("constraints", ()), cls))

    def __init__(self, message: str | None = None, **details: object) -> None:
        """`details` are extra members of the problem+json answer and must be JSON-serializable."""
        self.message = message or inspect.cleandoc(type(self).__doc__ or "")
        self.details = details
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The stable code, from the class name: `TicketClosed` is `ticket_closed`."""
        return code_of(type(self))


def code_of(error: type[GamekeeperError]) -> str:
    """The code of an error class in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower()


def refusal_of(violation: BaseException) -> GamekeeperError | None:
    """What a violated constraint means to people, or None when no error names it."""
    error: BaseException | None = violation
    while error is not None:
        found = _by_constraint.get(getattr(error, "constraint_name", None) or "")
        if found is not None:
            return found()
        error = error.__cause__
    return None


class Invalid(GamekeeperError):
    """The request is not valid. Correct it and send it again."""

    status = 422


class Unauthenticated(GamekeeperError):
    """You are not signed in. Sign in and try again."""

    status = 401


class Forbidden(GamekeeperError):
    """You may not do this. Ask an administrator for the permission."""

    status = 403


class NotFound(GamekeeperError):
    """There is no such thing here."""

    status = 404


class Conflict(GamekeeperError):
    """This does not fit the current state. Load it again and retry."""

    status = 409


class Gone(GamekeeperError):
    """This is no longer available."""

    status = 410


class PreconditionFailed(GamekeeperError):
    """Somebody else changed this in the meantime. Load it again, then repeat your change."""

    status = 412


class TooLarge(GamekeeperError):
    """The request is too large. Send less at once."""

    status = 413


class TooManyRequests(GamekeeperError):
    """Too many requests. Wait as long as Retry-After says and try again."""

    status = 429


class Unavailable(GamekeeperError):
    """This is not available at the moment. Try again shortly."""

    status = 503
