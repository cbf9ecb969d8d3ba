"""Looking at an X display from outside, as a camera would."""

import asyncio
from collections.abc import Callable

from mss import MSS

PAPER = (15, 17, 20)
SOON = (242, 181, 68)
NOTHING = (0, 0, 0)


class Camera:
    def __init__(self, display: str) -> None:
        self._screens = MSS(display=display)

    def pixel(self, x: int, y: int) -> tuple[int, ...]:
        return tuple(self._screens.grab((x, y, x + 1, y + 1)).pixel(0, 0))

    def has_lock(self) -> bool:
        """Whether all four corners and the middle of the lower half are the lock's paper."""
        return all(self.pixel(x, y) == PAPER for x, y in ((1, 1), (1278, 1), (1, 718), (1278, 718), (640, 600)))

    def is_clear(self) -> bool:
        return all(self.pixel(x, y) == NOTHING for x, y in ((1, 1), (1278, 1), (640, 600), (1200, 60)))

    def has_warning(self) -> bool:
        """The draining line at the top, nothing over the game."""
        return self.pixel(1, 1) == SOON and self.pixel(640, 600) == NOTHING


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.05)
