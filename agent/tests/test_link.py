"""The connection alone, many in this process: no disk, no screen, no process of its own."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from agent.tests.authority import Authority
from agent.tests.gateway import Gateway

from gamekeeper_agent import keys
from gamekeeper_agent.link import connection as link
from gamekeeper_agent.link.backoff import Backoff
from gamekeeper_agent.link.connection import Connection
from gamekeeper_agent.link.endpoint import Endpoint
from gamekeeper_agent.metrics.buffer import MemoryBuffer
from gamekeeper_wire.agent import Capabilities, Heartbeat, Hello, Metrics, Mode, Sample
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.server import MetricsRefused, ServerFrame, Station, StationAssigned, Welcome


class Simulated:
    """A handler that says what a machine would say and remembers what it was told."""

    def __init__(self) -> None:
        self.welcomes: list[Welcome] = []
        self.frames: list[ServerFrame] = []
        self.losses: list[str] = []
        self.samples = 0

    def hello(self) -> Hello:
        return Hello(
            protocol=1, agent_version="0", boot_id="boot", hostname="sim", os="linux", arch="x86_64",
            mode=Mode.OBSERVE, capabilities=Capabilities(actions=[]), time=0,
        )  # fmt: skip

    def heartbeat(self) -> Heartbeat:
        return Heartbeat(uptime_s=1)

    def sample(self, latency_ms: float | None) -> Sample:
        self.samples += 1
        return Sample(self.samples, latency=latency_ms)

    async def welcomed(self, welcome: Welcome) -> None:
        self.welcomes.append(welcome)

    async def received(self, frame: ServerFrame) -> None:
        self.frames.append(frame)

    def lost(self, reason: str) -> None:
        self.losses.append(reason)


@pytest.fixture
def endpoint(gateway: Gateway, authority: Authority, tmp_path: Path) -> Endpoint:
    key = keys.make_key()
    chain = authority.certify_device(keys.make_request(key, "sim"), UUID(int=7))
    (tmp_path / "device.pem").write_bytes(keys.key_pem(key) + chain.encode())
    (tmp_path / "authority.pem").write_text(authority.pem)
    return Endpoint("127.0.0.1", gateway.port, tmp_path / "device.pem", tmp_path / "authority.pem")


def at_once() -> Backoff:
    return Backoff(lambda low, _: low)


Start = Callable[[Connection], None]


@pytest.fixture
async def start() -> AsyncGenerator[Start]:
    tasks: list[asyncio.Task[None]] = []
    yield lambda connection: tasks.append(asyncio.create_task(connection.run()))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def test_fifty_agents_in_one_process(gateway: Gateway, endpoint: Endpoint, start: Start) -> None:
    handlers = [Simulated() for _ in range(50)]
    for handler in handlers:
        start(Connection(endpoint, handler, MemoryBuffer(), at_once()))
    await gateway.connected(50)
    await until(lambda: all(handler.welcomes for handler in handlers))
    await until(lambda: len(gateway.all(Metrics)) >= 50)


async def test_a_frame_it_does_not_handle_goes_on(gateway: Gateway, endpoint: Endpoint, start: Start) -> None:
    handler = Simulated()
    start(Connection(endpoint, handler, MemoryBuffer(), at_once()))
    await gateway.connected()
    told = StationAssigned(station=Station(station_id="seat-1"))
    await gateway.send(told)
    assert gateway.socket
    await gateway.socket.send('{"type": "from-the-future", "x": 1}')
    await gateway.send(told)
    await until(lambda: handler.frames == [told, told])
    assert not handler.losses


async def test_a_server_that_sends_nonsense_is_left(gateway: Gateway, endpoint: Endpoint, start: Start) -> None:
    handler = Simulated()
    start(Connection(endpoint, handler, MemoryBuffer(), at_once()))
    await gateway.connected()
    assert gateway.socket
    await gateway.socket.send('{"type": "metrics-stored"}')
    await gateway.connected(2)
    assert "bad frame" in handler.losses[0]


async def test_refused_samples_are_dropped_and_the_next_are_sent(
    gateway: Gateway, endpoint: Endpoint, start: Start
) -> None:
    gateway.stores = False
    buffer = MemoryBuffer()
    start(Connection(endpoint, Simulated(), buffer, at_once()))
    first = await gateway.next(Metrics)
    await gateway.send(MetricsRefused(batch_id=first.batch_id, code="too-old"))
    second = await gateway.next(Metrics, after=gateway.heard.index(first) + 1)
    assert second.samples[0].ts > first.samples[-1].ts


async def test_what_was_not_stored_is_sent_again_as_a_replay(
    gateway: Gateway, endpoint: Endpoint, start: Start
) -> None:
    gateway.stores = False
    start(Connection(endpoint, Simulated(), MemoryBuffer(), at_once()))
    first = await gateway.next(Metrics)
    assert gateway.socket
    await gateway.socket.close()
    again = await gateway.next(Metrics, after=gateway.heard.index(first) + 1)
    assert (again.batch_id, again.samples, again.replay) == (first.batch_id, first.samples, True)


@pytest.mark.parametrize("code", [CloseCode.REVOKED, CloseCode.UNKNOWN_DEVICE])
async def test_a_device_that_is_not_wanted_stops_knocking(
    gateway: Gateway, endpoint: Endpoint, start: Start, code: CloseCode
) -> None:
    delays: list[float] = []
    backoff = Backoff(lambda low, _: delays.append(low) or low)
    handler = Simulated()
    start(Connection(endpoint, handler, MemoryBuffer(), backoff))
    await gateway.connected()
    assert gateway.socket
    await gateway.socket.close(code, "go away")
    await until(lambda: len(delays) == 2)
    assert delays[-1] == 150
    assert f"({code.value}) go away" in handler.losses[0]


async def test_a_network_that_swallows_everything_is_noticed(
    gateway: Gateway, endpoint: Endpoint, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "PING_SECONDS", 0.3)
    monkeypatch.setattr(link, "PONG_SECONDS", 0.5)
    hole = SimpleNamespace(is_open=True, writers=[])

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if hole.is_open:
                writer.write(data)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        await asyncio.gather(forward(reader, far_writer), forward(far_reader, writer))

    proxy = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    handler = Simulated()
    start(Connection(Endpoint("127.0.0.1", port, endpoint.identity, endpoint.authority), handler, MemoryBuffer()))
    await gateway.connected()
    hole.is_open = False
    await until(lambda: bool(handler.losses))
    assert handler.losses[0] == "lost without a word"
    proxy.close()


async def test_a_server_that_never_welcomes_is_left(
    gateway: Gateway, endpoint: Endpoint, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "WELCOME_SECONDS", 0.5)
    gateway.welcomes = False
    handler = Simulated()
    start(Connection(endpoint, handler, MemoryBuffer(), at_once()))
    await until(lambda: "TimeoutError" in handler.losses)
    gateway.welcomes = True
    await gateway.connected()
