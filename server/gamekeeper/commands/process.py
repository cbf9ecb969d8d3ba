"""One running process: its settings, its event loop, its signals, and the database under it."""

import asyncio
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import asyncpg
import structlog
import uvloop

from gamekeeper.commands.failures import read_settings, refused
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from gamekeeper.kernel.database.roles import Roles, app_password, app_url
from gamekeeper.kernel.keys.master_key import master_key
from gamekeeper.kernel.runtime import Runtime, open_runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.telemetry import start_logging

Command = Callable[[Settings, asyncio.Event], Awaitable[None]]
STARTING_SECONDS = 60
"""How long a database may take to start, replaying what it had not written when it was killed."""

log = structlog.get_logger(__name__)


def run(command: Command) -> None:
    """Run `command` with the settings and an event that is set by the first Ctrl-C or SIGTERM; the second cancels."""
    settings = read_settings()
    start_logging(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(command, settings))


async def _until_told(command: Command, settings: Settings) -> None:
    stop = asyncio.Event()
    running = asyncio.ensure_future(command(settings, stop))

    def end() -> None:
        if stop.is_set():
            running.cancel()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        await running
    except asyncio.CancelledError:
        if not stop.is_set():
            raise


@dataclass(frozen=True, slots=True)
class Ground:
    """The database that a process stands on, and the key of its secrets. `embedded` is None for one of your own."""

    settings: Settings
    owner_url: str
    app_url: str
    key: bytes
    embedded: EmbeddedPostgres | None

    @property
    def roles(self) -> Roles:
        """The names of the database's roles."""
        return Roles(self.settings.database_role_prefix)


@asynccontextmanager
async def ground(settings: Settings) -> AsyncGenerator[Ground]:
    """Find or start the database; let go of it at the end. Raises StartRefused."""
    with refused(settings):
        key = master_key(settings)
        embedded = EmbeddedPostgres(settings.data) if settings.database_url is None else None
        owner_url = await embedded.start() if embedded else _own(settings)
        await awake(owner_url)
    if settings.database_app_url is not None:
        url = settings.database_app_url.get_secret_value()
    else:
        url = app_url(owner_url, Roles(settings.database_role_prefix), app_password(key))
    try:
        yield Ground(settings, owner_url, url, key, embedded)
    finally:
        if embedded is not None:
            await embedded.stop()


@asynccontextmanager
async def opened(found: Ground) -> AsyncGenerator[Runtime]:
    """The runtime on a database. Raises StartRefused when the application role cannot log in."""
    async with AsyncExitStack() as stack:
        with refused(found.settings):
            runtime = await stack.enter_async_context(open_runtime(found.settings, found.app_url, found.key))
        yield runtime


async def awake(url: str, seconds: float = STARTING_SECONDS) -> None:
    """Wait for a database that says that it is starting. Raises what asyncpg raises for every other reason."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection = await asyncpg.connect(url)
        except asyncpg.CannotConnectNowError as error:
            if time.monotonic() > deadline:
                raise
            log.info("waiting for the database", said=str(error).splitlines()[0])
            await asyncio.sleep(1)
        else:
            return await connection.close()


def _own(settings: Settings) -> str:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    # What SQLAlchemy calls it, and what Heroku-like platforms set.
    scheme, separator, rest = url.partition("://")
    return f"postgresql{separator}{rest}" if scheme in {"postgres", "postgresql+asyncpg"} else url
