"""The key that wraps every other one: from the environment, or a file of the data folder made at the first start."""

import base64
import binascii
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from gamekeeper.kernel.errors import GamekeeperError
from gamekeeper.kernel.settings import Settings

FILE = "master.key"
RETIRED_FILE = "master.key.retired"
"""One key on each line: what was sealed with it is being rewrapped."""
_BYTES = 32


class MasterKeyBroken(GamekeeperError):
    """The master key is not 32 bytes in base64."""


class MasterKeyExposed(GamekeeperError):
    """The master key can be read by other users of this machine."""


def master_key(settings: Settings) -> bytes:
    """The 32 bytes of `GAMEKEEPER_MASTER_KEY`, else of `master.key` in the data folder, made when missing.

    Raises MasterKeyBroken, which says where the unreadable key is, or MasterKeyExposed.
    """
    if settings.master_key is not None:
        return _decode(settings.master_key.get_secret_value(), "GAMEKEEPER_MASTER_KEY")
    path = settings.data / FILE
    try:
        if not path.exists():
            _make(path)
        return _decode(_read(path), str(path))
    except OSError as error:
        raise MasterKeyBroken(f"The master key {path} cannot be used: {error.strerror}.") from error


def retired_keys(settings: Settings) -> list[bytes]:
    """Earlier master keys that still open what is not rewrapped yet. Raises MasterKeyBroken or MasterKeyExposed."""
    if settings.master_key_retired is not None:
        text = settings.master_key_retired.get_secret_value().replace(",", "\n")
        return [_decode(line, "GAMEKEEPER_MASTER_KEY_RETIRED") for line in text.split()]
    path = settings.data / RETIRED_FILE
    try:
        return [_decode(line, str(path)) for line in _read(path).split()] if path.exists() else []
    except OSError as error:
        raise MasterKeyBroken(f"The retired master key {path} cannot be used: {error.strerror}.") from error


def replace_file(settings: Settings) -> None:
    """Make a new master key and retire the one in the file; done already when one is retired."""
    current, retired = settings.data / FILE, settings.data / RETIRED_FILE
    if not retired.exists():
        # First the old key under its second name, then the new one: no moment is without the key of a secret.
        retired.hardlink_to(current)
    if _read(retired).strip() == _read(current).strip():
        partial = _write_new(current)
        partial.replace(current)


def forget_retired(settings: Settings) -> None:
    """Remove the retired key's file, when nothing needs it any more."""
    (settings.data / RETIRED_FILE).unlink(missing_ok=True)


def _read(path: Path) -> str:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise MasterKeyExposed(f"The master key {path} can be read by others (mode {mode:o}). Run: chmod 600 {path}")
    return path.read_text()


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
    partial = _write_new(path)
    # A link appears whole or not at all, and never replaces a key that another starting process has just made.
    with suppress(FileExistsError):
        path.hardlink_to(partial)
    partial.unlink()


def _write_new(path: Path) -> Path:
    """A new key in a file beside `path`, safely on the disk."""
    partial = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return partial
