"""The listener of agents: mutual TLS, one WebSocket for each device, and what keeps a fleet of them honest."""

import asyncio
import contextlib
import platform
import random
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, cast

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from gamekeeper.kernel.background import background
from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority.service import Authority, load
from gamekeeper.modules.fleet.gateway import tls
from gamekeeper.modules.fleet.gateway.admission import TurnedAway, admit, shown
from gamekeeper.modules.fleet.gateway.connection import AgentSocket, Connection, close_all
from gamekeeper.modules.fleet.gateway.dispatch import Dispatch
from gamekeeper.modules.fleet.gateway.endings import reason_of
from gamekeeper.modules.fleet.gateway.greeting import greet
from gamekeeper.modules.fleet.gateway.receive import Receiver
from gamekeeper.modules.fleet.gateway.registry import Registry
from gamekeeper.modules.fleet.gateway.turnstile import Impatient, Turnstile
from gamekeeper.modules.fleet.gateway.upkeep import Upkeep
from gamekeeper.modules.fleet.hooks import Connected
from gamekeeper.modules.fleet.presence import node
from gamekeeper.modules.fleet.presence.changes import Changes
from gamekeeper.modules.fleet.presence.models import Change, Link
from gamekeeper.modules.metrics.public import Writer, open_writer
from gamekeeper_wire import codec
from gamekeeper_wire.agent import Hello
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.limits import MAX_FRAME, PATH, PROTOCOL
from gamekeeper_wire.server import Drain

log = structlog.get_logger(__name__)

PING_SECONDS = 10
PONG_SECONDS = 15
OPEN_SECONDS = 10
HELLO_SECONDS = 10
CLOSE_SECONDS = 2
BACKLOG = 4096
USER_TIMEOUT_MS = 20_000
JOINING = 1000
"""Connections that may be between the handshake and the welcome; more are asked to come back later."""
LATER_SECONDS = (1, 6)
AT_ONCE = 12
"""Of these, how many use the database at the same time."""
PATIENCE_SECONDS = 8
"""How long one may wait at the door. An agent gives up after 15, and work for it would be in vain."""


class Gateway:
    """One node's connections. Made by `serve`, or by a test that wants to look inside."""

    def __init__(self, runtime: Runtime, authority: Authority, writer: Writer) -> None:
        self.runtime = runtime
        self.authority = authority
        self.tls = tls.context_for(authority, runtime.settings)
        self.registry = Registry()
        self.changes = Changes(runtime)
        self.receiver = Receiver(writer)
        self.dispatch = Dispatch(runtime, self.registry)
        self.upkeep = Upkeep(self)
        self.draining = False
        self._joining = 0
        self._turnstile = Turnstile(AT_ONCE, PATIENCE_SECONDS)

    async def listen(self, sockets: Sequence[socket.socket]) -> list[Server]:
        """Accept agents on these sockets, which are bound but need not listen yet."""
        return [
            await serve(
                self.handle,
                sock=sock,
                ssl=self.tls,
                process_request=self.check_request,
                create_connection=AgentSocket,
                compression=None,
                server_header=None,
                open_timeout=OPEN_SECONDS,
                ping_interval=PING_SECONDS,
                ping_timeout=PONG_SECONDS,
                close_timeout=CLOSE_SECONDS,
                max_size=MAX_FRAME,
                max_queue=8,
                backlog=BACKLOG,
            )
            for sock in sockets
        ]

    def check_request(self, socket_: ServerConnection, request: Request) -> Response | None:
        """Answer what is no agent's request, and ask agents back later when there are too many at once."""
        if request.path != PATH:
            return socket_.respond(HTTPStatus.NOT_FOUND, "agents connect to " + PATH + "\n")
        if self.draining or self._joining >= JOINING:
            answer = socket_.respond(HTTPStatus.SERVICE_UNAVAILABLE, "come back later\n")
            answer.headers["Retry-After"] = str(random.randint(*LATER_SECONDS))  # noqa: S311 - spreads the fleet
            return answer
        return None

    async def handle(self, socket_: ServerConnection) -> None:
        """One connection from its handshake to its end."""
        websocket = cast("AgentSocket", socket_)
        websocket.heard_at = websocket.loop.time()
        _set_user_timeout(websocket)
        self._joining += 1
        try:
            connection = await self._join(websocket)
        except TurnedAway as away:
            await _turn_away(websocket, away)
            return
        except ConnectionClosed:
            return
        except DATABASE_LOST as error:
            log.warning("a connection waits for the database", error=str(error))
            await websocket.close(CloseCode.OVERLOADED, "the database does not answer")
            return
        finally:
            self._joining -= 1
        try:
            await self._live(connection)
        except TurnedAway as away:
            connection.ended = connection.ended or away.code.name.lower().replace("_", "-")
            await _turn_away(websocket, away)
        finally:
            connection.outputs.close()
            # A drain says nothing of its devices: they are back in a moment, or whoever sweeps tells of them.
            if self.registry.leave(connection) and not self.draining:
                self._tell(connection, Link.OFFLINE, connection.ended or reason_of(websocket))

    async def drain(self, spread_seconds: int) -> None:
        """Ask every device to come back at a moment of its own choice, then let go of all of them."""
        self.draining = True
        frame = Drain(reconnect_spread_seconds=max(1, spread_seconds), reason="the server restarts")
        connections = list(self.registry)
        await asyncio.gather(*(connection.send(frame) for connection in connections))
        await close_all(connections, CloseCode.DRAINING, "the server restarts")

    async def _join(self, websocket: AgentSocket) -> Connection:
        der = shown(websocket.transport)
        try:
            async with self._turnstile.turn(inside=False):
                _check_patience(websocket)
                admitted = await admit(self.runtime, self.authority.trust_domain, der)
        except Impatient as error:
            raise TurnedAway(CloseCode.OVERLOADED, "too many come at once") from error
        hello = await _hello(websocket)
        device = Connected(
            admitted.organization_id, admitted.id, admitted.name, admitted.site_id, admitted.epoch, hello
        )
        return Connection(
            runtime=self.runtime,
            socket=websocket,
            admitted=admitted,
            device=device,
            ip=_address(websocket),
            not_after=admitted.not_after,
            beat_at=websocket.heard_at,
        )

    def _supersede(self, connection: Connection) -> None:
        older = self.registry.enter(connection)
        if older is connection:
            raise TurnedAway(CloseCode.SUPERSEDED, "a newer connection took over")
        if older is not None:
            self.dispatch.spawn(older.end(CloseCode.SUPERSEDED, "a newer connection took over"))
        # Other nodes may hold an older connection too; without the hint their next flush tells them.
        self.runtime.hints.poke(self.upkeep.SUPERSEDED, f"{connection.device.id} {connection.device.epoch}")

    async def _live(self, connection: Connection) -> None:
        # Entered before the greeting looks at the device again: whoever revokes it now finds the connection.
        self._supersede(connection)
        try:
            async with self._turnstile.turn(inside=True):
                _check_patience(connection.socket)
                frames = await greet(connection)
        except DATABASE_LOST as error:
            log.warning("a connection waits for the database", error=str(error))
            await connection.end(CloseCode.OVERLOADED, "the database does not answer")
            return
        self._tell(connection, Link.ONLINE, "")
        await connection.send(*frames)
        try:
            async for data in connection.socket:
                if connection.ended:
                    return
                if not connection.allowance.take(len(data), connection.socket.loop.time()):
                    await connection.refuse("too-many-frames", "slow down")
                    await connection.end(CloseCode.TOO_MANY, "frames came too fast")
                    return
                await self._take(connection, data)
        except ConnectionClosed:
            return

    async def _take(self, connection: Connection, data: str | bytes) -> None:
        try:
            frame = codec.decode_agent(data)
        except codec.FrameUnknown as error:
            # A newer agent may say more than we know; that is no reason to lose it.
            await connection.refuse(error.code, str(error))
            return
        except codec.FrameError as error:
            await connection.refuse(error.code, str(error))
            await connection.end(error.close_code, error.code)
            return
        try:
            has_room = await self.receiver.receive(connection, frame)
        except DATABASE_LOST as error:
            # Whatever the agent keeps until it is confirmed comes again with the next connection.
            log.warning("a frame waits for the database", frame=type(frame).__name__, error=str(error))
            await connection.end(CloseCode.OVERLOADED, "the database does not answer")
            return
        if has_room:
            self.dispatch.commands([connection])

    def _tell(self, connection: Connection, link: Link, reason: str) -> None:
        connection.link = link
        self.changes.put(
            Change(
                connection.device.organization_id,
                connection.device.id,
                connection.device.epoch,
                link,
                datetime.now(UTC),
                reason,
                connection.ip,
            )
        )


