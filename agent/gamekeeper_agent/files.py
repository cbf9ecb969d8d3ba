"""The state folder: private, written atomically, used by one agent at a time."""

import fcntl
import os
from pathlib import Path
from typing import IO

_ROOM = 64 * 1024
DEFAULT_FOLDER = Path("/var/lib/gamekeeper-agent")


class FolderInUse(Exception):
    """Another agent runs with this state folder."""


def state_folder() -> Path:
    """The folder named by GAMEKEEPER_AGENT_STATE, made private if it is new."""
    folder = Path(os.environ.get("GAMEKEEPER_AGENT_STATE", str(DEFAULT_FOLDER))).absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace a file as a whole, on disk when this returns: readers see the old one or the new one.

    Raises OSError, after which the old one stands as before.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def has_room(folder: Path) -> bool:
    """Whether the disk would take a certificate."""
    room = folder / ".room"
    try:
        write_atomically(room, bytes(_ROOM))
        room.unlink()
    except OSError:
        return False
    return True


def lock_folder(folder: Path) -> IO[bytes]:
    """Hold the folder until the returned file is closed or the process ends. Raises FolderInUse."""
    file = (folder / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise FolderInUse(f"another agent already runs with {folder}") from error
    return file
