"""The folder that holds the embedded cluster, its socket, its passwords, its logs and its locks."""

import asyncio
import fcntl
import hashlib
import os
import socket
import stat
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg
import structlog

from gamekeeper.kernel.database import binaries
from gamekeeper.kernel.database.account import Account, choose
from gamekeeper.kernel.database.cluster import SUPERUSER, Cluster, EmbeddedPostgresError, new_password

OWNER = "gamekeeper_owner"
DATABASE = "gamekeeper"
_PORT = 5432  # only part of the socket's name: there is no TCP
_LONGEST_SOCKET_PATH = 103  # bytes; macOS, Linux allows four more
_ELSEWHERE = Path("/var/lib/gamekeeper")
_LOCK_SECONDS = 330
_log = structlog.get_logger(__name__)


class Home:
    """`folder` and what is in it. What changes the cluster is done inside `starting`."""

    def __init__(self, folder: Path, account: Account, *, durable: bool) -> None:
        self.folder = folder
        self.account = account
        self.cluster = Cluster(folder, account, durable=durable)

    @classmethod
    def open(cls, data: Path, *, durable: bool) -> "Home":
        """Make or find the home in `data`/postgres. Raises EmbeddedPostgresError when it cannot be used."""
        try:
            data.mkdir(mode=0o755, parents=True, exist_ok=True)
            link = data / "postgres"
            account = choose(link / str(binaries.MAJOR))
            if not link.exists():
                _make_home(link, account)
            home = cls(link.resolve(), account, durable=durable)
            for name in ("run", "log"):
                account.own(home.folder / name)
        except LookupError as error:
            raise EmbeddedPostgresError(str(error.args[0])) from None
        except OSError as error:
            msg = f"The data folder {data} cannot be used: {error.strerror}. Run as its owner or set GAMEKEEPER_DATA."
            raise EmbeddedPostgresError(msg) from None
        if not account.may_enter(home.folder):
            msg = (
                f"PostgreSQL's account (uid {account.uid}) may not enter {home.folder}. "
                "Move the data to a folder that others may pass through, or run as its owner."
            )
            raise EmbeddedPostgresError(msg)
        return home

    def bring_up(self) -> None:
        """Attach to a living server or start one; returns once the owner can log in."""
        self.cluster.check_version()
        deadline = time.monotonic() + _LOCK_SECONDS
        while self.cluster.postmaster() is not None:
            if self.accepts():
                if self._can_log_in():
                    return
            elif self._has_lost_its_socket():
                self.cluster.stop(binaries.reachable(self.account, self.folder))
            if time.monotonic() > deadline:
                msg = f"The embedded PostgreSQL in {self.folder} neither answers nor ends. See {self.cluster.log}."
                raise EmbeddedPostgresError(msg)
            time.sleep(0.05)
        programs = binaries.reachable(self.account, self.folder)
        fresh = not self.cluster.folder.exists()
        password = self.secret("superuser.secret", make=fresh)
        if fresh:
            self.cluster.create(programs, password)
        self.cluster.start(programs, self.socket_folder(make=True))
        asyncio.run(self._ensure_owner(fresh=fresh))

    def _can_log_in(self) -> bool:
        try:
            asyncio.run(self._ensure_owner(fresh=False))
        except (asyncpg.CannotConnectNowError, ConnectionError):
            return False
        return True

    async def _ensure_owner(self, *, fresh: bool) -> None:
        """The owner of the database: may make roles and databases, and is as powerless as on a managed server."""
        password = self.secret("owner.secret", make=True)
        if not fresh:
            try:
                connection = await asyncpg.connect(self.url(OWNER, "owner.secret", DATABASE))
            except (asyncpg.InvalidPasswordError, asyncpg.InvalidCatalogNameError):
                _log.warning("the database or its owner's password is missing, making it anew")
            else:
                await connection.close()
                return
        connection = await asyncpg.connect(self.url(SUPERUSER, "superuser.secret", "postgres"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER):
                await connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB")
            await connection.execute(f"ALTER ROLE {OWNER} PASSWORD '{password}'")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        finally:
            await connection.close()

    def _has_lost_its_socket(self) -> bool:
        # While it starts or stops there is no socket either; only "ready" without one means that it was deleted.
        try:
            status = (self.cluster.folder / "postmaster.pid").read_text().splitlines()[7].strip()
        except (FileNotFoundError, IndexError):
            return False
        return status == "ready" and not self.accepts()

    def accepts(self) -> bool:
        """Whether somebody listens on the socket: the only proof of life that a crash cannot fake."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.socket_folder() / f".s.PGSQL.{_PORT}"))
            except OSError:
                return False
        return True

    def socket_folder(self, *, make: bool = False) -> Path:
        """The private folder of the socket; a short one in /tmp when ours is too deep, or has a comma in its name.

        A comma would make it a list of hosts in a URL.
        """
        folder = self.folder / "run"
        if len(os.fsencode(folder / f".s.PGSQL.{_PORT}")) <= _LONGEST_SOCKET_PATH and "," not in str(folder):
            return folder
        note = self.folder / "socket-folder"
        if note.exists():
            short = Path(note.read_text())
            if _is_private(short, self.account):
                return short
        if make:
            short = Path(tempfile.mkdtemp(prefix="gamekeeper-", dir="/tmp"))  # a random name, mode 0700
            self.account.own(short)
            note.write_text(str(short))
            return short
        return folder

    def secret(self, name: str, *, make: bool) -> str:
        """The password in the file `name`, made 0600 when there is none."""
        path = self.folder / name
        try:
            if make and not path.exists():
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(new_password())
            return path.read_text()
        except OSError as error:
            msg = f"The password of the embedded PostgreSQL in {path} cannot be read: {error.strerror}."
            raise EmbeddedPostgresError(msg) from None

    def url(self, user: str, secret: str, database: str) -> str:
        """A URL for asyncpg and libpq; the host is the socket's folder."""
        host = quote(str(self.socket_folder()))
        return f"postgresql://{user}:{self.secret(secret, make=False)}@/{database}?host={host}&port={_PORT}"

    @contextmanager
    def starting(self) -> Generator[None]:
        """Only one process at a time makes, starts or stops."""
        descriptor = self.lock("start.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(descriptor)

    def lock(self, name: str, kind: int) -> int:
        """Wait for a lock of this folder; the descriptor holds it until closed, or until the process ends."""
        try:
            descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            msg = f"The data folder {self.folder} cannot be locked: {error.strerror}. It belongs to another user."
            raise EmbeddedPostgresError(msg) from None
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    msg = (
                        f"Another process has been starting PostgreSQL in {self.folder} for minutes. End it and retry."
                    )
                    raise EmbeddedPostgresError(msg) from None
                time.sleep(0.02)
            else:
                return descriptor


def _make_home(link: Path, account: Account) -> None:
    """Make `link` a folder, or a link to one elsewhere when PostgreSQL's account cannot come here (/root)."""
    folder = link
    if not account.may_enter(link.parent):
        name = hashlib.sha256(os.fsencode(link)).hexdigest()[:12]
        _ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder = _ELSEWHERE / name
        _log.info(
            "PostgreSQL keeps its files elsewhere: no unprivileged user may enter the data folder", files=str(folder)
        )
    # Ours alone, yet the server's account must be able to pass through to its own folders inside.
    folder.mkdir(mode=0o711 if account.switches else 0o700, exist_ok=True)
    folder.chmod(0o711 if account.switches else 0o700)
    if folder != link:
        link.symlink_to(folder)


def _is_private(folder: Path, account: Account) -> bool:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid == account.uid
