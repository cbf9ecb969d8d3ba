"""Where the content of files lies: the data folder, S3, Google Cloud Storage or Azure."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store, from_url

from gamekeeper.kernel.errors import GamekeeperError, NotFound, TooLarge
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.storage.sniffing import HEAD_BYTES, UNKNOWN, sniffed

_CHUNK = 256 * 1024
_PART = 5 * 1024 * 1024


class FileTooLarge(TooLarge):
    """This file is too large."""


class StorageBroken(GamekeeperError):
    """The storage of files cannot be used."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was found out about content while it was written."""

    size: int
    sha256: str
    type: str


class Storage:
    """Content under keys. The keys are ours: two ids and a slash."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def open(cls, settings: Settings) -> "Storage":
        """The storage that the settings name. Raises StorageBroken for an address that is none."""
        if not settings.files_url:
            folder = settings.data.absolute() / "files"
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(LocalStore(folder), folder)
        try:
            return cls(from_url(settings.files_url))
        except (BaseError, ValueError) as error:
            raise StorageBroken(f"GAMEKEEPER_FILES_URL cannot be used: {_line(error)}") from error

    async def write(
        self, key: str, content: bytes | AsyncIterable[bytes], *, most_bytes: int, save_as: str = "file"
    ) -> Stored:
        """Store content under a new key; nothing is left when it breaks off. Raises FileTooLarge.

        An object store that gives it out itself says that it is a download, to be saved under a name.
        """
        self._refuse_links(key)
        count = _Count(most_bytes)
        await obstore.put_async(
            self._store,
            key,
            count.through(content),
            # The folder's driver knows no attributes; our own door sends the headers there.
            attributes=None if self._folder else {"Content-Disposition": disposition(save_as), "Content-Type": UNKNOWN},
            chunk_size=_PART,
            max_concurrency=2,
        )
        return Stored(count.size, count.digest.hexdigest(), sniffed(bytes(count.head)))

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """The content, piece by piece. Raises NotFound."""
        self._refuse_links(key)
        try:
            result = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise NotFound(kind="file") from error
        async for piece in result.stream(min_chunk_size=_CHUNK):
            yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Delete content; that it is gone already is fine."""
        self._refuse_links(key)
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def keys(self, older_than: datetime) -> AsyncIterator[list[str]]:
        """The keys of content that was written before a moment, in batches."""
        async for batch in obstore.list(self._store, chunk_size=500):  # pyright: ignore[reportUnknownMemberType] - its other overloads answer in Arrow
            yield [item["path"] for item in batch if item["last_modified"] < older_than]

    async def signed(self, key: str, seconds: int) -> str | None:
        """The store's own address of some content that expires; None where it cannot make one."""
        if isinstance(self._store, S3Store | GCSStore | AzureStore):
            return await obstore.sign_async(self._store, "GET", key, timedelta(seconds=seconds))
        return None

    def remove_halves(self, before: float) -> int:
        """Remove what a killed process left half-written in the folder before `before` (epoch seconds)."""
        if self._folder is None:
            return 0
        halves = [path for path in self._folder.glob("*/*#*") if path.lstat().st_mtime < before]
        for path in halves:
            path.unlink(missing_ok=True)
        return len(halves)

    def _refuse_links(self, key: str) -> None:
        """The folder's driver follows symbolic links; nothing of ours is one."""
        if self._folder is None:
            return
        path = self._folder
        for part in key.split("/"):
            path = path / part
            if path.is_symlink():
                raise NotFound(kind="file")


class _Count:
    """Measures content on its way."""

    def __init__(self, most_bytes: int) -> None:
        self.size = 0
        self.head = bytearray()
        self.digest = hashlib.sha256()
        self._most = most_bytes

    async def through(self, content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        async for piece in _pieces(content):
            self.size += len(piece)
            if self.size > self._most:
                raise FileTooLarge(f"A file may have at most {self._most} bytes here.")
            self.digest.update(piece)
            if len(self.head) < HEAD_BYTES:
                self.head += piece[: HEAD_BYTES - len(self.head)]
            yield piece


async def _pieces(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        for start in range(0, len(content), _CHUNK):
            yield content[start : start + _CHUNK]
        return
    async for piece in content:
        yield piece


def disposition(name: str) -> str:
    """A Content-Disposition that saves under `name`, whatever characters it has (RFC 6266 and 8187)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = (
        "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in last)[:100].strip(". ") or "file"
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last[:200], safe='')}"


def _line(error: Exception) -> str:
    """The library's first line; the others are a dump of its insides."""
    return str(error).partition("\n")[0]
