"""The archive of a backup: one tar with a manifest at its end that knows the checksum of everything before it."""

import hashlib
import io
import os
import tarfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from gamekeeper.commands.failures import StartRefused

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
KEY = "master.key"
_CHUNK = 1 << 20
_LONGEST_MANIFEST = 64 << 20


class Member(msgspec.Struct, frozen=True):
    """Size in bytes and SHA-256 in hex of one member."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, kw_only=True):
    """What an archive holds, and what is needed to use it."""

    format: int = FORMAT
    gamekeeper: str
    created: str
    postgres: int
    revision: str
    role_prefix: str
    key_fingerprint: str
    rows: dict[str, int]
    system_functions: list[str]
    members: dict[str, Member] = {}


class Writer:
    """Adds members and remembers their checksums."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, Member] = {}

    def add(self, name: str, file: Path) -> None:
        """Add a file that nobody changes meanwhile."""
        info = tarfile.TarInfo(name)
        info.mode = 0o600
        with file.open("rb") as opened:
            info.size = os.fstat(opened.fileno()).st_size
            reading = _Hashing(opened)
            self._tar.addfile(info, reading)
        self.members[name] = Member(info.size, reading.hash.hexdigest())

    def add_folder(self, name: str, folder: Path) -> None:
        """Add every regular file below `folder`; links are not followed."""
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.is_symlink():
                self.add(f"{name}/{file.relative_to(folder).as_posix()}", file)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, last."""
        manifest.members = self.members
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        info = tarfile.TarInfo(MANIFEST)
        info.mode, info.size = 0o600, len(content)
        self._tar.addfile(info, io.BytesIO(content))


@contextmanager
def writing(path: Path) -> Generator[Writer]:
    """Write an archive that only its owner may read; it appears under its name when it is whole."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path, into: Path | None = None) -> Manifest:
    """Check every member against the manifest; unpack into the empty folder `into` on the way, when given.

    Raises StartRefused for what is no archive, is damaged, or names a place outside of `into`.
    """
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                source = tar.extractfile(info) if info.isreg() else None
                if source is None or not _is_inside(info.name):
                    raise StartRefused(f"{path} holds {info.name!r}, which no backup of ours does.")
                if info.name == MANIFEST:
                    manifest = msgspec.json.decode(source.read(_LONGEST_MANIFEST), type=Manifest)
                else:
                    found[info.name] = _copy(source, into / info.name if into else None)
    except FileNotFoundError:
        raise StartRefused(f"There is no {path}.") from None
    except (tarfile.TarError, msgspec.MsgspecError, EOFError) as error:
        raise StartRefused(f"{path} is no archive of gamekeeper backup, or it is damaged ({error}).") from error
    if manifest is None:
        raise StartRefused(f"{path} ends too early: its manifest is missing.")
    if manifest.format != FORMAT:
        raise StartRefused(f"{path} was written by a newer Gamekeeper ({manifest.gamekeeper}). Install that first.")
    differing = sorted(
        name for name in found.keys() | manifest.members.keys() if found.get(name) != manifest.members.get(name)
    )
    if differing:
        raise StartRefused(f"{path} is damaged: {differing[0]} is not what was written.")
    return manifest


def fingerprint(key: bytes) -> str:
    """Tells one master key from another without saying anything about it."""
    return hashlib.blake2b(b"gamekeeper backup", key=key, digest_size=8).hexdigest()


class _Hashing(io.RawIOBase):
    """Hashes what is read through it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        return data


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)


def _copy(source: IO[bytes], target: Path | None) -> Member:
    hashing = _Hashing(source)
    size = 0
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with open(os.devnull if target is None else target, "wb") as out:  # noqa: PTH123  # devnull is no Path
        while chunk := hashing.read(_CHUNK):
            out.write(chunk)
            size += len(chunk)
    return Member(size, hashing.hash.hexdigest())
