"""A data folder and an environment of its own for every test of the command line."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from gamekeeper.kernel.database.embedded import EmbeddedPostgres

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def data() -> Generator[Path]:
    """A data folder that an unprivileged PostgreSQL may enter; whatever still runs in it is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="gamekeeper-cli-"))
    folder.chmod(0o711)
    yield folder / "data"
    if (folder / "data" / "postgres" / "18").exists():
        postgres = EmbeddedPostgres(folder / "data", durable=False)
        postgres.start_now()
        postgres.stop_now()
    shutil.rmtree(folder)


@pytest.fixture
def environment(data: Path) -> dict[str, str]:
    """The environment of a process, without anything of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GAMEKEEPER_")}
    for name in ("DATABASE_URL", "REDIS_URL"):
        kept.pop(name, None)
    return {
        **kept,
        "GAMEKEEPER_DATA": str(data),
        "GAMEKEEPER_PORT": str(free_port()),
        "GAMEKEEPER_AGENT_PORT": str(free_port()),
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run `gamekeeper` to its end; keywords are further environment variables."""

    def run(*arguments: str | Path, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "gamekeeper", *map(str, arguments)],
            env={**environment, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )

    return run


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
