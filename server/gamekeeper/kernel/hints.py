"""Hints between processes: that there is something new, and values of the moment. Losing one loses no fact."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

import msgspec
import structlog

from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.transports import MOST_BYTES, PostgresTransport, RedisTransport, Transport

log = structlog.get_logger(__name__)

_BATCH_SECONDS = 0.004
_KEYS_PER_MESSAGE = 150

Listener = Callable[[frozenset[str]], None]
Hearer = Callable[[Any], None]


class Stop(Protocol):
    """Ends a subscription."""

    def __call__(self) -> None:
        """Stop listening."""
        ...


class _Message(msgspec.Struct, array_like=True):
    node: str
    topic: str
    keys: list[str]
    value: Any = None


class Hints:
    """Wakes the listeners of a topic in this process at once and in the others a few milliseconds later.

    `poke(topic, *keys)` hints that there is something new to read; `tell(topic, key, value)` carries a value, of which
    the newest for each key wins. Nothing is sent inside the caller's transaction, because a NOTIFY takes a lock of the
    whole database at commit: all that gathers in a few milliseconds goes out together. Listeners must not block, and
    whoever must not miss anything polls besides.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._node = uuid4().hex[:12]
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._hearers: dict[str, list[Hearer]] = defaultdict(list)
        self._pokes: dict[str, set[str]] = {}
        self._values: dict[tuple[str, str], Any] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def connected(self) -> bool:
        """Whether other processes can be heard at the moment."""
        return self._transport.connected

    async def open(self) -> None:
        """Start listening and sending in the background."""
        self._tasks = [
            asyncio.create_task(self._transport.run(self._received, self._recovered), name="hints: listen"),
            asyncio.create_task(self._send(), name="hints: send"),
        ]

    async def close(self) -> None:
        """Stop; what was not sent yet is dropped, since its readers poll."""
        running = set(self._tasks)
        while running:
            # Once is not always enough: a client that is about to fail may end its wait with that instead.
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=1)

    def listen(self, topic: str, listener: Listener) -> Stop:
        """Call `listener(keys)` after each poke of `topic`; no keys means that anything may be new."""
        self._listeners[topic].append(listener)
        return lambda: self._listeners[topic].remove(listener)

    def hear(self, topic: str, hearer: Hearer) -> Stop:
        """Call `hearer(value)` for each value told under `topic`, here or in another process."""
        self._hearers[topic].append(hearer)
        return lambda: self._hearers[topic].remove(hearer)

    def poke(self, topic: str, *keys: str) -> None:
        """Say that there is something new under `topic`; `keys` (ids only) narrow it down."""
        self._pokes.setdefault(topic, set()).update(keys)
        self._wake.set()
        self._poked(topic, frozenset(keys))

    def tell(self, topic: str, key: str, value: Any) -> None:
        """Carry `value` (JSON, below 6 KB) to every hearer; the newest of a `key` replaces an older one."""
        self._values[(topic, key)] = value
        self._wake.set()
        self._told(topic, value)

    def _poked(self, topic: str, keys: frozenset[str]) -> None:
        for listener in tuple(self._listeners[topic]):
            listener(keys)

    def _told(self, topic: str, value: Any) -> None:
        for hearer in tuple(self._hearers[topic]):
            hearer(value)

    def _received(self, payload: str) -> None:
        try:
            message = msgspec.json.decode(payload, type=_Message)
        except msgspec.DecodeError:
            log.warning("a hint could not be read", payload=payload[:100])
            return
        if message.node == self._node:
            return
        if message.value is None:
            self._poked(message.topic, frozenset(message.keys))
        else:
            self._told(message.topic, message.value)

    def _recovered(self) -> None:
        """Anything may have happened while nobody listened."""
        for topic in tuple(self._listeners):
            self._poked(topic, frozenset())

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(_BATCH_SECONDS)
            self._wake.clear()
            pokes, self._pokes = self._pokes, {}
            values, self._values = self._values, {}
            messages = [
                _Message(self._node, topic, chunk) for topic, keys in pokes.items() for chunk in _chunks(sorted(keys))
            ]
            messages += [_Message(self._node, topic, [key], value) for (topic, key), value in values.items()]
            await self._transport.send([text for message in messages if (text := _text(message)) is not None])


def _text(message: _Message) -> str | None:
    """The message as it travels; None for one that is too large, which must not take the others along."""
    encoded = msgspec.json.encode(message)
    if len(encoded) > MOST_BYTES:
        log.error("a hint is too large and stays here", topic=message.topic, keys=message.keys, bytes=len(encoded))
        return None
    return encoded.decode()


def _chunks(keys: list[str]) -> list[list[str]]:
    return [keys[at : at + _KEYS_PER_MESSAGE] for at in range(0, len(keys), _KEYS_PER_MESSAGE)] or [[]]


def hints_for(settings: Settings, app_url: str) -> Hints:
    """Hints through Redis where there is one, else through the database."""
    if settings.redis_url:
        return Hints(RedisTransport(settings.redis_url.get_secret_value(), settings.database_role_prefix))
    return Hints(PostgresTransport(app_url))
