"""Which ports a running Gamekeeper of this data folder holds, so that the doctor knows them from somebody else's."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


@contextmanager
def holding(data: Path, port: int) -> Generator[None]:
    """Keep word in the data folder that this process has `port`. However it ends, the kernel drops the lock.

    A folder that cannot be written does not keep a process from serving: only the doctor knows less.
    """
    try:
        descriptor = os.open(_file(data, port), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        log.info("the data folder cannot tell the doctor whose port this is", port=port, reason=error.strerror)
        yield
        return
    try:
        # Shared: two processes may have the same port of two addresses. It waits only while a doctor looks.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def is_held(data: Path, port: int) -> bool:
    """Whether a living process of this data folder has `port`. False too where the folder cannot be read."""
    try:
        descriptor = os.open(_file(data, port), os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _file(data: Path, port: int) -> Path:
    return data / f"port-{port}.lock"
