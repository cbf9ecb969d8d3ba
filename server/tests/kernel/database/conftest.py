"""A PostgreSQL of a test's own, whose superuser it may be."""

import tempfile
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from gamekeeper.kernel.database.embedded import EmbeddedPostgres


@pytest.fixture
def data() -> Generator[Path]:
    """A data folder that an unprivileged account may enter, unlike pytest's own; PostgreSQL is ended with it."""
    with tempfile.TemporaryDirectory(prefix="gk-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)
        while (process := postmaster(Path(folder))) is not None:
            process.kill()
            psutil.wait_procs([process], timeout=10)


@pytest.fixture
async def postgres(data: Path) -> EmbeddedPostgres:
    embedded = EmbeddedPostgres(data, durable=False)
    await embedded.start()
    return embedded


def postmaster(data: Path) -> psutil.Process | None:
    for process in psutil.process_iter():
        try:
            if Path(process.cwd() or "/").is_relative_to((data / "postgres").resolve()):
                parent = process.parent()
                return process if parent is None or parent.name() != "postgres" else parent
        except psutil.Error:
            continue
    return None
