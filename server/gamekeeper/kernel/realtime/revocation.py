"""What was taken away is taken from open sockets too, within a second."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from gamekeeper.kernel.caller import Authenticated
from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.errors import Forbidden, GamekeeperError, Unauthenticated
from gamekeeper.kernel.http.dependencies import Authenticator
from gamekeeper.kernel.realtime import topics
from gamekeeper.kernel.realtime.client import Client
from gamekeeper.kernel.realtime.frames import (
    ACCESS_CHANGED,
    SNAPSHOT_NEEDED,
    UNSUBSCRIBED,
    Close,
    Outgoing,
    encode,
)
from gamekeeper.kernel.realtime.hub import Hub
from gamekeeper.kernel.realtime.questions import Question, Questions, Urgency, question_of
from gamekeeper.kernel.realtime.topics import Reach

log = structlog.get_logger(__name__)

HINT = "access"
"""Poked by whoever changes access, with ids of sessions, users, tokens or organizations."""

_SWEEP_SECONDS = 15
_LOOK_SECONDS = 0.25
"""How often it is looked whether a grant has ended by itself."""


class Revocation:
    """Asks again who each socket is: when a hint names it, when a grant of it ends, and of all of them now and then."""

    def __init__(self, hub: Hub, authenticate: Authenticator) -> None:
        self._hub = hub
        self._authenticate = authenticate
        self._named: set[str] = set()
        self._everybody = False
        self._wake = asyncio.Event()
        self._questions = Questions()

    async def run(self) -> None:
        """Until cancelled."""
        stop = self._hub.runtime.hints.listen(HINT, self._poked)
        swept = time.monotonic()
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await self._wake.wait()
                    self._wake.clear()
                    if time.monotonic() - swept >= _SWEEP_SECONDS:
                        self._everybody = True  # a hint may be lost
                        swept = time.monotonic()
                    self._look()
                    while taken := self._questions.take():
                        tasks.create_task(self._ask_from(taken))
        finally:
            stop()

    def _poked(self, keys: frozenset[str]) -> None:
        if keys:
            self._named |= keys
        else:
            self._everybody = True
        self._wake.set()

    def _look(self) -> None:
        """Whom to ask again, and how urgently."""
        named, self._named = self._named, set()
        everybody, self._everybody = self._everybody, False
        now = datetime.now(UTC)
        for client in self._hub.clients:
            urgency = _urgency(client, named, now)
            if urgency is None and everybody:
                urgency = Urgency.EVERYBODY
            if urgency is not None:
                self._questions.add([client], urgency)

    async def _ask_from(self, taken: tuple[Urgency, Question, set[Client]] | None) -> None:
        """Ask this question and then what is the most urgent by that time, until nothing is left."""
        while taken is not None:
            await self._ask(*taken)
            taken = self._questions.take()

    async def _ask(self, urgency: Urgency, question: Question, clients: set[Client]) -> None:
        try:
            await self._settle(question, clients)
        except DATABASE_LOST as error:
            log.warning("access could not be checked again", error=str(error))
            await asyncio.sleep(0.2)
            self._questions.add(self._hub.clients & clients, urgency)
        except Exception:  # the outermost loop of a question: nobody else may keep what was taken because of it
            log.exception("access could not be checked again: its sockets are closed")
            for client in clients:
                client.close(Close.BROKEN, "Something broke on our side. Connect again.", drop=True)
        finally:
            self._questions.done(question)

    async def _settle(self, question: Question, clients: set[Client]) -> None:
        """Ask once, and tell each of the sockets what it means for it."""
        credential, organization_id, ip = question
        try:
            who = await self._authenticate(self._hub.runtime, credential, organization_id, ip, _not_counted)
        except (Unauthenticated, Forbidden) as error:
            for client in self._still(question, clients):
                client.close(Close.REVOKED, error.message[:120], drop=True)
            return
        kept: list[Client] = []
        changed: list[Client] = []
        for client in self._still(question, clients):
            if who.organization_id != client.who.organization_id:
                client.close(Close.REVOKED, Forbidden().message[:120], drop=True)
                continue
            kept.append(client)
            if _opens(who) != _opens(client.who):
                changed.append(client)
            client.who = who
        try:
            await self._recheck_topics(who, kept)
        finally:
            for client in changed:
                # Also what it may do has changed, and topics that were refused may be open to it now.
                client.push(encode(Outgoing(event=ACCESS_CHANGED, data={})))

    def _still(self, question: Question, clients: set[Client]) -> list[Client]:
        """Those for whom the answer holds; of the others, who showed a newer token meanwhile are asked for again."""
        here = self._hub.clients & clients
        self._questions.add((client for client in here if question_of(client) != question), Urgency.NAMED)
        return [client for client in here if question_of(client) == question]

    async def _recheck_topics(self, who: Authenticated, clients: list[Client]) -> None:
        """What each socket of one caller may still hear: every topic is asked for once, for all of them."""
        # A copy: a socket may subscribe to more while the database is asked.
        heard = {client: dict(client.topics) for client in clients}
        found: dict[str, Reach] = {}
        names = sorted({name for topics_ in heard.values() for name in topics_})
        if names:
            async with self._hub.runtime.context(who) as ctx:
                for name in names:
                    with suppress(GamekeeperError):
                        found[name] = await topics.reach(ctx, name)
        for client, before in heard.items():
            self._tell(client, before, found)

    def _tell(self, client: Client, before: dict[str, Reach], found: dict[str, Reach]) -> None:
        # What it no longer listens to is not begun again.
        moved = {
            name: found[name]
            for name, reach in before.items()
            if name in found and found[name] != reach and name in client.topics
        }
        if moved:
            self._hub.start(client, moved)
            client.push(encode(Outgoing(event=SNAPSHOT_NEEDED, data={"topics": sorted(moved)})))
        lost = before.keys() - found.keys()
        if lost:
            self._hub.stop(client, lost)
            data = {"topics": sorted(client.topics), "lost": sorted(lost)}
            client.push(encode(Outgoing(event=UNSUBSCRIBED, data=data)))


async def _not_counted() -> None:
    """A socket that has signed in is no stranger, also when its token is looked up again."""


def _opens(who: Authenticated) -> object:
    """What a caller may do now; until when is another matter."""
    return who.access.permissions, dict(who.access.grants)


def _urgency(client: Client, named: set[str], now: datetime) -> Urgency | None:
    """How urgent it is to ask again because of the keys in `named` or a grant that has ended; None: not at all."""
    who = client.who
    if who.access.until is not None and who.access.until <= now:
        return Urgency.NAMED
    if not named:
        return None
    if str(who.session_id) in named or str(who.actor.id) in named:
        return Urgency.NAMED
    return Urgency.ORGANIZATION if str(who.organization_id) in named else None
