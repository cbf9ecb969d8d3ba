"""The agent's database: SQLite, so that a kill, a power cut or a full disk leaves whole rows."""

import logging
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

logger = logging.getLogger(__name__)

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


def open_store(path: Path) -> sqlite3.Connection:
    """Open or make the database. A damaged one is moved aside and a new one begun, which is logged."""
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
def transaction(database: sqlite3.Connection) -> Generator[None]:
    """All statements inside, or none."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def read_meta(database: sqlite3.Connection, key: str) -> str | None:
    """One remembered value."""
    row = database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def write_meta(database: sqlite3.Connection, key: str, value: str) -> None:
    """Remember one value."""
    database.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
    )
