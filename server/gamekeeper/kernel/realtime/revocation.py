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
        self._named: set[str] | None = set()
        """None: everybody."""
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        stop = self._hub.runtime.hints.listen(HINT, self._poked)
        swept = time.monotonic()
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._wake.wait()
                self._wake.clear()
                if time.monotonic() - swept >= _SWEEP_SECONDS:
                    self._named = None  # a hint may be lost
                    swept = time.monotonic()
                named, self._named = self._named, set()
                now = datetime.now(UTC)
                for client in [c for c in self._hub.clients if _is_due(c, named, now)]:
                    await self._ask_again(client)
        finally:
            stop()

    def _poked(self, keys: frozenset[str]) -> None:
        if not keys:
            self._named = None
        elif self._named is not None:
            self._named |= keys
        self._wake.set()

    async def _ask_again(self, client: Client) -> None:
        try:
            who = await self._authenticate(
                self._hub.runtime, client.credential, client.wanted_organization, client.request.ip
            )
            if who.organization_id != client.who.organization_id:
                client.close(Close.REVOKED, Forbidden().message[:120], drop=True)
                return
            changed = _opens(who) != _opens(client.who)
            client.who = who
            await self._recheck_topics(client)
            if changed:
                # Also what it may do has changed, and topics that were refused may be open to it now.
                client.push(encode(Outgoing(event=ACCESS_CHANGED, data={})))
        except (Unauthenticated, Forbidden) as error:
            client.close(Close.REVOKED, error.message[:120], drop=True)
        except DATABASE_LOST as error:
            log.warning("access could not be checked again", error=str(error))
            self._poked(frozenset(_keys(client)))
            await asyncio.sleep(0.2)

    async def _recheck_topics(self, client: Client) -> None:
        lost: set[str] = set()
        moved: dict[str, Reach] = {}
        async with self._hub.runtime.context(client.who, client.request) as ctx:
            # A copy: the socket may subscribe to more while the database is asked.
            for name, before in sorted(client.topics.items()):
                try:
                    reach = await topics.reach(ctx, name)
                except GamekeeperError:
                    lost.add(name)
                else:
                    if reach != before:
                        moved[name] = reach
        # What it no longer listens to is not begun again.
        moved = {name: reach for name, reach in moved.items() if name in client.topics}
        if moved:
            self._hub.start(client, moved)
            client.push(encode(Outgoing(event=SNAPSHOT_NEEDED, data={"topics": sorted(moved)})))
        if lost:
            self._hub.stop(client, lost)
            data = {"topics": sorted(client.topics), "lost": sorted(lost)}
            client.push(encode(Outgoing(event=UNSUBSCRIBED, data=data)))


def _opens(who: Authenticated) -> object:
    """What a caller may do now; until when is another matter."""
    return who.access.permissions, dict(who.access.grants)


def _is_due(client: Client, named: set[str] | None, now: datetime) -> bool:
    """Whether to ask again: `named` has its keys (None: everybody's), or one of its grants has ended."""
    until = client.who.access.until
    if named is None or (until is not None and until <= now):
        return True
    return bool(named) and not named.isdisjoint(_keys(client))


def _keys(client: Client) -> set[str]:
    who = client.who
    return {str(id_) for id_ in (who.session_id, who.actor.id, who.organization_id) if id_}
