"""Sockets that have not said yet who they are: few of each address at a time, and few that leave again in a minute."""

from collections import defaultdict

from gamekeeper.kernel.errors import TooManyRequests
from gamekeeper.kernel.limits import Limits, neighborhood
from gamekeeper.kernel.realtime.client import Client

MOST_WAITING_SOCKETS = 100
"""More than all screens of a venue need when they come back at once, each for the blink of its sign-in."""
OPENINGS_PER_MINUTE = 3 * MOST_WAITING_SOCKETS
"""Of one address, without those that signed in: the whole room may be lost on its way twice, and try once more."""


class TooManyWaitingSockets(TooManyRequests):
    """Too many sockets of your address have not signed in. Wait a few seconds, then connect again."""


class TooManyOpenedSockets(TooManyRequests):
    """Too many sockets of your address left before they signed in. Wait as long as Retry-After says and try again."""


class Anteroom:
    """Where a socket waits until it has signed in.

    Each that opens is counted, and whoever signs in gets it back: a thousand screens behind one address that return
    after a restart cost it nothing. It is a count beside that of a stranger's requests, which any guest of the house
    could use up and so keep out those who work there.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: defaultdict[str, set[Client]] = defaultdict(set)

    async def enter(self, client: Client) -> None:
        """A socket opens. Raises TooManyWaitingSockets or TooManyOpenedSockets."""
        waiting = self._waiting[neighborhood(client.request.ip)]
        if len(waiting) >= MOST_WAITING_SOCKETS:
            raise TooManyWaitingSockets(retry_after=5)
        waiting.add(client)  # before the count, which others may come in during
        try:
            await self._count(client)
        except BaseException:
            self.leave(client)
            raise

    async def _count(self, client: Client) -> None:
        answer = await self._limits.take(_bucket(client), OPENINGS_PER_MINUTE)
        if not answer.allowed:
            raise TooManyOpenedSockets(retry_after=answer.retry_after)

    async def give_back(self, client: Client) -> None:
        """It is somebody: that it opened is not counted."""
        await self._limits.give_back(_bucket(client), OPENINGS_PER_MINUTE)

    def leave(self, client: Client) -> None:
        """It has signed in, or is gone."""
        address = neighborhood(client.request.ip)
        waiting = self._waiting.get(address)
        if waiting is not None:
            waiting.discard(client)
            if not waiting:
                del self._waiting[address]


def _bucket(client: Client) -> str:
    return f"socket:{neighborhood(client.request.ip)}"
