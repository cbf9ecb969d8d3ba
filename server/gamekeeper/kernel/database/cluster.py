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
_SAFE_TO_LOSE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


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
        self._clear_stale_pid()
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
        } | ({} if self._durable else _SAFE_TO_LOSE)
        options = shlex.join([part for name, value in settings.items() for part in ("-c", f"{name}={value}")])
        start_log = self.log / "start.log"
        started = self._account.run(
            [
                *(
                    binaries.tool("pg_ctl"),
                    "start",
                    "--pgdata",
                    self.folder,
                    "--wait",
                    "--timeout",
                    str(_START_SECONDS),
                ),
                *("--log", start_log, "--options", options),
            ],
            timeout=_START_SECONDS + 10,
        )
        self._succeed(started, "start", start_log)

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
        pid = self._recorded_pid()
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

    def _clear_stale_pid(self) -> None:
        """Make way for a start after a crash.

        PostgreSQL itself removes a postmaster.pid whose process is gone, but takes any live process of the same user
        that got that number since (usual in containers) for a running server, and would never start again.
        """
        deadline = time.monotonic() + _ORPHAN_SECONDS
        # Children of a killed server end by themselves; they must, before anybody else writes to the folder.
        while any(self._works_here(process) for process in psutil.process_iter()):
            if time.monotonic() > deadline:
                msg = f"Processes of a crashed PostgreSQL still work in {self.folder}. End them and start again."
                raise EmbeddedPostgresError(msg)
            time.sleep(0.05)
        pid = self._recorded_pid()
        if pid is not None and psutil.pid_exists(pid):
            (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _succeed(self, done: subprocess.CompletedProcess[str], what: str, log: Path | None = None) -> None:
        if done.returncode == 0:
            return
        lines = (done.stderr + "\n" + (_tail(log) if log else "")).splitlines()
        told = [line.strip() for line in lines if "FATAL" in line or "error:" in line or "could not" in line]
        reason = told[-1] if told else (lines[0] if lines else f"status {done.returncode}")
        msg = f"The embedded PostgreSQL could not {what}: {reason} (logs: {self.log})"
        raise EmbeddedPostgresError(msg)


def new_password() -> str:
    """A password that needs no quoting anywhere."""
    return secrets.token_urlsafe(32)


def _tail(log: Path) -> str:
    with log.open(errors="replace") as lines:
        return "".join(lines.readlines()[-20:])
