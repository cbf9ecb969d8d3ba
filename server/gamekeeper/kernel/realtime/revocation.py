"""What was taken away is taken from open sockets too, within a second."""

import asyncio

import structlog

from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.errors import Forbidden, GamekeeperError, Unauthenticated
from gamekeeper.kernel.http.dependencies import Authenticator
from gamekeeper.kernel.realtime import topics
from gamekeeper.kernel.realtime.client import Client
from gamekeeper.kernel.realtime.frames import UNSUBSCRIBED, Close, Outgoing, encode
from gamekeeper.kernel.realtime.hub import Hub

log = structlog.get_logger(__name__)

HINT = "access"
"""Poked by whoever changes access, with ids of sessions, users, tokens or organizations."""

_SWEEP_SECONDS = 15


class Revocation:
    """Asks again who each socket is: at once for those that a hint names, and for all of them now and then."""

    def __init__(self, hub: Hub, authenticate: Authenticator) -> None:
        self._hub = hub
        self._authenticate = authenticate
        self._named: set[str] | None = set()
        """None: everybody."""
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        stop = self._hub.runtime.hints.listen(HINT, self._poked)
        try:
            while True:
                try:
                    async with asyncio.timeout(_SWEEP_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    self._named = None  # grants end by themselves, and a hint may be lost
                self._wake.clear()
                named, self._named = self._named, set()
                for client in [c for c in self._hub.clients if named is None or named & _keys(c)]:
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
            client.who = who
            await self._recheck_topics(client)
        except (Unauthenticated, Forbidden) as error:
            client.close(Close.REVOKED, error.message[:120], drop=True)
        except DATABASE_LOST as error:
            log.warning("access could not be checked again", error=str(error))
            self._poked(frozenset(_keys(client)))
            await asyncio.sleep(0.2)

    async def _recheck_topics(self, client: Client) -> None:
        lost: set[str] = set()
        async with self._hub.runtime.context(client.who, client.request) as ctx:
            # A copy: the socket may subscribe to more while the database is asked.
            for name in sorted(client.topics):
                try:
                    await topics.check(ctx, name)
                except GamekeeperError:
                    lost.add(name)
        if lost:
            self._hub.stop(client, lost)
            data = {"topics": sorted(client.topics), "lost": sorted(lost)}
            client.push(encode(Outgoing(event=UNSUBSCRIBED, data=data)))


def _keys(client: Client) -> set[str]:
    who = client.who
    return {str(id_) for id_ in (who.session_id, who.actor.id, who.organization_id) if id_}
