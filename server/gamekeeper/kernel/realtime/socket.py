"""The door: `/ws` as a bare ASGI endpoint, because a framework's layers would cost every frame."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from gamekeeper.kernel.caller import Authenticated, Caller
from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.errors import Forbidden, GamekeeperError, Invalid, TooManyRequests, Unauthenticated
from gamekeeper.kernel.events.log import Cursor
from gamekeeper.kernel.http.dependencies import Authenticator, facts_of, runtime_of
from gamekeeper.kernel.http.limits import Stranger
from gamekeeper.kernel.http.origins import is_own_origin
from gamekeeper.kernel.http.problems import refusal
from gamekeeper.kernel.limits import bucket_of
from gamekeeper.kernel.realtime import frames, topics
from gamekeeper.kernel.realtime.client import Client
from gamekeeper.kernel.realtime.frames import Close, Incoming, Outgoing, decode, encode
from gamekeeper.kernel.realtime.hub import Hub
from gamekeeper.kernel.realtime.replay import SnapshotNeeded, bookmark, missed
from gamekeeper.kernel.realtime.topics import Reach
from gamekeeper.kernel.realtime.verbs import handler_of

log = structlog.get_logger(__name__)

AUTHENTICATE_SECONDS = 10
MOST_TOPICS = 500
FRAMES_PER_MINUTE = 600


class MalformedFrame(Invalid):
    """This frame is malformed."""


class FrameBroken(GamekeeperError):
    """Something broke on our side. Connect again; if it stays like this, tell your administrator."""


class TooManyTopics(Invalid):
    """A socket may listen to 500 topics. Listen to the list instead of its single things."""


class Socket:
    """The endpoint, one call for each socket from its opening to its end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        connection = HTTPConnection(scope)
        await receive()
        if not _origin_allowed(connection):
            await send({"type": "websocket.close", "code": 1008, "reason": "This origin may not connect."})
            return
        hub: Hub = scope["app"].state.hub
        client = Client(send, facts_of(connection))
        try:
            await hub.anteroom.enter(client)
        except TooManyRequests as error:
            await refusal(error)(scope, receive, send)
            return
        try:
            await send({"type": "websocket.accept"})
            await self._serve(Session(hub, client, connection), client, receive)
        finally:
            hub.leave(client)

    async def _serve(self, session: "Session", client: Client, receive: Receive) -> None:
        writing = asyncio.create_task(client.write(), name="socket: write")
        reading = asyncio.create_task(session.read(receive), name="socket: read")
        ending = asyncio.create_task(client.ends.wait(), name="socket: end")
        try:
            await asyncio.wait({writing, reading, ending}, return_when=asyncio.FIRST_COMPLETED)
            if client.closing is not None:
                # The close frame is still to be written; a peer that does not even take that is dropped.
                await asyncio.wait({writing}, timeout=2)
        finally:
            for task in (reading, writing, ending):
                task.cancel()
            for ended in await asyncio.gather(reading, writing, ending, return_exceptions=True):
                # An OSError: the peer went away while something was written to it.
                if isinstance(ended, Exception) and not isinstance(ended, OSError):
                    log.error("a socket broke", exc_info=ended)


def _one(who: Authenticated) -> tuple[UUID | None, UUID | None]:
    """What a socket belongs to for good: one caller in one organization."""
    return who.actor.id, who.organization_id


def _origin_allowed(connection: HTTPConnection) -> bool:
    """A browser tells the page's origin, and only ours may connect; other programs tell none."""
    origin = connection.headers.get("origin")
    return origin is None or is_own_origin(connection, origin, runtime_of(connection).settings.origin)


