"""Sockets that have not said yet who they are: few of each address at a time."""

from collections import defaultdict

from gamekeeper.kernel.errors import TooManyRequests
from gamekeeper.kernel.limits import stranger
from gamekeeper.kernel.realtime.client import Client

MOST_WAITING_SOCKETS = 100
"""More than all screens of a venue need when they come back at once, each for the blink of its sign-in."""


class TooManyWaitingSockets(TooManyRequests):
    """Too many sockets of your address have not signed in. Wait a few seconds, then connect again."""


class Anteroom:
    """Where a socket waits until it has signed in."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[Client]] = defaultdict(set)

    def enter(self, client: Client) -> None:
        """A socket opens. Raises TooManyWaitingSockets."""
        waiting = self._waiting[stranger(client.request.ip)]
        if len(waiting) >= MOST_WAITING_SOCKETS:
            raise TooManyWaitingSockets(retry_after=5)
        waiting.add(client)

    def leave(self, client: Client) -> None:
        """It has signed in, or is gone."""
        address = stranger(client.request.ip)
        waiting = self._waiting.get(address)
        if waiting is not None:
            waiting.discard(client)
            if not waiting:
                del self._waiting[address]
