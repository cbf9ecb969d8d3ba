"""Hints between processes: "there is something new". Losing one costs a second, never a fact."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import Callable
from uuid import uuid4

import asyncpg
import structlog

log = structlog.get_logger(__name__)

CHANNEL = "gamekeeper"
_BATCH_SECONDS = 0.005
_PAYLOAD_BYTES = 7000  # PostgreSQL refuses a payload of 8,000 bytes or more.

Listener = Callable[[frozenset[str]], None]


class Hints:
    """`poke(topic, key)` wakes the listeners of a topic here at once and in other processes by one batched NOTIFY.

    A NOTIFY takes a lock of the whole database at commit, so hints are never sent inside the caller's transaction:
    they go out together, a few milliseconds after it. Listeners must not block, and must poll besides: a hint may be
    lost.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._node = uuid4().hex[:12]
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._pending: dict[str, set[str]] = defaultdict(set)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start listening and sending in the background."""
        self._task = asyncio.create_task(self._run(), name="hints")

    async def close(self) -> None:
        """Stop; hints that were not sent yet are dropped, since their readers poll."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener(keys)` after pokes of `topic`, from here or elsewhere. Returns how to stop."""
        self._listeners[topic].append(listener)
        return lambda: self._listeners[topic].remove(listener)

    def poke(self, topic: str, *keys: str) -> None:
        """Say that there is something new under `topic`; `keys` (ids only) narrow it down."""
        self._deliver(topic, frozenset(keys))
        self._pending[topic].update(keys)
        self._wake.set()

    def _deliver(self, topic: str, keys: frozenset[str]) -> None:
        for listener in tuple(self._listeners[topic]):
            listener(keys)

    def _received(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        message: tuple[str, str, list[str]] = json.loads(str(payload))
        node, topic, keys = message
        if node != self._node:
            self._deliver(topic, frozenset(keys))

    async def _run(self) -> None:
        while True:
            try:
                connection = await asyncpg.connect(self._url, server_settings={"application_name": "gamekeeper hints"})
            except (OSError, asyncpg.PostgresError) as error:
                log.warning("hints are down, readers poll meanwhile", error=str(error))
                await asyncio.sleep(1)
                continue
            try:
                await connection.add_listener(CHANNEL, self._received)
                for topic in tuple(self._listeners):
                    self._deliver(topic, frozenset())  # whatever happened while nobody listened
                await self._send(connection)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("hints were interrupted", error=str(error))
                await asyncio.sleep(0.2)
            finally:
                connection.terminate()

    async def _send(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        while True:
            try:
                async with asyncio.timeout(5):
                    await self._wake.wait()
            except TimeoutError:
                await connection.execute("SELECT 1")  # notices a dead server although nothing is to be said
                continue
            await asyncio.sleep(_BATCH_SECONDS)
            self._wake.clear()
            pending = dict(self._pending)
            self._pending.clear()
            payloads = [payload for topic, keys in pending.items() for payload in self._payloads(topic, sorted(keys))]
            await connection.execute("SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload", CHANNEL, payloads)

    def _payloads(self, topic: str, keys: list[str]) -> list[str]:
        chunks: list[list[str]] = [[]]
        size = 0
        for key in keys:
            if size + len(key) > _PAYLOAD_BYTES:
                chunks.append([])
                size = 0
            chunks[-1].append(key)
            size += len(key) + 3
        return [json.dumps((self._node, topic, chunk), separators=(",", ":")) for chunk in chunks]
