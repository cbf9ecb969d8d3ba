"""What to show at any moment, from the last thing the agent said and the clock that nobody can move."""

from gamekeeper_agent.overlay.messages import Show
from gamekeeper_wire.station import Lock

BANNER_MS = 20_000
"""A warning stands this long, the last one until the end; between them only the line remains."""


class Countdown:
    """The last message with the ticks at which it came."""

    def __init__(self, message: Show, ticks_ms: int) -> None:
        """Count from now."""
        self.message = message
        self._came = ticks_ms

    def left(self, ticks_ms: int) -> int:
        """Milliseconds left to show."""
        return max(0, self.message.left_ms - (ticks_ms - self._came))

    def part(self, ticks_ms: int) -> float:
        """How full the draining line is, from 1 to 0."""
        return min(1.0, self.left(ticks_ms) / self.message.total_ms) if self.message.total_ms else 0.0

    def lock(self, ticks_ms: int) -> Lock:
        """What was asked for, until its own end."""
        lock_in = self.message.lock_in_ms
        is_over = lock_in is not None and ticks_ms - self._came >= lock_in
        return Lock.LOCKED if is_over else self.message.lock

    def has_banner(self, ticks_ms: int) -> bool:
        """Whether the words of a warning are to be seen, not only its line."""
        if self.lock(ticks_ms) is Lock.TECHNICIAN:
            return True
        is_last = self.message.warning_s is not None and self.message.warning_s <= 60
        return is_last or ticks_ms - self._came < BANNER_MS
