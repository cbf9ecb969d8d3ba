"""The PostgreSQL that Gamekeeper brings along: started when nobody else has, attached to when it lives, kept alive."""

import asyncio
import fcntl
import os
from pathlib import Path

import structlog

from gamekeeper.kernel.database import binaries
from gamekeeper.kernel.database.cluster import SUPERUSER, EmbeddedPostgresError
from gamekeeper.kernel.database.home import DATABASE, OWNER, Home

_log = structlog.get_logger(__name__)


class EmbeddedPostgres:
    """PostgreSQL in `data`/postgres, on a unix socket that only this user can reach, with passwords.

    Several processes may use it at the same time; the last one to call `stop` ends it. A process that is killed
    leaves PostgreSQL running, and the next `start` attaches to it. `durable=False` is for tests: faster, and a
    power cut loses data.
    """

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self._data = data.absolute()
        self._durable = durable
        self._users: int | None = None
        self._opened: Home | None = None

    async def start(self) -> str:
        """Start or attach; the owner's `postgresql://` URL. Raises EmbeddedPostgresError with one clear line."""
        return await asyncio.to_thread(self.start_now)

    async def stop(self) -> None:
        """Let go of it, and end it when no other process uses it."""
        await asyncio.to_thread(self.stop_now)

    async def supervise(self, every: float = 0.25) -> None:
        """Start it again within a second when it dies, until cancelled. `every` is in seconds."""
        while True:
            await asyncio.sleep(every)
            if self.is_alive():
                continue
            _log.warning("embedded PostgreSQL died, starting it again")
            try:
                await self.start()
            except EmbeddedPostgresError as error:
                # A full disk may be emptied: keep trying, slowly.
                _log.error("embedded PostgreSQL does not start", reason=str(error))  # one line, no traceback
                await asyncio.sleep(5)

    def start_now(self) -> str:
        """`start`, for code without an event loop."""
        home = Home.open(self._data, durable=self._durable)
        self._opened = home
        with home.starting():
            if self._users is None:
                self._users = home.lock("users.lock", fcntl.LOCK_SH)
            home.bring_up()
        return home.url(OWNER, "owner.secret", DATABASE)

    def stop_now(self) -> None:
        """`stop`, for code without an event loop."""
        if self._users is None or self._opened is None:
            return
        with self._opened.starting():
            users, self._users = self._users, None
            try:
                # The kernel drops a killed process's lock, so nobody is counted who is no longer there.
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._opened.cluster.stop(binaries.reachable(self._opened.account, self._opened.folder))
            except BlockingIOError:
                _log.debug("embedded PostgreSQL stays, another process uses it")
            finally:
                os.close(users)

    def is_alive(self) -> bool:
        """Whether the server's process exists and its socket accepts connections."""
        home = self._opened
        return home is not None and home.cluster.postmaster() is not None and home.accepts()

    @property
    def superuser_url(self) -> str:
        """The URL of the superuser, who alone reads every tenant's rows: for backups. Only after `start`."""
        if self._opened is None:
            msg = "start the embedded PostgreSQL first"
            raise RuntimeError(msg)
        return self._opened.url(SUPERUSER, "superuser.secret", DATABASE)
