"""One open socket: who it is, what it listens to, and a bounded queue of what it has not taken yet."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from gamekeeper.kernel.caller import Authenticated, RequestFacts
from gamekeeper.kernel.realtime.frames import Close
from gamekeeper.kernel.realtime.topics import Reach

MOST_WAITING_FRAMES = 4000
MOST_WAITING_CHARACTERS = 4_000_000
MOST_WAITING_VALUES = 4000

Sender = Callable[[dict[str, Any]], Awaitable[None]]


class Client:
    """Facts queue up in order and are never dropped: a socket that cannot take them is closed with a reason.

    Of ephemeral values only the newest of each key waits.
    """

    def __init__(self, send: Sender, request: RequestFacts) -> None:
        self._send = send
        self.request = request
        self.credential = ""
        self.wanted_organization: UUID | None = None
        self.who = Authenticated()
        self.topics: dict[str, Reach] = {}
        """What it listens to, and whose frames of it it may get."""
        self.replaying: list[str] | None = None
        """While the past is read for a resume, what the log brings meanwhile."""
        self.closing: tuple[int, str] | None = None
        self.ends = asyncio.Event()
        """Set with `closing`, for whoever waits while the writer is stuck."""
        self._facts: deque[str] = deque()
        self._size = 0
        self._values: dict[str, str] = {}
        self._wake = asyncio.Event()

    def offer(self, text: str) -> None:
        """Queue a fact, or set it aside while an earlier part of the log is still being read for this socket."""
        if self.replaying is None:
            self.push(text)
        else:
            self.replaying.append(text)

    def push(self, text: str) -> None:
        """Queue a frame behind all others; behind the end of the socket there is nothing."""
        if self.closing is not None:
            return
        self._facts.append(text)
        self._size += len(text)
        if len(self._facts) > MOST_WAITING_FRAMES or self._size > MOST_WAITING_CHARACTERS:
            self.close(Close.TOO_SLOW, "You did not take what was sent. Connect again and resume.", drop=True)
        self._wake.set()

    def newest(self, key: str, text: str) -> None:
        """Queue an ephemeral value in place of an older one with the same key; of too many the oldest goes."""
        if self.closing is not None:
            return
        self._values.pop(key, None)
        self._values[key] = text
        if len(self._values) > MOST_WAITING_VALUES:
            del self._values[next(iter(self._values))]
        self._wake.set()

    def close(self, code: Close, reason: str, *, drop: bool = False) -> None:
        """Close after what already waits, or after nothing more with `drop`: revoked, or too slow to take it."""
        if self.closing is None:
            self.closing = (int(code), reason)
            self.ends.set()
            self._values.clear()
            if drop:
                self._facts.clear()
            self._wake.set()

    async def write(self) -> None:
        """Send what waits, until the socket closes. One task for each socket, so that a stuck one holds up nobody."""
        while True:
            while self._facts or self._values:
                await self._send({"type": "websocket.send", "text": self._take()})
            if self.closing is not None:
                break
            await self._wake.wait()
            self._wake.clear()
        code, reason = self.closing
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    def _take(self) -> str:
        """The oldest fact, or else the value that has waited longest."""
        if self._facts:
            text = self._facts.popleft()
            self._size -= len(text)
            return text
        return self._values.pop(next(iter(self._values)))
