"""A small gateway on real mutual TLS that says what a test wants and keeps what it hears."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from agent.tests.authority import Authority
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from gamekeeper_wire import codec
from gamekeeper_wire import lease as leases
from gamekeeper_wire.agent import Hello, Metrics, Renew
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.lease import Lease
from gamekeeper_wire.server import LeaseGrant, MetricsStored, Renewed, SegmentsStored, Station, Welcome
from gamekeeper_wire.station import SegmentLog

F = TypeVar("F", bound=Frame)
DEVICE = UUID("01920000-0000-7000-8000-000000000001")
SEAT = Station(station_id="seat-14", label="Seat 14")


class Gateway:
    """Answers as a server would; switches say what it withholds."""

    def __init__(self, folder: Path, authority: Authority, name: str | None = None) -> None:
        self.folder, self.authority = folder, authority
        self.context = authority.gateway_context(folder, name) if name else authority.gateway_context(folder)
        self.lease_key = Ed25519PrivateKey.generate()
        self.heard: list[Frame] = []
        self.hellos: list[Hello] = []
        self.stores = True
        self.merges = True
        self.station: Station | None = None
        self.heartbeat_seconds, self.metrics_seconds = 1, 1
        self.welcomes = True
        self.socket: ServerConnection | None = None
        self.port = 0
        self._news = asyncio.Condition()
        self._server: Server | None = None

    async def open(self) -> None:
        self._server = await serve(
            self._serve, "127.0.0.1", self.port, ssl=self.context, compression=None, ping_interval=10, ping_timeout=15
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def send(self, frame: Frame) -> None:
        assert self.socket is not None
        await self.socket.send(codec.encode(frame))

    async def grant(self, **changes: Any) -> Lease:
        """A lease for the connected agent's boot."""
        fields: dict[str, Any] = {
            "lease_id": f"lease-{len(self.heard)}",
            "station_id": SEAT.station_id,
            "boot_nonce": self.hellos[-1].boot_id,
            "session_id": "session-1",
            "seq": 1,
            "issued_at": 1_700_000_000_000,
            "remaining_ms": 60_000,
            "offline_cap_ms": 3_600_000,
            "warnings_s": (),
        }
        lease = Lease(**(fields | changes))
        await self.send(LeaseGrant(lease=leases.sign(lease, self.lease_key)))
        return lease

    async def next(self, kind: type[F], which: Callable[[F], bool] = lambda _: True, after: int = 0) -> F:
        """The first frame of this kind heard after position `after`, awaited if need be."""

        def found() -> list[F]:
            return [each for each in self.heard[after:] if isinstance(each, kind) and which(each)]

        async with asyncio.timeout(30), self._news:
            await self._news.wait_for(lambda: bool(found()))
        return found()[0]

    def all(self, kind: type[F]) -> list[F]:
        return [each for each in self.heard if isinstance(each, kind)]

    async def connected(self, times: int = 1) -> Hello:
        """The hello of the agent's `times`-th connection."""
        async with asyncio.timeout(40), self._news:
            await self._news.wait_for(lambda: len(self.hellos) >= times)
        return self.hellos[times - 1]

    async def _serve(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            hello = codec.decode_agent(await socket.recv())
            assert isinstance(hello, Hello)
            if not self.welcomes:
                await socket.wait_closed()
                return
            await socket.send(codec.encode(self.welcome()))
            self.socket = socket
            async with self._news:
                self.hellos.append(hello)
                self._news.notify_all()
            while True:
                await self._hear(codec.decode_agent(await socket.recv()))

    async def _hear(self, frame: Frame) -> None:
        async with self._news:
            self.heard.append(frame)
            self._news.notify_all()
        match frame:
            case Metrics() if self.stores:
                await self.send(MetricsStored(batch_id=frame.batch_id))
            case SegmentLog() if self.merges:
                await self.send(SegmentsStored(log_id=frame.log_id, seq=frame.entries[-1].seq))
            case Renew():
                await self.send(Renewed(chain=self.authority.certify_device(frame.csr, DEVICE), ca=self.authority.pem))
            case _:
                return

    def welcome(self) -> Welcome:
        public = self.lease_key.public_key()
        return Welcome(
            device_id=DEVICE,
            epoch=len(self.hellos) + 1,
            server_time=0,
            heartbeat_seconds=self.heartbeat_seconds,
            metrics_seconds=self.metrics_seconds,
            lease_public_keys={leases.key_id(public): public.public_bytes_raw()},
            station=self.station,
        )
