"""What hints travel on: PostgreSQL's LISTEN/NOTIFY, or Redis where there is one."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import asyncpg
import redis.asyncio
import structlog
from redis.exceptions import RedisError

from gamekeeper.kernel.database.pools import DATABASE_LOST

log = structlog.get_logger(__name__)

CHANNEL = "gamekeeper"
MOST_BYTES = 7500
"""Of one message: PostgreSQL refuses 8,000, and with it the whole statement."""
_LOST = (*DATABASE_LOST, asyncpg.PostgresError)


class Transport(Protocol):
    """Carries texts of at most MOST_BYTES to every process, this one included. Loses some when it breaks."""

    @property
    def connected(self) -> bool:
        """Whether other processes can be heard at the moment."""
        ...

    async def run(self, received: Callable[[str], None], recovered: Callable[[], None]) -> None:
        """Receive until cancelled, reconnecting by itself; `recovered` after each (re)connect."""
        ...

    async def send(self, messages: Sequence[str]) -> None:
        """Send, or drop while there is no connection."""
        ...


class PostgresTransport:
    """One connection that listens and notifies; many messages are one statement and so one commit."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._lock = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """Whether the listening connection stands."""
        return self._connection is not None and not self._connection.is_closed()

    async def run(self, received: Callable[[str], None], recovered: Callable[[], None]) -> None:
        """Listen until cancelled. A round trip every few seconds notices a dead server though nothing is said."""
        while True:
            try:
                connection = await asyncpg.connect(self._url, server_settings={"application_name": "gamekeeper hints"})
            except _LOST as error:
                log.warning("hints are down; readers poll meanwhile", error=str(error))
                await asyncio.sleep(0.5)
                continue
            try:

                def heard(_connection: object, _pid: int, _channel: str, payload: object) -> None:
                    received(str(payload))

                await connection.add_listener(CHANNEL, heard)
                self._connection = connection
                recovered()
                while not connection.is_closed():
                    await asyncio.sleep(2)
                    async with self._lock, asyncio.timeout(10):
                        await connection.execute("SELECT 1")
            except (*_LOST, TimeoutError) as error:
                log.warning("hints were interrupted", error=str(error))
            finally:
                self._connection = None
                connection.terminate()

    async def send(self, messages: Sequence[str]) -> None:
        """NOTIFY all of `messages` in one statement."""
        connection = self._connection
        if connection is None or connection.is_closed():
            return
        try:
            async with self._lock:
                await connection.execute("SELECT pg_notify($1, m) FROM unnest($2::text[]) m", CHANNEL, list(messages))
        except _LOST as error:
            log.warning("hints were not sent; readers poll", error=str(error))


class RedisTransport:
    """Redis publish and subscribe, on one channel for each installation."""

    def __init__(self, url: str, prefix: str) -> None:
        self._redis: Any = redis.asyncio.from_url(url, socket_timeout=10, health_check_interval=5)
        self._channel = f"{prefix}:hints"
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether the subscription stands."""
        return self._connected

    async def run(self, received: Callable[[str], None], recovered: Callable[[], None]) -> None:
        """Subscribe until cancelled."""
        try:
            while True:
                try:
                    await self._listen(received, recovered)
                except (OSError, RedisError) as error:
                    log.warning("hints were interrupted; readers poll meanwhile", error=str(error))
                    await asyncio.sleep(0.5)
                finally:
                    self._connected = False
        finally:
            await self._redis.aclose()

    async def _listen(self, received: Callable[[str], None], recovered: Callable[[], None]) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(self._channel)
            self._connected = True
            recovered()
            while True:
                message = await subscription.get_message(ignore_subscribe_messages=True, timeout=5)
                if message:
                    received(message["data"].decode())

    async def send(self, messages: Sequence[str]) -> None:
        """Publish in one round trip."""
        with contextlib.suppress(OSError, RedisError):
            async with self._redis.pipeline(transaction=False) as pipeline:
                for message in messages:
                    pipeline.publish(self._channel, message)
                await pipeline.execute()