async def serve_gateway(
    runtime: Runtime,
    sockets: Sequence[socket.socket],
    stop: asyncio.Event,
    *,
    spread_seconds: int = 5,
    make: Callable[[Runtime, Authority, Writer], Gateway] = Gateway,
) -> None:
    """Serve agents until `stop`, then drain. Raises AuthorityMissing: without an authority nobody could be verified."""
    authority = await load(runtime, datetime.now(UTC))
    async with open_writer(runtime) as writer:
        gateway = make(runtime, authority, writer)
        await node.beat(runtime, platform.node())
        with gateway.dispatch.listening(), gateway.upkeep.listening():
            async with background(presence=gateway.changes.run, upkeep=gateway.upkeep.run):
                servers = await gateway.listen(sockets)
                try:
                    await stop.wait()
                finally:
                    await gateway.drain(spread_seconds)
                    for server in servers:
                        server.close()
                        await server.wait_closed()
                    await gateway.receiver.settle()
            with contextlib.suppress(*DATABASE_LOST):
                await gateway.changes.write()
                await node.leave(runtime)


async def _turn_away(websocket: AgentSocket, away: TurnedAway) -> None:
    log.info("a connection was turned away", reason=away.reason, address=_address(websocket))
    await websocket.close(away.code, away.reason[:120])


async def _hello(websocket: AgentSocket) -> Hello:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            frame = codec.decode_agent(await websocket.recv())
    except TimeoutError as error:
        raise TurnedAway(CloseCode.HELLO_MISSING, "no hello came in time") from error
    except codec.FrameTooLarge as error:
        raise TurnedAway(CloseCode.TOO_LARGE, error.code) from error
    except codec.FrameError as error:
        raise TurnedAway(CloseCode.BAD_FRAME, f"{error.code}: {error}") from error
    if not isinstance(frame, Hello):
        raise TurnedAway(CloseCode.HELLO_MISSING, "the first frame must be a hello")
    if frame.protocol != PROTOCOL:
        raise TurnedAway(CloseCode.UNSUPPORTED_PROTOCOL, f"this server speaks protocol {PROTOCOL}")
    return frame


def _check_patience(websocket: AgentSocket) -> None:
    """Do no work for who has left while waiting. Raises TurnedAway."""
    if websocket.state is not State.OPEN:
        raise TurnedAway(CloseCode.OVERLOADED, "it left while it waited")


def _set_user_timeout(websocket: AgentSocket) -> None:
    raw: Any = websocket.transport.get_extra_info("socket")
    if raw is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        # A write into a dead network fails after this instead of after the kernel's quarter of an hour.
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)


def _address(websocket: AgentSocket) -> str:
    peer: Any = websocket.remote_address
    return str(peer[0]) if peer else ""
