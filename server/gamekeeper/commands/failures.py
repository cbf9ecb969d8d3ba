"""What can go wrong before anything runs, each as one line that says what to do."""

import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import asyncpg
from pydantic import ValidationError

from gamekeeper.kernel.database.cluster import EmbeddedPostgresError
from gamekeeper.kernel.errors import GamekeeperError
from gamekeeper.kernel.settings import Settings


class StartRefused(Exception):
    """Gamekeeper cannot do this as things are; the message is one line that says what to do."""


_DATABASE_SAYS: tuple[tuple[type[Exception], str], ...] = (
    (asyncpg.InvalidPasswordError, "{where} refused the user or its password. Correct DATABASE_URL."),
    (asyncpg.InvalidAuthorizationSpecificationError, "{where} refused the user. Correct DATABASE_URL."),
    (asyncpg.InvalidCatalogNameError, "{where} has no such database. Create it, or correct DATABASE_URL."),
    (asyncpg.ClientConfigurationError, "DATABASE_URL is not like postgresql://user:password@host/database: {error}."),
    (asyncpg.TooManyConnectionsError, "{where} accepts no more connections. Lower GAMEKEEPER_DATABASE_POOL."),
    (asyncpg.CannotConnectNowError, "{where} is starting or stopping. Try again in a moment."),
    (asyncpg.InsufficientPrivilegeError, "{where}: {error}. The user of DATABASE_URL must own the database."),
    (TimeoutError, "{where} does not answer. Check the host and port in DATABASE_URL."),
    (ConnectionError, "{where} cannot be reached: {error}. Check the host and port in DATABASE_URL."),
    (socket.gaierror, "{where} cannot be reached: {error}. Check the host in DATABASE_URL."),
)
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH)


@contextmanager
def refused(settings: Settings) -> Generator[None]:
    """Around whatever opens things: what its reader can cure becomes StartRefused; a bug keeps its traceback."""
    try:
        yield
    except (EmbeddedPostgresError, GamekeeperError) as error:
        raise StartRefused(str(error)) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        line = _line(error, settings)
        if line is None:
            raise
        raise StartRefused(line) from error


def read_settings() -> Settings:
    """The settings from the environment. Raises StartRefused that names each wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{_variable(problem['loc'])}: {problem['msg']}" for problem in error.errors()]
        raise StartRefused("; ".join(lines) + ".") from error


def _variable(place: tuple[int | str, ...]) -> str:
    name = str(place[0]) if place else "settings"
    return name if name.isupper() else f"GAMEKEEPER_{name.upper()}"


def _line(error: Exception, settings: Settings) -> str | None:
    where = _where(settings)
    for kind, message in _DATABASE_SAYS:
        if isinstance(error, kind):
            return message.format(where=where, error=_said(error))
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return f"{where} cannot be reached: {_said(error)}. Check the host and port in DATABASE_URL."
    return None


def _said(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(said).split()).rstrip(".")


def _where(settings: Settings) -> str:
    if settings.database_url is None:
        return "The embedded database"
    try:
        parts = urlsplit(settings.database_url.get_secret_value())
        folder = parse_qs(parts.query).get("host", ["localhost"])[0]
        place = folder if folder.startswith("/") else f"{parts.hostname or folder}:{parts.port or 5432}"
    except ValueError:
        return "The database"
    return f"The database at {place}"
