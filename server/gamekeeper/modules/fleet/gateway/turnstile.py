"""A queue for the database: who is inside finishes first, and nobody is served who will have left."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Impatient(Exception):
    """It waited so long that an answer would come too late."""


class Turnstile:
    """`at_once` turns at the same time. Those who are half-way in (`inside`) go before those who come.

    Without that order a rush is never over: each new arrival would take a turn from somebody who needs just one
    more, until both have lost patience and come back.
    """

    def __init__(self, at_once: int, patience_seconds: float) -> None:
        self._free = at_once
        self._patience = patience_seconds
        self._inside: deque[asyncio.Future[None]] = deque()
        self._coming: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, inside: bool) -> AsyncGenerator[None]:
        """Wait for a turn and have it for as long as the block lasts. Raises Impatient after a wait at the door."""
        await self._enter(self._inside if inside else self._coming, None if inside else self._patience)
        try:
            yield
        finally:
            self._free += 1
            self._next()

    async def _enter(self, queue: deque[asyncio.Future[None]], patience: float | None) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(waiting)
        self._next()
        try:
            async with asyncio.timeout(patience):
                await waiting
        except BaseException as error:
            if waiting.done() and not waiting.cancelled():
                # The turn was given in the very moment in which it was given up.
                self._free += 1
                self._next()
            elif waiting in queue:
                queue.remove(waiting)
            if isinstance(error, TimeoutError):
                raise Impatient from error
            raise

    def _next(self) -> None:
        while self._free and (queue := self._inside or self._coming):
            waiting = queue.popleft()
            if not waiting.done():
                self._free -= 1
                waiting.set_result(None)
