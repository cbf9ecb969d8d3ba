"""Fan-out: one reader of the log for each process, each frame encoded once, however many listen."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from pydantic import ValidationError

from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.events.event import revive
from gamekeeper.kernel.events.log import Cursor, Recorded, head, read
from gamekeeper.kernel.events.service import HINT
from gamekeeper.kernel.realtime.anteroom import Anteroom
from gamekeeper.kernel.realtime.client import Client
from gamekeeper.kernel.realtime.ephemeral import TOPIC as LIVE
from gamekeeper.kernel.realtime.frames import TICK, Outgoing, encode
from gamekeeper.kernel.realtime.topics import Reach, Topic
from gamekeeper.kernel.realtime.whereabouts import Whereabouts
from gamekeeper.kernel.runtime import Runtime

log = structlog.get_logger(__name__)

SOCKETS = Gauge("gamekeeper_sockets", "Live sockets that are signed in.")
FRAMES = Counter("gamekeeper_socket_frames_total", "Frames queued to sockets.")

AUDIT = Topic("audit", May.AUDIT_READ).name
"""Everything that happens in an organization, with who did it."""
_BATCH = 500
_TICK_SECONDS = 10


class Hub:
    """The sockets of one process and what they listen to."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.cursor = Cursor(0, 0)
        self.anteroom = Anteroom(runtime.limits)
        self.clients: set[Client] = set()
        self._listening: dict[tuple[UUID, str], set[Client]] = defaultdict(set)
        self._limited: dict[tuple[UUID, str], set[Client]] = defaultdict(set)
        """Those who may see a part of a topic. Apart, so that nobody else pays for the comparison."""
        self.whereabouts = Whereabouts(runtime, self._give)
        self._wake = asyncio.Event()
        self._behind = 0.0
        self.ready = asyncio.Event()
        """Set once the place in the log is known where live updates begin."""

    async def run(self) -> None:
        """Follow the log from now on until cancelled; a lost database is waited for, nothing is skipped."""
        stops = [
            self.runtime.hints.listen(HINT, lambda _keys: self._wake.set()),
            self.runtime.hints.hear(LIVE, self._live),
        ]
        ticking = asyncio.create_task(self._tick(), name="realtime: tick")
        try:
            while not self.ready.is_set():
                await self._guarded(self._begin())
            while True:
                await self._guarded(self._follow())
                try:
                    async with asyncio.timeout(1):
                        await self._wake.wait()
                except TimeoutError:
                    continue  # a hint may be lost: look anyway
        finally:
            ticking.cancel()
            for stop in stops:
                stop()

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except DATABASE_LOST as error:
            log.warning("the event log cannot be read; live updates wait", error=str(error))
            await asyncio.sleep(0.3)

    async def _begin(self) -> None:
        async with self.runtime.database.read(None) as connection:
            self.cursor = await head(connection)
        self.ready.set()

    async def _follow(self) -> None:
        while True:
            self._wake.clear()
            async with self.runtime.database.read(None) as connection:
                events = await read(connection, self.cursor, _BATCH)
            for event in events:
                self._fan_out(event)
                self.cursor = event.cursor
            self._behind = (datetime.now(UTC) - events[0].created_at).total_seconds() if events else 0.0
            if len(events) < _BATCH:
                return

    def _fan_out(self, recorded: Recorded) -> None:
        topics = topics_of(recorded)
        auditors = self._listeners(recorded.organization_id, (AUDIT,))
        listeners = self._listeners(recorded.organization_id, topics)
        listeners |= self._reaching(recorded.organization_id, topics, recorded.places)
        if auditors:
            text = frame_of(recorded, actor=True)
            for client in auditors:
                client.offer(text)
        listeners -= auditors
        if listeners:
            text = frame_of(recorded, actor=False)
            for client in listeners:
                client.offer(text)
        FRAMES.inc(len(listeners) + len(auditors))

    def _listeners(self, organization_id: UUID, topics: Iterable[str]) -> set[Client]:
        found: set[Client] = set()
        for topic in topics:
            found |= self._listening.get((organization_id, topic), set())
        return found

    def _reaching(self, organization_id: UUID, topics: Iterable[str], places: Sequence[UUID]) -> set[Client]:
        """Of those who may see a part of a topic the ones to whom a subject at these places belongs."""
        found: set[Client] = set()
        for topic in topics:
            for client in self._limited.get((organization_id, topic), ()):
                if reaches(client.topics[topic], places):
                    found.add(client)
        return found

    def _live(self, value: dict[str, Any]) -> None:
        organization_id = UUID(value["o"])
        if any((organization_id, topic) in self._limited for topic in value["t"]):
            self.whereabouts.ask(organization_id, value)
        _offer_value(self._listeners(organization_id, value["t"]), value)

    def _give(self, organization_id: UUID, value: dict[str, Any], places: Sequence[UUID]) -> None:
        """An ephemeral value of which it is known now where its subject is."""
        _offer_value(self._reaching(organization_id, value["t"], places), value)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = datetime.now(UTC)
            text = encode(Outgoing(event=TICK, data={"behind_seconds": round(self._behind, 1)}, at=now))
            for client in self.clients:
                client.newest(TICK, text)

    def join(self, client: Client) -> None:
        """A socket has signed in."""
        self.anteroom.leave(client)
        self.clients.add(client)
        SOCKETS.set(len(self.clients))

    def leave(self, client: Client) -> None:
        """A socket is gone."""
        self.anteroom.leave(client)
        self.stop(client, set(client.topics))
        self.clients.discard(client)
        SOCKETS.set(len(self.clients))

    def start(self, client: Client, topics: Mapping[str, Reach]) -> None:
        """Send `topics` of the client's organization to it from now on, each as far as its reach goes."""
        organization_id = client.who.organization_id
        if organization_id is None:
            return
        self.stop(client, set(topics))
        for topic, reach in topics.items():
            listening = self._listening if reach is None else self._limited
            listening[(organization_id, topic)].add(client)
        client.topics |= topics

    def stop(self, client: Client, topics: set[str]) -> None:
        """No longer send `topics` to the client."""
        organization_id = client.who.organization_id
        if organization_id is None:
            return
        for topic in topics:
            for listening in (self._listening, self._limited):
                listeners = listening.get((organization_id, topic), set())
                listeners.discard(client)
                if not listeners:
                    listening.pop((organization_id, topic), None)
            client.topics.pop(topic, None)


def reaches(reach: Reach, places: Sequence[UUID]) -> bool:
    """Whether a subject at these places is within the reach. One that is nowhere is only for who sees everything."""
    return reach is None or not reach.isdisjoint(places)


def _offer_value(listeners: Iterable[Client], value: dict[str, Any]) -> None:
    text: str | None = None
    for client in listeners:
        text = text or encode(Outgoing(event=value["e"], data=value["d"]))
        client.newest(value["k"], text)


def topics_of(recorded: Recorded) -> tuple[str, ...]:
    """The topics of a stored event; one that this version cannot read goes to the audit log's listeners alone."""
    try:
        event = revive(recorded.type, recorded.data)
    except ValidationError:
        log.warning("an event of another version cannot be read", type=recorded.type, id=str(recorded.id))
        event = None
    return event.topics() if event else ()


def frame_of(recorded: Recorded, *, actor: bool) -> str:
    """The text of an event's frame, with or without who did it."""
    who = {"kind": recorded.actor_kind, "id": recorded.actor_id, "label": recorded.actor_label} if actor else None
    return encode(
        Outgoing(event=recorded.type, data=recorded.data, id=str(recorded.id), at=recorded.created_at, actor=who)
    )
