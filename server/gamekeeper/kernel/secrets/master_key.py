"""The key that wraps every other one: from the environment, or a file of the data folder made at the first start."""

import base64
import binascii
import os
import secrets
from contextlib import suppress
from pathlib import Path

from gamekeeper.kernel.errors import GamekeeperError
from gamekeeper.kernel.settings import Settings

FILE = "master.key"
_BYTES = 32


class MasterKeyBroken(GamekeeperError):
    """The master key is not 32 bytes in base64."""


def master_key(settings: Settings) -> bytes:
    """The 32 bytes of `GAMEKEEPER_MASTER_KEY`, else of `master.key` in the data folder, made when missing.

    Raises MasterKeyBroken, which says where the unreadable key is.
    """
    if settings.master_key is not None:
        return _decode(settings.master_key.get_secret_value(), "GAMEKEEPER_MASTER_KEY")
    path = settings.data / FILE
    try:
        if not path.exists():
            _make(path)
        return _decode(path.read_text(), str(path))
    except OSError as error:
        raise MasterKeyBroken(f"The master key {path} cannot be used: {error.strerror}.") from error


def _decode(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise MasterKeyBroken(f"The master key in {where} is not 32 bytes in base64. Restore it from your backup.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    # A link appears whole or not at all, and never replaces a key that another starting process has just made.
    with suppress(FileExistsError):
        path.hardlink_to(partial)
    partial.unlink()
