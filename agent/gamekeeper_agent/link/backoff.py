"""How long to wait before the next attempt, so that a fleet does not come back as one wave."""

import random
from collections.abc import Callable

SPREAD = 5.0
BASE = 1.0
CAP = 30.0
STABLE = 60.0
FINAL = 300.0
RETURNING = 12
"""Attempts after a drain that do not wait longer and longer: the server restarts and is expected back."""


class Backoff:
    """Full jitter: the first delay anywhere in the spread, then anywhere below a doubling ceiling."""

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        """Draw from `uniform(low, high)`."""
        self._uniform = uniform
        self._attempt = 0
        self._spread = SPREAD
        self._floor = 0.0
        self._is_final = False
        self._returning = 0
        self._most = CAP

    def connected_for(self, seconds: float) -> None:
        """A connection ended after this time; only a stable one makes the next failure the first again."""
        if seconds >= STABLE:
            self._attempt = 0

    def drain(self, spread_seconds: float) -> None:
        """The server goes down and asks to be given this spread."""
        self._attempt = 0
        self._spread = max(SPREAD, spread_seconds)
        self._returning, self._most = RETURNING, min(CAP, self._spread)

    def retry_after(self, seconds: float) -> None:
        """The server named the earliest moment for the next attempt."""
        self._floor = max(0.0, min(seconds, FINAL))

    def refused_for_good(self) -> None:
        """The server will not take this certificate again: look only now and then."""
        self._is_final = True

    def next_delay(self) -> float:
        """Seconds to wait now; forgets hints once used."""
        most = self._most if self._returning else CAP
        ceiling = self._spread if self._attempt == 0 else min(most, BASE * 2 ** min(self._attempt, 16))
        self._returning = max(0, self._returning - 1)
        delay = self._floor + self._uniform(0.0, ceiling)
        if self._is_final:
            delay = self._uniform(FINAL / 2, FINAL)
        self._attempt += 1
        self._spread, self._floor, self._is_final = SPREAD, 0.0, False
        return delay