class Session:
    """What one socket's frames do."""

    def __init__(self, hub: Hub, client: Client, connection: HTTPConnection) -> None:
        self.hub = hub
        self.client = client
        self._connection = connection
        self._authenticate: Authenticator = connection.app.state.authenticate
        self._stranger = Stranger(connection)
        self._tokens = float(FRAMES_PER_MINUTE)
        self._at = time.monotonic()

    async def read(self, receive: Receive) -> None:
        """Handle frames until the peer leaves or the socket is closed."""
        try:
            async with asyncio.timeout(AUTHENTICATE_SECONDS) as patience:
                while self.client.closing is None:
                    message = await receive()
                    if message["type"] == "websocket.disconnect" or self.client.closing is not None:
                        return  # a frame that comes after its access was taken does nothing any more
                    await self._frame(message.get("text") or message.get("bytes") or "")
                    if self.client in self.hub.clients:
                        patience.reschedule(self._deadline())
        except TimeoutError:
            if self.client in self.hub.clients:
                self.client.close(Close.UNAUTHENTICATED, "Your sign-in has expired. Sign in again.")
            else:
                self.client.close(Close.AUTHENTICATION_TIMEOUT, "The first frame must authenticate, within 10 seconds.")

    def _deadline(self) -> float | None:
        expires_at = self.client.who.expires_at
        if expires_at is None:
            return None
        left = (expires_at - datetime.now(UTC)).total_seconds()
        return asyncio.get_running_loop().time() + max(0.0, left)

    async def _frame(self, text: str | bytes) -> None:
        if frames.is_too_large(text):
            self.client.close(Close.BAD_FRAME, f"A frame may have at most {frames.MOST_FRAME_BYTES} bytes.")
            return
        if not self._within_rate():
            self.client.close(Close.TOO_MANY, "Too many frames. Wait a minute, then connect again.")
            return
        self._stranger = Stranger(self._connection)
        ref: str | None = None
        try:
            frame = decode(text)
            ref = frame.ref
            await self._handle(frame)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            await self._refuse(MalformedFrame(f"This frame is malformed: {error}."), ref)
        except GamekeeperError as error:
            await self._refuse(error, ref)
        except ValidationError as error:
            await self._refuse(MalformedFrame(f"This frame is malformed: {error.errors()[0]['msg']}."), ref)
        except DATABASE_LOST as error:
            log.warning("a socket's frame met a database that does not answer", error=str(error))
            self.client.close(Close.RESTART, "The database does not answer. Connect again and resume.")
        except Exception:  # the outermost loop of a socket: whatever broke, its peer is told
            log.exception("a socket's frame broke")
            await self._refuse(FrameBroken(), ref)

    async def _spend(self, who: Authenticated, cost: int = 1) -> None:
        """Count what a caller asks for with its requests: the socket is no way around them. Raises TooManyRequests."""
        await self.hub.runtime.limits.spend(*bucket_of(who.actor), cost)

    def _within_rate(self) -> bool:
        now = time.monotonic()
        self._tokens = min(FRAMES_PER_MINUTE, self._tokens + (now - self._at) * FRAMES_PER_MINUTE / 60)
        self._at = now
        self._tokens -= 1
        return self._tokens >= 0

    async def _refuse(self, error: GamekeeperError, ref: str | None) -> None:
        known = self.client in self.hub.clients
        if not known and not isinstance(error, TooManyRequests):
            try:
                await self._stranger.count()
            except TooManyRequests as too_many:
                error = too_many
        data = {"code": error.code, "message": error.message, **error.details}
        self.client.push(encode(Outgoing(event=frames.ERROR, data=data, ref=ref)))
        if isinstance(error, FrameBroken):
            self.client.close(Close.BROKEN, error.message[:120])
        elif not known:
            code = Close.TOO_MANY if isinstance(error, TooManyRequests) else Close.UNAUTHENTICATED
            self.client.close(code, error.message[:120])

    async def _handle(self, frame: Incoming) -> None:
        if frame.event == frames.AUTHENTICATE:
            await self._sign_in(frame)
            return
        if self.client not in self.hub.clients:
            raise Unauthenticated("The first frame must authenticate.")
        if frame.event == frames.SUBSCRIBE:
            await self._subscribe(frame)
        elif frame.event == frames.UNSUBSCRIBE:
            self.hub.stop(self.client, _named(frame.data))
            self._answer(frames.UNSUBSCRIBED, {"topics": sorted(self.client.topics)}, frame)
        else:
            await self._do(frame)

    def _answer(self, event: str, data: Any, frame: Incoming) -> None:
        self.client.push(encode(Outgoing(event=event, data=data, ref=frame.ref)))

    async def _sign_in(self, frame: Incoming) -> None:
        """The first sign-in, or a newer token for the same person in the same organization."""
        token, organization = frame.data.get("token"), frame.data.get("organization")
        if not isinstance(token, str) or not isinstance(organization, str | None):
            raise MalformedFrame("authenticate needs {token} and may name an {organization}.")
        try:
            organization_id = UUID(organization) if organization else self.client.wanted_organization
        except ValueError as error:
            raise MalformedFrame("organization must be an id.") from error
        client = self.client
        try:
            who = await self._caller(token, organization_id)
        except (Unauthenticated, Forbidden):
            await self._stranger.count()
            raise
        known = client in self.hub.clients
        if known and _one(who) != _one(client.who):
            raise MalformedFrame("A socket belongs to one caller and organization. Open another one.")
        if not known:
            await self.hub.anteroom.give_back(client)
        await self._spend(who)
        client.credential, client.wanted_organization, client.who = token, organization_id, who
        self.hub.join(client)
        try:
            # What was taken away before it joined was told to those who had. The answer is still known otherwise.
            again = await self._caller(token, organization_id)
        except (Unauthenticated, Forbidden) as error:
            client.close(Close.REVOKED, error.message[:120], drop=True)
            return
        if _one(again) != _one(who):
            client.close(Close.REVOKED, Forbidden().message[:120], drop=True)
            return
        client.who = again
        self._answer(
            frames.AUTHENTICATED,
            {"organization_id": who.organization_id, "expires_at": who.expires_at, "actor": who.actor.label},
            frame,
        )

    async def _caller(self, token: str, organization_id: UUID | None) -> Authenticated:
        """Whose token it is. Raises Unauthenticated, or Forbidden where that is nobody of the organization."""
        hub, ip = self.hub, self.client.request.ip
        who = await self._authenticate(hub.runtime, token, organization_id, ip, self._stranger.count)
        if who.organization_id is None:
            raise Forbidden("You are not a member of an organization.")
        return who

    async def _subscribe(self, frame: Incoming) -> None:
        client, named = self.client, _named(frame.data)
        since = frame.data.get("since")
        if since is not None and not isinstance(since, str):
            raise MalformedFrame("since must be the id of an event.")
        if len(client.topics.keys() | named) > MOST_TOPICS:
            raise TooManyTopics
        await self._spend(client.who, len(named))  # each is looked up, like a request for it
        await self.hub.ready.wait()
        reaches = await self._reaches(named)
        # From here to the next await nothing is fanned out: what the log brings after `upto` is set aside.
        upto, client.replaying = self.hub.cursor, []
        self.hub.start(client, reaches)
        texts: list[str] = []
        answer = Outgoing(event=frames.SUBSCRIBED, data={"topics": sorted(client.topics)}, ref=frame.ref)
        try:
            if since is None:
                answer.id = bookmark(upto)
            else:
                texts = await self._missed(reaches, since, upto)
        except SnapshotNeeded:
            answer = Outgoing(event=frames.SNAPSHOT_NEEDED, data={"topics": sorted(named)}, ref=frame.ref)
            answer.id = bookmark(upto)
        finally:
            waiting, client.replaying = client.replaying, None
        for text in (encode(answer), *texts, *waiting):
            client.push(text)

    async def _reaches(self, named: set[str]) -> dict[str, Reach]:
        """What of each topic the caller may hear now. Raises unless it is something of all of them."""
        client = self.client
        while True:
            who = client.who
            async with self.hub.runtime.context(who, client.request) as ctx:
                found = {name: await topics.reach(ctx, name) for name in named}
            if client.who is who:  # otherwise its access changed while the database was asked
                return found

    async def _missed(self, reaches: dict[str, Reach], since: str, upto: Cursor) -> list[str]:
        client = self.client
        texts = await missed(self.hub.runtime, Caller(client.who).organization_id, reaches, since, upto)
        if {name: client.topics[name] for name in reaches.keys() & client.topics.keys()} != reaches:
            raise SnapshotNeeded  # its access changed while the past was read
        return texts

    async def _do(self, frame: Incoming) -> None:
        found = handler_of(frame.event)
        if found is None:
            raise MalformedFrame(f"There is no frame {frame.event[:60]!r}.")
        shape, handler = found
        await self._spend(self.client.who)
        async with self.hub.runtime.context(self.client.who, self.client.request) as ctx:
            answer = await handler(ctx, shape.model_validate(frame.data))
            data = answer.model_dump(mode="json")
        self._answer(f"{frame.event}:accepted", data, frame)


def _named(data: dict[str, Any]) -> set[str]:
    """`{topics: ["devices"]}`, or the short form `{devices: [id, …]}` for single things of a kind."""
    named: set[str] = set()
    for key, given in data.items():
        if key == "since":
            continue
        try:
            values = msgspec.convert(given, list[str])
        except msgspec.ValidationError as error:
            raise MalformedFrame(f"{key} must be a list of texts.") from error
        named |= set(values) if key == "topics" else {f"{key.removesuffix('s')}:{value}" for value in values}
    if not named:
        raise MalformedFrame("Name at least one topic.")
    return named
