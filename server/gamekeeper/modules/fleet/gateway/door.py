"""Where TCP connections wait for their TLS handshake, which is the dearest thing that a stranger can ask for.

A thousand handshakes side by side all end after the last client has given up; a few at a time, all of them end. Those
that wait cost a socket and nothing else. A connection becomes a WebSocket's transport only after its handshake.
"""

import asyncio
import ssl
from typing import Any

from prometheus_client import Counter
from websockets.asyncio.server import ServerConnection

AT_ONCE = 200
"""Handshakes side by side: few enough to end in time, and enough that silent strangers do not fill the door."""
HANDSHAKE_SECONDS = 6.0
PATIENCE_SECONDS = 6.0
SHUTDOWN_SECONDS = 2.0

HANDSHAKES = Counter("gamekeeper_gateway_handshakes_total", "TLS handshakes of agents.", ("outcome",))


class Door:
    """Lets connections through to TLS, some at a time."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def enter(self, arrival: "AgentSocket", transport: asyncio.Transport) -> None:
        """Shake hands with a connection soon, then give it its encrypted transport."""
        task = asyncio.create_task(self._shake(arrival, transport))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Send away everybody who still waits."""
        for task in self._tasks:
            task.cancel()

    async def _shake(self, arrival: "AgentSocket", transport: asyncio.Transport) -> None:
        outcome = "failed"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._slots.acquire()
            try:
                encrypted = await asyncio.get_running_loop().start_tls(
                    transport,
                    arrival,
                    self._context,
                    server_side=True,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS,
                    ssl_shutdown_timeout=SHUTDOWN_SECONDS,
                )
            finally:
                self._slots.release()
            if encrypted is not None:
                outcome = "passed"
                arrival.begin(encrypted)
        except TimeoutError:
            outcome = "late"
        except OSError:
            return  # no certificate, a foreign one, or gone: TLS has told the other side what there is to tell
        finally:
            HANDSHAKES.labels(outcome).inc()
            if outcome != "passed":
                transport.abort()


class AgentSocket(ServerConnection):
    """A WebSocket that begins after its TLS handshake, and remembers when its peer was last heard.

    Frames and pongs count alike, by the monotonic clock.
    """

    heard_at = 0.0

    def __init__(self, door: Door, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._door = door
        self._has_begun = False
        self._early: list[bytes] = []
        self._is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A TCP connection, nothing more: what it says is for TLS to read."""
        plain: Any = transport  # uvloop's transports have the methods and not the class
        plain.pause_reading()
        self._door.enter(self, plain)

    def begin(self, transport: asyncio.BaseTransport) -> None:
        """The handshake is done."""
        if self._is_lost:
            return
        self._has_begun = True
        super().connection_made(transport)
        early, self._early = self._early, []
        for data in early:
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """Decrypted bytes arrived, perhaps in the same moment in which the handshake ended."""
        if not self._has_begun:
            self._early.append(data)
            return
        self.heard_at = self.loop.time()
        super().data_received(data)

    def eof_received(self) -> None:
        """The peer sends nothing more."""
        if self._has_begun:
            super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection ended."""
        self._is_lost = True
        if self._has_begun:
            super().connection_lost(exc)
