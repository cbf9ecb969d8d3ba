"""The agent's database: SQLite, so that a kill, a power cut or a full disk leaves whole rows."""

import logging
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

logger = logging.getLogger(__name__)

_REFUSED = (sqlite3.OperationalError, OSError)
"""A full disk, and whatever else keeps the database from being opened though it is not damaged."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY, batch TEXT,
    ts INTEGER NOT NULL, cpu REAL, memory REAL, temperature REAL, disk REAL, latency REAL);
CREATE INDEX IF NOT EXISTS samples_batch ON samples (batch) WHERE batch IS NOT NULL;
CREATE TABLE IF NOT EXISTS commands (
    command_id TEXT PRIMARY KEY, action TEXT NOT NULL, boot_id TEXT NOT NULL,
    began INTEGER NOT NULL, result BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (seq INTEGER PRIMARY KEY AUTOINCREMENT, segment BLOB NOT NULL);
"""


class Store:
    """A connection to the database, or a stand-in in memory for as long as the disk refuses to open it.

    The stand-in knows what the disk held and takes nothing new: whoever writes meets the error of a full disk and
    keeps its news in memory. So nothing has to be merged when the disk opens at last.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the database. A damaged one is moved aside and a new one begun, which is logged."""
        self._path = path
        self.is_standing_in = False
        try:
            self._connection = _open_or_begin_anew(path)
        except _REFUSED as error:
            logger.error("the local database cannot be opened: %s (until it can, all is kept in memory)", error)  # noqa: TRY400 (the trace says no more)
            self._connection = _stand_in(path)
            self.is_standing_in = True

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement. Raises sqlite3.Error."""
        return self._connection.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        """Run one statement for each row. Raises sqlite3.Error."""
        return self._connection.executemany(statement, rows)

    def open_again(self) -> None:
        """Go over to the disk if it opens by now."""
        if not self.is_standing_in:
            return
        try:
            opened = _open_or_begin_anew(self._path)
        except _REFUSED:
            return
        self._connection.close()
        self._connection, self.is_standing_in = opened, False
        logger.info("the local database is open again")

    def close(self) -> None:
        """No statement may follow."""
        self._connection.close()


def open_store(path: Path) -> Store:
    """The agent's database, whatever the disk says."""
    return Store(path)


def _open_or_begin_anew(path: Path) -> sqlite3.Connection:
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        aside = path.with_suffix(f".broken-{token_hex(4)}")
        logger.error("the local database is damaged (%s): moved to %s, beginning a new one", error, aside.name)  # noqa: TRY400 (the trace says no more)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.rename(aside)
        return _open(path)


def _stand_in(path: Path) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    # Held alone, the index of the last writes needs no file. A disk that is read-only shows what was before them.
    for how in ("mode=rw", "immutable=1"):
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=1)) as disk:
                disk.execute("PRAGMA locking_mode=EXCLUSIVE")
                disk.backup(memory, progress=_give_up_when_busy)
            break
        except sqlite3.Error as error:
            logger.warning("the local database cannot be read (%s): %s", how, error)
            memory.close()
            memory = sqlite3.connect(":memory:", isolation_level=None)
    memory.executescript(_SCHEMA)
    memory.execute("PRAGMA query_only=ON")
    return memory


def _give_up_when_busy(status: int, _left: int, _all: int) -> None:
    # A copy would wait for ever.
    if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        raise sqlite3.OperationalError("the database is locked")


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=5)
    try:
        path.chmod(0o600)
        database.execute("PRAGMA journal_mode=WAL")
        # Every commit reaches the disk: at most one per sample and one per five seconds of a lease.
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA journal_size_limit=1048576")
        database.execute("PRAGMA quick_check(1)").fetchone()
        database.executescript(_SCHEMA)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def transaction(database: Store) -> Generator[None]:
    """All statements inside, or none."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def read_meta(database: Store, key: str) -> str | None:
    """One remembered value."""
    row = database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def write_meta(database: Store, key: str, value: str) -> None:
    """Remember one value."""
    database.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
    )
