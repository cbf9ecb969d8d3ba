"""What a machine of a venue reads over a day, as a pure function of machine and time.

Because nothing is remembered, history and live values of a machine fit together wherever they meet.
"""

import math
from dataclasses import dataclass
from hashlib import blake2b

from gamekeeper_wire.agent import Sample

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Behavior:
    """One machine. `opens` and `closes` are hours (UTC) between which it is mostly in use."""

    seed: int
    opens: float = 10.0
    closes: float = 24.0
    busy: float = 62.0
    """Processor load in use, percent."""
    idle: float = 4.0
    ambient: float = 24.0
    heating: float = 0.52
    """Degrees Celsius for each percent of load."""
    fan_fails_at: float | None = None
    """Seconds since 1970 from which on it overheats a little more every hour, up to a limit."""
    latency: float = 2.5
    """Milliseconds to the server."""
    disk: float = 55.0
    disk_grows: float = 0.35
    """Percent a day, cleaned up every 30 days."""

    def sample(self, ts: int) -> Sample:
        """The reading at `ts` (milliseconds since 1970)."""
        at = ts / 1000
        used = self._used(at)
        jitter = _noise(self.seed, 1, at / 90)
        cpu = _within(
            self.idle + used * (self.busy + 18 * (_noise(self.seed, 2, at / 420) - 0.5)) + 5 * jitter, 0.3, 100
        )
        memory = _within(21 + 38 * used + 6 * _noise(self.seed, 3, at / 3600) + 2 * jitter, 5, 97)
        warm = self.ambient + 2.5 * math.sin(math.tau * (at / _DAY - 0.4)) + self.heating * self._smooth_load(at)
        temperature = _within(warm + self._fault(at) + 1.2 * jitter, 15, 104)
        disk = _within(self.disk + self.disk_grows * (at / _DAY % 30) + 0.2 * _noise(self.seed, 4, at / 7200), 1, 99)
        slow = 14.0 if _noise(self.seed, 5, at / 240) > 0.985 else 0.0
        latency = max(0.3, self.latency * (0.8 + 0.5 * jitter + 0.5 * used * _noise(self.seed, 6, at / 30)) + slow)
        return Sample(
            ts=ts,
            cpu=round(cpu, 1),
            memory=round(memory, 1),
            temperature=round(temperature, 1),
            disk=round(disk, 2),
            latency=round(latency, 2),
        )

    def _used(self, at: float) -> float:
        """Between 0 and 1: how much somebody uses it."""
        hour = at % _DAY / 3600
        weekend = 1.0 if int(at // _DAY + 4) % 7 in {0, 6} else 0.78
        open_ = _slope(hour, self.opens, 0.5) * (1 - _slope(hour, self.closes, 0.5))
        evening = 0.45 + 0.55 * math.exp(-(((hour - 19.5) / 3.6) ** 2))
        # Sessions of about an hour: somebody sits there or nobody does.
        seated = 1.0 if _noise(self.seed, 7, at / 3600) < evening * weekend * 0.95 else 0.06
        return open_ * seated

    def _smooth_load(self, at: float) -> float:
        """The load of the last minutes: a heat sink remembers."""
        return self.idle + self.busy * sum(self._used(at - back) for back in (0.0, 240.0, 480.0)) / 3

    def _fault(self, at: float) -> float:
        if self.fan_fails_at is None or at < self.fan_fails_at:
            return 0.0
        return min(38.0, (at - self.fan_fails_at) / 3600 * 1.4)


def _noise(seed: int, channel: int, place: float) -> float:
    """Between 0 and 1, smooth in `place`, the same for the same arguments."""
    left = math.floor(place)
    part = place - left
    weight = part * part * (3 - 2 * part)
    return _corner(seed, channel, left) * (1 - weight) + _corner(seed, channel, left + 1) * weight


def _corner(seed: int, channel: int, place: int) -> float:
    digest = blake2b(b"%d %d %d" % (seed, channel, place), digest_size=4).digest()
    return int.from_bytes(digest) / 0xFFFFFFFF


def _slope(value: float, edge: float, width: float) -> float:
    return 1 / (1 + math.exp(max(-60.0, min(60.0, -(value - edge) / width * 4))))


def _within(value: float, least: float, most: float) -> float:
    return min(most, max(least, value))
