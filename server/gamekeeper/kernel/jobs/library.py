"""pgqueuer as we use it: names that no environment variable changes, and a driver that needs no NOTIFY."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Self

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.models import TableChangedEvent
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver, NotifyCallback

from gamekeeper.kernel.database.pools import Connection

_CHANNEL = Channel("ch_pgqueuer")

# Written out, because the library also reads them from variables such as QUEUE_TABLE or DURABILITY.
SETTINGS = DBSettings(
    prefix="",
    db_schema=None,
    channel=_CHANNEL,
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
    widen_id=False,
)


def queries(driver: Driver) -> Queries:
    """The library's statements on a connection of ours."""
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(SETTINGS),
        qbq=QueryQueueBuilder(SETTINGS),
        qbs=QuerySchedulerBuilder(SETTINGS),
    )


def queries_on(connection: Connection) -> Queries:
    """The library's statements in the transaction of `connection`."""
    return queries(AsyncpgDriver(connection))  # pyright: ignore[reportArgumentType] - a pool's proxy is as good


class Link(Driver):
    """The worker's one connection to the queue: claims, heartbeats and the locks of keys.

    The locks belong to the connection, so PostgreSQL lets go of them in the moment that a worker is killed. `wake`
    stands in for the library's NOTIFY: it makes the queue managers look again.
    """

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()
        self._callbacks: list[NotifyCallback] = []
        self._held: set[int] = set()
        self._waking: asyncio.TimerHandle | None = None
        self._shutdown = asyncio.Event()

    def wake(self, _keys: object = None) -> None:
        """Look for jobs now; many calls within two milliseconds are one."""
        if self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(0.002, self._woken)

    def _woken(self) -> None:
        self._waking = None
        event = TableChangedEvent(
            channel=_CHANNEL, sent_at=datetime.now(UTC), type="table_changed_event", operation="insert", table="jobs"
        )
        self._deliver(event.model_dump_json())

    def _deliver(self, payload: str) -> None:
        for callback in tuple(self._callbacks):
            callback(payload)

    async def take(self, lock: int) -> bool:
        """Take the lock of a key, unless this worker or another one has it."""
        if lock in self._held:
            return False
        self._held.add(lock)
        taken = False
        try:
            taken = bool((await self.fetch("SELECT pg_try_advisory_lock($1) AS taken", lock))[0]["taken"])
        finally:
            if not taken:
                self._held.discard(lock)
        return taken

    async def release(self, lock: int) -> None:
        """Give a key's lock back."""
        try:
            await self.fetch("SELECT pg_advisory_unlock($1)", lock)
        finally:
            self._held.discard(lock)

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Rows of a statement."""
        return await self._run(lambda: self._connection.fetch(query, *args))

    async def _run(self, act: Callable[[], Any]) -> list[dict[str, object]]:
        async with self._one_at_a_time:
            return [dict(row) for row in await act()]

    async def execute(self, query: str, *args: object) -> str:
        """The status of a statement."""
        async with self._one_at_a_time:
            return await self._connection.execute(query, *args)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Called by a queue manager, once; there is one channel."""
        del channel
        self._callbacks.append(callback)

    async def notify(self, channel: str, payload: str) -> None:
        """The library's own probe of its listener: nothing leaves the process."""
        del channel
        self._deliver(payload)

    @property
    def shutdown(self) -> asyncio.Event:
        """Part of the library's protocol."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """Part of the library's protocol; we start no tasks in it."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """The connection belongs to whoever opened it."""
