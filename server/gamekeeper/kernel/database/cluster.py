"""One PostgreSQL data folder: made, started, stopped, and told apart from whatever else has its process id."""

import os
import secrets
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from gamekeeper.kernel.database.account import Account
from gamekeeper.kernel.database.binaries import MAJOR, Binaries

SUPERUSER = "postgres"
_START_SECONDS = 300
_STOP_SECONDS = 60
_ORPHAN_SECONDS = 30
# What a power cut may break and kill -9 does not.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run; the message is one line that says what to do."""


class Cluster:
    """The data folder `home`/<major>. Callers hold the start lock around everything that changes it."""

    def __init__(self, home: Path, account: Account, *, durable: bool) -> None:
        self.folder = home / str(MAJOR)
        self.log = home / "log"
        self._home = home
        self._account = account
        self._durable = durable

    def check_version(self) -> None:
        """Raise when the data was made by another major version, which cannot be read."""
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            others = sorted(entry.name for entry in self._home.iterdir() if entry.name.isdigit() and entry.is_dir())
            if self.folder.exists():
                msg = f"{self.folder} is no PostgreSQL data folder. Move it away or restore a backup."
                raise EmbeddedPostgresError(msg) from None
            found = others[-1] if others else str(MAJOR)
        if found != str(MAJOR):
            msg = (
                f"The data in {self._home} was made by PostgreSQL {found}, this Gamekeeper brings PostgreSQL {MAJOR}. "
                f"Make a backup with the Gamekeeper that wrote it, move {self._home} away, then restore."
            )
            raise EmbeddedPostgresError(msg)

    def create(self, binaries: Binaries, superuser_password: str) -> None:
        """Run initdb beside the final name and rename, so that a killed initdb leaves nothing half-made."""
        partial = self._home / f"{MAJOR}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        self._account.own(partial)
        with tempfile.NamedTemporaryFile("w", prefix="gamekeeper-", suffix=".secret") as password_file:
            password_file.write(superuser_password + "\n")
            password_file.flush()
            if self._account.switches:
                os.chown(password_file.name, self._account.uid, self._account.gid)
            self._succeed(
                self._account.run(
                    [
                        binaries.tool("initdb"),
                        f"--pgdata={partial}",
                        f"--username={SUPERUSER}",
                        "--auth=scram-sha-256",
                        f"--pwfile={password_file.name}",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        *([] if self._durable else ["--no-sync"]),
                    ],
                    timeout=_START_SECONDS,
                ),
                "make its data folder",
            )
        partial.rename(self.folder)

    def start(self, binaries: Binaries, socket_folder: Path) -> None:
        """Start the server and wait until it answers, however long crash recovery takes (up to five minutes)."""
        self._clear_stale_locks(socket_folder)
        settings = {
            "listen_addresses": "",
            # A list of names to PostgreSQL: quoted, or a comma in the path would split it.
            "unix_socket_directories": '"' + str(socket_folder).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "jit": "off",
            "logging_collector": "on",
            "log_directory": str(self.log),
            "log_filename": "postgresql-%a.log",
            "log_rotation_age": "1d",
            "log_rotation_size": "0",
            "log_truncate_on_rotation": "on",
        } | ({} if self._durable else _NOT_DURABLE)
        options = shlex.join([part for name, value in settings.items() for part in ("-c", f"{name}={value}")])
        # Relative and without --log: pg_ctl hands paths to a shell in double quotes, which ours may contain.
        arguments = ("start", "--pgdata", self.folder.name, "--wait", "--timeout", str(_START_SECONDS))
        start_log = self.log / "start.log"
        with start_log.open("w") as output:
            started = self._account.run(
                [binaries.tool("pg_ctl"), *arguments, "--options", options],
                timeout=_START_SECONDS + 10,
                folder=self._home,
                output=output,
            )
        self._succeed(started, "start", start_log.read_text(errors="replace"))

    def stop(self, binaries: Binaries) -> None:
        """Disconnect everybody, write everything down and end. A server that is not running is no error."""
        if self.postmaster() is None:
            return
        arguments = ("stop", "--pgdata", self.folder, "--mode", "fast", "--wait", "--timeout", str(_STOP_SECONDS))
        stopped = self._account.run([binaries.tool("pg_ctl"), *arguments], timeout=_STOP_SECONDS + 10)
        if self.postmaster() is not None:
            self._succeed(stopped, "stop")

    def postmaster(self) -> psutil.Process | None:
        """The running server of this very folder, or None. A reused process id is not mistaken for it."""
        pid = _first_number(self.folder / "postmaster.pid")
        if pid is None:
            return None
        try:
            process = psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None
        return process if self._works_here(process) else None

    def _works_here(self, process: psutil.Process) -> bool:
        # The postmaster and all its children have the data folder as their working directory.
        try:
            folder = process.cwd()
            return bool(folder) and Path(folder).samefile(self.folder)
        except (psutil.Error, OSError):
            return False

    def _clear_stale_locks(self, socket_folder: Path) -> None:
        """Make way for a start after a crash.

        PostgreSQL itself removes a lock file whose process is gone, but takes any live process of the same user that
        got that number since (usual in containers), or one that nobody has waited for, for a running server.
        """
        deadline = time.monotonic() + _ORPHAN_SECONDS
        # Children of a killed server end by themselves; they must, before anybody else writes to the folder.
        while any(self._works_here(process) for process in psutil.process_iter()):
            if time.monotonic() > deadline:
                msg = f"Processes of a crashed PostgreSQL still work in {self.folder}. End them and start again."
                raise EmbeddedPostgresError(msg)
            time.sleep(0.05)
        for lock in (self.folder / "postmaster.pid", *socket_folder.glob(".s.PGSQL.*.lock")):
            pid = _first_number(lock)
            if pid is not None and psutil.pid_exists(pid):
                lock.unlink()

    def _succeed(self, done: subprocess.CompletedProcess[str], what: str, said: str = "") -> None:
        if done.returncode == 0:
            return
        lines = (said or done.stderr).splitlines()
        # The first complaint is the cause, those after it are consequences.
        told = [line for line in lines if any(word in line for word in ("FATAL: ", "LOG:  invalid", "error: "))]
        reason = (told or lines or [f"status {done.returncode}"])[0].rpartition("] ")[2].strip()
        msg = f"The embedded PostgreSQL could not {what}: {reason} (logs: {self.log})"
        raise EmbeddedPostgresError(msg)


def new_password() -> str:
    """A password that needs no quoting anywhere."""
    return secrets.token_urlsafe(32)


def _first_number(lock: Path) -> int | None:
    try:
        # A single-user server writes its number with a minus sign.
        return abs(int(lock.read_text().splitlines()[0]))
    except (FileNotFoundError, IndexError, ValueError):
        return None
