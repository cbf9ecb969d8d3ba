"""The operating-system account that the embedded PostgreSQL runs as: ours, or an unprivileged one when we are root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_UNPRIVILEGED = ("postgres", "nobody")
# Nothing is inherited: PGDATA, PGPORT or PGOPTIONS of a developer's shell must not reach our server.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "HOME": "/"}


@dataclass(frozen=True, slots=True)
class Account:
    """`uid` and `gid` to run as; `switches` is False when that is who we are already."""

    uid: int
    gid: int
    switches: bool

    def run(
        self,
        arguments: Sequence[str | Path],
        timeout: float = 60,
        folder: Path = Path("/"),
        output: IO[str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in `folder` to its end as this account. Its own status is the caller's to judge.

        What it prints is kept in the answer, or goes to the open file `output` when it leaves a server behind.
        Raises PermissionError or FileNotFoundError when the account cannot reach the program, and
        subprocess.TimeoutExpired after `timeout` seconds.
        """
        return subprocess.run(  # noqa: S603  # our own binaries, no shell
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=output or subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            cwd=folder,
            env=_ENVIRONMENT,
            user=self.uid if self.switches else None,
            group=self.gid if self.switches else None,
            extra_groups=() if self.switches else None,
        )

    def may_enter(self, folder: Path) -> bool:
        """Whether this account can traverse every folder down to `folder`, asked of the system itself."""
        return not self.switches or self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0

    def own(self, folder: Path) -> None:
        """Make `folder`, which we own, private to this account."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.switches:
            os.chown(folder, self.uid, self.gid)


def choose(cluster: Path) -> Account:
    """The account for the cluster in `cluster`: the one that owns it, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switches=False)
    if cluster.exists():
        owner = cluster.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, switches=True)
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, switches=True)
    msg = (
        "PostgreSQL refuses to run as root and this system has neither a user 'postgres' nor 'nobody'. "
        "Make one (useradd --system postgres) or set DATABASE_URL."
    )
    raise LookupError(msg)
