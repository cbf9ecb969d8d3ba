"""Time on this machine: one clock that nobody can move, and the wall clock for showing."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Moment(NamedTuple):
    """One instant on three clocks, in milliseconds."""

    ticks_ms: int
    """Since boot, sleep included; never moved by a person or a time service."""
    wall_ms: int
    """Since 1970 as the machine believes it; for display and for the gap across a reboot."""
    slept_ms: int
    """Time spent suspended since boot."""


Clock = Callable[[], Moment]


def now() -> Moment:
    """The machine's clocks right now."""
    awake = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    ticks = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return Moment(ticks // 1_000_000, time.time_ns() // 1_000_000, max(0, (ticks - awake) // 1_000_000))


def boot_id() -> str:
    """A name for this boot: another after every reboot, the same after a restart of the agent."""
    if _BOOT_ID.exists():
        return _BOOT_ID.read_text().strip()
    return f"boot-{int(psutil.boot_time())}"
