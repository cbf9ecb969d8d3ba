"""What killed test runs left behind: clusters that nobody uses any more."""

import fcntl
import shutil
import tempfile
import time
from pathlib import Path

from gamekeeper.kernel.database.embedded import EmbeddedPostgres

# A cluster of a test run is locked by its users all the time; a started program's is not, between kill and restart.
_AGES = {"gamekeeper-tests-*": 60, "gamekeeper-run-*/data": 7200}


def sweep() -> None:
    """End and remove them. One that another run uses, or has only just made, stays."""
    for pattern, age in _AGES.items():
        for data in Path(tempfile.gettempdir()).glob(pattern):
            if _is_left(data, age):
                postgres = EmbeddedPostgres(data, durable=False)
                postgres.start_now()
                postgres.stop_now()
                shutil.rmtree(data if data.name != "data" else data.parent, ignore_errors=True)


def _is_left(data: Path, age: float) -> bool:
    try:
        if time.time() - data.stat().st_mtime < age:
            return False
        with (data / "postgres" / "users.lock").open("r+b") as users:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
