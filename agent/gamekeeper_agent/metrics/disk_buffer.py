"""The buffer of a real machine: rows in the local database.

SQLite in WAL mode rather than files of our own: a torn write, a full disk and a delete in the middle are
solved there, and one sample a minute needs no more speed.
"""

import logging
import sqlite3
from uuid import uuid4

from gamekeeper_agent.metrics.buffer import Batch, MemoryBuffer
from gamekeeper_agent.store import Store, transaction
from gamekeeper_wire.agent import Sample
from gamekeeper_wire.limits import MAX_SAMPLES

logger = logging.getLogger(__name__)

LIMIT = 50_000
"""About 35 days at one sample a minute, about 5 MB."""


class DiskBuffer:
    """Survives kill and power cut; when `limit` is reached the oldest samples go first, counted.

    While the disk refuses to write, samples wait in memory (one day of them) and move to the disk
    as soon as it takes them again.
    """

    def __init__(self, database: Store, limit: int = LIMIT) -> None:
        """Continue with what the database holds."""
        self._database = database
        self._limit = limit
        self._overflow = MemoryBuffer()
        # Batches the server has, whose rows a full disk did not let us delete yet.
        self._forgotten: set[str] = set()
        self._sent: set[str] = set()
        self._dropped = 0
        self._stored = int(database.execute("SELECT count(*) FROM samples").fetchone()[0])

    @property
    def depth(self) -> int:
        """Samples kept, on disk and in memory."""
        return max(0, self._stored) + self._overflow.depth

    @property
    def dropped(self) -> int:
        """Samples given up since the agent started."""
        return self._dropped + self._overflow.dropped

    @property
    def is_disk_refusing(self) -> bool:
        """Whether samples wait in memory because the disk takes none."""
        return self._overflow.depth > 0

    def append(self, sample: Sample) -> None:
        """Keep a sample; on disk when this returns, unless the disk refuses."""
        self._overflow.append(sample)
        self._settle()

    def next_batch(self) -> Batch | None:
        """The oldest batch; its id is on disk before it can be sent, so that a second sending is known as one."""
        self._settle()
        try:
            return self._open_batch() or self._new_batch()
        except sqlite3.Error as error:
            logger.warning("the disk refuses to read or mark a batch: %s", error)
            return None

    def forget(self, batch_id: str) -> None:
        """Delete a batch; remembered in memory while the disk refuses to delete."""
        self._forgotten.add(batch_id)
        self._settle()

    def _settle(self) -> None:
        """Do what the disk refused earlier, first the deletes because they make room."""
        try:
            for batch_id in tuple(self._forgotten):
                gone = self._database.execute("DELETE FROM samples WHERE batch = ?", (batch_id,)).rowcount
                self._stored -= gone
                self._forgotten.discard(batch_id)
                self._sent.discard(batch_id)
            self._flush_overflow()
        except sqlite3.Error as error:
            logger.warning("the disk refuses to write: %s (%d samples wait in memory)", error, self._overflow.depth)

    def _flush_overflow(self) -> None:
        while (waiting := self._overflow.next_batch()) is not None:
            with transaction(self._database):
                self._database.executemany(
                    "INSERT INTO samples (ts, cpu, memory, temperature, disk, latency) VALUES (?, ?, ?, ?, ?, ?)",
                    [(s.ts, s.cpu, s.memory, s.temperature, s.disk, s.latency) for s in waiting.samples],
                )
            self._overflow.forget(waiting.batch_id)
            self._stored += len(waiting.samples)
        if self._stored > self._limit:
            # In one go of a hundredth, so that a full buffer does not delete at every sample.
            excess = self._stored - self._limit + self._limit // 100
            gone = self._database.execute(
                "DELETE FROM samples WHERE id IN (SELECT id FROM samples ORDER BY id LIMIT ?)", (excess,)
            ).rowcount
            self._stored -= gone
            self._dropped += gone
            logger.warning("the sample buffer is full: the %d oldest samples were dropped", gone)

    def _open_batch(self) -> Batch | None:
        rows = self._database.execute("SELECT DISTINCT batch FROM samples WHERE batch IS NOT NULL").fetchall()
        for (batch_id,) in rows:
            if batch_id not in self._forgotten:
                samples = self._database.execute(
                    "SELECT ts, cpu, memory, temperature, disk, latency FROM samples WHERE batch = ? ORDER BY id",
                    (batch_id,),
                )
                return Batch(str(batch_id), [Sample(*row) for row in samples], replay=True)
        return None

    def _new_batch(self) -> Batch | None:
        batch_id = uuid4().hex
        with transaction(self._database):
            marked = self._database.execute(
                "UPDATE samples SET batch = ? WHERE id IN"
                " (SELECT id FROM samples WHERE batch IS NULL ORDER BY id LIMIT ?)",
                (batch_id, MAX_SAMPLES),
            ).rowcount
        fresh = self._open_batch() if marked else None
        return fresh._replace(replay=False) if fresh else None
