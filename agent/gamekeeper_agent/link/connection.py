"""One device's socket to the gateway, kept open for as long as it runs."""

import asyncio
import logging
import random
import socket
import ssl
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from gamekeeper_agent.link.backoff import Backoff
from gamekeeper_agent.link.endpoint import NAME, Endpoint
from gamekeeper_agent.link.handler import Handler
from gamekeeper_agent.link.race import until_first_ends
from gamekeeper_agent.metrics.buffer import SampleBuffer
from gamekeeper_wire import codec
from gamekeeper_wire.agent import Metrics
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.limits import MAX_FRAME, PING_SECONDS, PONG_SECONDS
from gamekeeper_wire.server import Drain, Intervals, MetricsRefused, MetricsStored, Refused, ServerFrame, Welcome

logger = logging.getLogger(__name__)

OPEN_SECONDS = 10
WELCOME_SECONDS = 15
STORED_SECONDS = 30
"""A batch without an answer for this long is sent again."""
FIRST_SAMPLE_SECONDS = 5
USER_TIMEOUT_MS = 20_000


class HelloUnanswered(Exception):
    """The server did not answer the hello with a welcome."""


class Connection:
    """Connects, says hello, beats, sends samples, reconnects; everything else goes to the handler.

    Holds no file and no screen: a thousand of them run in one process.
    """

    def __init__(
        self, endpoint: Endpoint, handler: Handler, buffer: SampleBuffer, backoff: Backoff | None = None
    ) -> None:
        """Nothing happens before `run`."""
        self.endpoint = endpoint
        self._handler = handler
        self._buffer = buffer
        self._backoff = backoff or Backoff()
        self._socket: ClientConnection | None = None
        self._heartbeat_seconds = 30.0
        self._metrics_seconds = 60.0
        self._poked = asyncio.Event()
        self._intervals_changed = asyncio.Event()
        self._in_flight: str | None = None
        self._in_flight_until = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether the server has welcomed the current socket."""
        return self._socket is not None

    @property
    def latency_ms(self) -> float | None:
        """The last measured round trip of a ping, None before the first."""
        if self._socket is None or not self._socket.latency:
            return None
        return self._socket.latency * 1000

    async def run(self) -> None:
        """Stay connected until cancelled."""
        await until_first_ends(self._stay_connected(), self._sample_forever())

    async def reconnect(self) -> None:
        """End the present connection; the next begins with a new hello."""
        if self._socket is not None:
            await self._socket.close()

    async def send(self, frame: Frame) -> bool:
        """Send a frame; False when there is no connection to send it on."""
        if self._socket is None:
            return False
        try:
            await self._socket.send(codec.encode(frame))
        except ConnectionClosed:
            return False
        return True

    async def _stay_connected(self) -> None:
        while True:
            await self._live_once()
            await asyncio.sleep(self._backoff.next_delay())

    async def _live_once(self) -> None:
        """One socket from its first packet to its last."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            websocket = await self._open()
        except InvalidStatus as error:
            self._note_retry_after(error.response.headers.get("Retry-After"))
            self._handler.lost(f"the server answered {error.response.status_code}")
            return
        except (OSError, ssl.SSLError, InvalidHandshake, TimeoutError, EOFError) as error:
            self._handler.lost(_describe(error))
            return
        reason = "closed"
        try:
            reason = await self._live(websocket)
        finally:
            self._socket = None
            await websocket.close()
            self._backoff.connected_for(loop.time() - began)
            self._handler.lost(reason)

    async def _open(self) -> ClientConnection:
        websocket = await connect(
            self.endpoint.url,
            ssl=self.endpoint.tls(),
            server_hostname=NAME,
            proxy=None,
            compression=None,
            user_agent_header=None,
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            close_timeout=2,
            max_size=MAX_FRAME,
            max_queue=8,
        )
        raw = websocket.transport.get_extra_info("socket")
        if raw is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            # A write into a dead network fails after this instead of after the kernel's quarter of an hour.
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        return websocket

    async def _live(self, websocket: ClientConnection) -> str:
        """Say hello, then read until the socket ends; why it ended."""
        try:
            await websocket.send(codec.encode(self._handler.hello()))
            async with asyncio.timeout(WELCOME_SECONDS):
                welcome = await self._welcome(websocket)
            with suppress(ConnectionClosed):
                # The latency is known from the start, not only after the first keepalive.
                await websocket.ping()
            self._set_intervals(welcome.heartbeat_seconds, welcome.metrics_seconds)
            self._in_flight = None
            self._socket = websocket
            await self._handler.welcomed(welcome)
            await until_first_ends(self._read(websocket), self._beat_forever())
        except ConnectionClosed as error:
            return self._note_close(error)
        except (HelloUnanswered, TimeoutError) as error:
            return _describe(error)
        except codec.FrameError as error:
            await websocket.close(error.close_code, error.code)
            return f"the server sent a bad frame: {error}"
        return "closed"

    async def _welcome(self, websocket: ClientConnection) -> Welcome:
        frame = codec.decode_server(await websocket.recv())
        if isinstance(frame, Refused):
            raise HelloUnanswered(f"refused: {frame.code}: {frame.message}")
        if not isinstance(frame, Welcome):
            raise HelloUnanswered(f"got {type(frame).__name__} instead of a welcome")
        return frame

    async def _read(self, websocket: ClientConnection) -> None:
        while True:
            data = await websocket.recv()
            try:
                frame = codec.decode_server(data)
            except codec.FrameUnknown as error:
                logger.warning("ignored a frame of a newer server: %s", error.type)
                continue
            await self._dispatch(frame)

    async def _dispatch(self, frame: ServerFrame) -> None:
        match frame:
            case MetricsStored():
                self._settle(frame.batch_id)
            case MetricsRefused():
                logger.error("the server refused samples: %s: %s", frame.code, frame.message)
                self._settle(frame.batch_id)
            case Intervals():
                self._set_intervals(frame.heartbeat_seconds, frame.metrics_seconds)
                await self._handler.received(frame)
            case Drain():
                self._backoff.drain(frame.reconnect_spread_seconds)
                logger.info("the server goes down: back within %d s", frame.reconnect_spread_seconds)
            case Refused():
                logger.warning("the server refused a frame: %s: %s", frame.code, frame.message)
                await self._handler.received(frame)
            case _:
                await self._handler.received(frame)

    def _settle(self, batch_id: str) -> None:
        self._buffer.forget(batch_id)
        if self._in_flight == batch_id:
            self._in_flight = None
        self._poked.set()

    def _set_intervals(self, heartbeat: float, metrics: float) -> None:
        self._heartbeat_seconds, self._metrics_seconds = heartbeat, metrics
        self._intervals_changed.set()
        self._poked.set()

    async def _beat_forever(self) -> None:
        """Heartbeats at their interval, batches one at a time as they come."""
        loop = asyncio.get_running_loop()
        last = loop.time() - random.uniform(0, self._heartbeat_seconds)  # noqa: S311 (spreads the fleet's beats)
        while True:
            self._poked.clear()
            if loop.time() >= last + self._heartbeat_seconds:
                last = loop.time()
                await self.send(self._handler.heartbeat())
            await self._send_batch(loop.time())
            wake = last + self._heartbeat_seconds
            if self._in_flight is not None:
                wake = min(wake, self._in_flight_until)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.05, wake - loop.time())):
                    await self._poked.wait()

    async def _send_batch(self, now: float) -> None:
        if self._in_flight is not None and now < self._in_flight_until:
            return
        batch = self._buffer.next_batch()
        if batch is None:
            self._in_flight = None
            return
        self._in_flight, self._in_flight_until = batch.batch_id, now + STORED_SECONDS
        await self.send(Metrics(batch_id=batch.batch_id, samples=batch.samples, replay=batch.replay))

    async def _sample_forever(self) -> None:
        """Samples at their interval, connected or not."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(random.uniform(0, FIRST_SAMPLE_SECONDS))  # noqa: S311 (spreads the fleet's samples)
        while True:
            began = loop.time()
            self._buffer.append(self._handler.sample(self.latency_ms))
            self._poked.set()
            while (left := began + self._metrics_seconds - loop.time()) > 0:
                self._intervals_changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await self._intervals_changed.wait()

    def _note_close(self, error: ConnectionClosed) -> str:
        if error.rcvd is None:
            return "lost without a word"
        code, reason = error.rcvd.code, error.rcvd.reason
        with suppress(ValueError):
            known = CloseCode(code)
            if known.is_final:
                self._backoff.refused_for_good()
            if known is CloseCode.SUPERSEDED:
                self._backoff.retry_after(10)
            return f"{known.name.lower().replace('_', ' ')} ({code}) {reason}".strip()
        return f"closed ({code}) {reason}".strip()

    def _note_retry_after(self, value: str | None) -> None:
        if value is not None and value.strip().isdigit():
            self._backoff.retry_after(int(value))


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
