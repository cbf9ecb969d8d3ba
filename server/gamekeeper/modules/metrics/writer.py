"""The writer of one process: takes batches from many sockets, stores them together, says when they are safe."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram

from gamekeeper.kernel.background import background
from gamekeeper.kernel.database.pools import DATABASE_LOST, STATEMENT_REFUSED
from gamekeeper.kernel.errors import Invalid, Unavailable
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.metrics import partitions
from gamekeeper.modules.metrics.live import Live
from gamekeeper.modules.metrics.rows import Batch, pack
from gamekeeper.modules.metrics.settings import MetricsSettings, metrics_settings
from gamekeeper.modules.metrics.storing import Store
from gamekeeper_wire.agent import Sample

log = structlog.get_logger(__name__)

ROWS = Counter("gamekeeper_metrics_rows_total", "Readings stored.")
REFUSED = Counter("gamekeeper_metrics_refused_total", "Readings refused.", ("reason",))
WAITING = Gauge("gamekeeper_metrics_waiting_rows", "Readings taken and not stored yet.")
SECONDS = Histogram("gamekeeper_metrics_store_seconds", "Time to store what had gathered.")

MOST_WAITING = 100_000
"""Rows in memory (about 10 MB); beyond that `accept` waits, and so does the socket that it reads for."""
MOST_AT_ONCE = 20_000
"""Rows of one transaction: larger ones are no faster and keep everybody waiting for their answer."""
TICK_SECONDS = 0.05
_LATE_MS = 300_000


class ReadingsRefused(Invalid):
    """None of these readings can be stored."""


class ReadingsNotStored(Unavailable):
    """The readings could not be stored at the moment. Send them again as a replay."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one batch: rows committed, and how many values or samples were refused, by reason."""

    rows: int
    refused: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(slots=True)
class _Waiting:
    batch: Batch
    answer: asyncio.Future[Stored]


class Writer:
    """Gathers batches for a moment and stores them in one COPY a day's partition, for all organizations together."""

    def __init__(self, runtime: Runtime, settings: MetricsSettings, clock: Callable[[], float] = time.time) -> None:
        self._runtime = runtime
        self._settings = settings
        self._clock = clock
        self._store = Store(runtime.database, runtime.roles, self.prepare)
        self._live = Live(runtime)
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def accept(
        self, organization_id: UUID, device_id: UUID, samples: Sequence[Sample], *, replay: bool
    ) -> asyncio.Future[Stored]:
        """Take one batch of a device. Waits while the buffer is full: that is the back-pressure on its socket.

        The future is resolved when the rows are committed and readers see them; only then may the batch be
        acknowledged. It raises ReadingsRefused when nothing of the batch can ever be stored, and
        ReadingsNotStored when the database is away: then the agent must keep the batch and send it again.
        `replay` says that some of it may be stored already; each (device, ts) is stored once.
        """
        while not self._room.is_set():
            await self._room.wait()
        now_ms = int(self._clock() * 1000)
        batch = pack(
            organization_id,
            device_id,
            samples,
            replay=replay,
            now_ms=now_ms,
            oldest_ms=now_ms - int(self._settings.raw.total_seconds() * 1000),
            late_ms=now_ms - now_ms % _LATE_MS - _LATE_MS,
        )
        for reason, count in batch.refused.items():
            REFUSED.labels(reason).inc(count)
        answer: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        if not batch.count:
            answer.set_exception(ReadingsRefused(refused=dict(batch.refused)))
            return answer
        self._waiting.append(_Waiting(batch, answer))
        self._count(batch.count)
        self._wake.set()
        return answer

    async def run(self) -> None:
        """Store what gathers, until cancelled."""
        while True:
            await self._wake.wait()
            if self._rows < MOST_AT_ONCE:
                # A moment for others to join: a COPY of one row costs nearly as much as one of a hundred.
                await asyncio.sleep(TICK_SECONDS)
            await self._store_some()

    async def drain(self) -> None:
        """Store everything that has been accepted."""
        while self._waiting:
            await self._store_some()

    async def prepare(self) -> None:
        """Make the partitions that the next readings need."""
        await partitions.prepare(self._runtime.database, self._settings, datetime.fromtimestamp(self._clock(), UTC))

    async def _store_some(self) -> None:
        some = self._take()
        started = time.perf_counter()
        try:
            errors = await self._store.put([waiting.batch for waiting in some])
        except (*DATABASE_LOST, *STATEMENT_REFUSED) as error:
            log.warning("readings could not be stored", batches=len(some), reason=str(error) or type(error).__name__)
            for waiting in some:
                _settle(waiting, ReadingsNotStored())
            # The agents send again later; a database that is just coming up is not helped by haste.
            await asyncio.sleep(TICK_SECONDS)
        except BaseException:
            for waiting in some:
                _settle(waiting, ReadingsNotStored())
            raise
        else:
            SECONDS.observe(time.perf_counter() - started)
            for place, waiting in enumerate(some):
                _settle(waiting, errors.get(place))
            stored = [waiting.batch for place, waiting in enumerate(some) if place not in errors]
            ROWS.inc(sum(batch.count for batch in stored))
            self._live.show(stored)
        finally:
            self._count(-sum(waiting.batch.count for waiting in some))

    def _take(self) -> list[_Waiting]:
        some: list[_Waiting] = []
        rows = 0
        while self._waiting and rows < MOST_AT_ONCE:
            some.append(self._waiting.popleft())
            rows += some[-1].batch.count
        if not self._waiting:
            self._wake.clear()
        return some

    def _count(self, rows: int) -> None:
        self._rows += rows
        WAITING.set(self._rows)
        if self._rows < MOST_WAITING:
            self._room.set()
        else:
            self._room.clear()


def _settle(waiting: _Waiting, error: Exception | None) -> None:
    if waiting.answer.done():
        return
    if error is None:
        waiting.answer.set_result(Stored(waiting.batch.count, dict(waiting.batch.refused)))
    else:
        waiting.answer.set_exception(error)


@asynccontextmanager
async def open_writer(runtime: Runtime) -> AsyncGenerator[Writer]:
    """A running writer; at the end of the block everything accepted is stored."""
    writer = Writer(runtime, metrics_settings())
    await writer.prepare()
    async with background(metrics=writer.run):
        yield writer
    await writer.drain()
