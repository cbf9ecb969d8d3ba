"""A machine as the tests see it: a key, an enrolment over HTTP, and a plain WebSocket client on mutual TLS."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority.service import ensure
from gamekeeper.modules.fleet.gateway import server
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper_wire import codec
from gamekeeper_wire.agent import Capabilities, Hello, Mode
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.limits import PATH, PROTOCOL, SERVER_NAME
from gamekeeper_wire.server import Refused, ServerFrame, Welcome

F = TypeVar("F", bound=Frame)


def make_csr(key: ec.EllipticCurvePrivateKey, name: str = "whatever the machine likes") -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


def hello(**changes: Any) -> Hello:
    facts: dict[str, Any] = {
        "protocol": PROTOCOL,
        "agent_version": "1.0.0",
        "boot_id": "boot-1",
        "hostname": "seat-1",
        "os": "linux",
        "arch": "x86_64",
        "mode": Mode.CONTROL,
        "capabilities": Capabilities(actions=["restart", "reboot", "update", "screenshot", "logs"]),
        "time": 0,
    }
    return Hello(**(facts | changes))


@dataclass
class Link:
    """An open socket of a machine."""

    socket: ClientConnection
    welcome: Welcome | None = None
    heard: list[ServerFrame] = field(default_factory=list[ServerFrame])

    async def send(self, *frames: Frame) -> None:
        for frame in frames:
            await self.socket.send(codec.encode(frame))

    async def next(self, kind: type[F], which: Callable[[F], bool] = lambda _: True) -> F:
        """The next frame of a kind; whatever else comes is kept in `heard`."""
        async with asyncio.timeout(20):
            while True:
                frame = codec.decode_server(await self.socket.recv())
                self.heard.append(frame)
                if isinstance(frame, kind) and which(frame):
                    return frame

    async def closed(self) -> int:
        """The close code, whenever it comes; 1006 when the connection just broke."""
        async with asyncio.timeout(20):
            try:
                while True:
                    self.heard.append(codec.decode_server(await self.socket.recv()))
            except ConnectionClosed as error:
                return error.rcvd.code if error.rcvd else 1006

    async def answered(self) -> None:
        """Everything sent before was handled: frames of one device are taken in order."""
        await self.socket.send('{"type":"are-you-there"}')
        await self.next(Refused, lambda frame: frame.code == "frame-unknown")


@dataclass
class Machine:
    """A machine that may hold a device's certificate."""

    folder: Path
    gateway_port: int
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: UUID = field(default_factory=uuid4)
    chain: str = ""
    ca: str = ""

    @property
    def csr(self) -> str:
        return make_csr(self.key)

    @property
    def leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.chain.encode())[0]

    async def claim(self, client: httpx.AsyncClient, **wishes: Any) -> str:
        answer = await client.post("/api/v1/claim-tokens", json=wishes)
        assert answer.status_code == 201, answer.text
        return answer.json()["token"]

    async def ask(self, client: httpx.AsyncClient, token: str, **changes: Any) -> httpx.Response:
        body: dict[str, Any] = {"token": token, "csr": self.csr, "hostname": "seat-1", "mode": "control"}
        # A stranger: whoever signed in on this client is of no use here.
        return await client.post("/api/v1/enrolments", json=body | changes, headers={"authorization": ""})

    async def enrol(self, client: httpx.AsyncClient, **wishes: Any) -> "Machine":
        answer = await self.ask(client, await self.claim(client, **wishes))
        assert answer.status_code == 201, answer.text
        self.take(answer.json())
        return self

    def take(self, enrolled: dict[str, Any]) -> None:
        self.id, self.chain, self.ca = UUID(enrolled["device_id"]), enrolled["certificate"], enrolled["ca"]

    def tls(self, chain: str | None = None, *, shows: bool = True) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.ca)
        if shows:
            private = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
            path = self.folder / "identity.pem"
            path.write_text(private + (chain or self.chain))
            context.load_cert_chain(path)
        return context

    @asynccontextmanager
    async def raw(self, context: ssl.SSLContext | None = None, path: str = PATH) -> AsyncGenerator[ClientConnection]:
        async with connect(
            f"wss://127.0.0.1:{self.gateway_port}{path}",
            ssl=context or self.tls(),
            server_hostname=SERVER_NAME,
            proxy=None,
            compression=None,
            max_size=None,
            close_timeout=1,
        ) as opened:
            yield opened

    @asynccontextmanager
    async def linked(self, context: ssl.SSLContext | None = None, **facts: Any) -> AsyncGenerator[Link]:
        async with self.raw(context) as opened:
            link = Link(opened)
            await link.send(hello(**facts))
            link.welcome = await link.next(Welcome)
            yield link


@asynccontextmanager
async def open_gateway(runtime: Runtime) -> AsyncGenerator[tuple[Gateway, int]]:
    """A whole gateway on a free port."""
    await ensure(runtime, datetime.now(UTC))
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)
    stop, made = asyncio.Event(), asyncio.get_running_loop().create_future()

    class Noted(Gateway):
        async def listen(self, sockets: Any) -> Any:
            servers = await super().listen(sockets)
            made.set_result(self)
            return servers

    serving = asyncio.create_task(server.serve_gateway(runtime, [sock], stop, make=Noted, spread_seconds=1))
    await asyncio.wait([serving, made], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    yield made.result(), sock.getsockname()[1]
    stop.set()
    await serving
