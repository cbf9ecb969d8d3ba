"""The lease in force, counted down on the clock that nobody can move."""

from enum import StrEnum

from msgspec import Struct

from gamekeeper_agent.clock import Moment
from gamekeeper_wire.lease import Lease, Purpose
from gamekeeper_wire.station import Lock

SILENT_MS = 45_000
"""Without a renewal for this long (one and a half of the slowest renewal), the server counts as away."""


class EndedBy(StrEnum):
    """What ended a stretch of play."""

    EXPIRED = "expired"
    OFFLINE_CAP = "offline-cap"
    ENDED = "ended"
    REPLACED = "replaced"
    UNASSIGNED = "unassigned"
    SLEEP = "sleep"
    REBOOT = "reboot"


class Running(Struct, frozen=True, kw_only=True):
    """A lease with its anchors on this boot's ticks."""

    lease: Lease
    ends_at: int
    """Ticks at which the lease itself is over."""
    heard_at: int
    """Ticks at which the server last renewed it."""
    total_ms: int
    """The most time that was left at once: the length of the draining line."""
    began_at: int
    """Ticks at which the open stretch of play began."""
    began_wall: int

    @property
    def capped_at(self) -> int:
        """Ticks at which it is over when the server stays silent."""
        return min(self.ends_at, self.heard_at + self.lease.offline_cap_ms)

    @property
    def locks_at(self) -> int:
        """Ticks of the end action."""
        return self.capped_at + self.lease.grace_s * 1000

    def left(self, ticks: int) -> int:
        """Milliseconds to show: the lease's own end, or the cap once the server is silent."""
        end = self.capped_at if ticks - self.heard_at > SILENT_MS else self.ends_at
        return max(0, end - ticks)

    def warning(self, ticks: int) -> int | None:
        """The smallest warning (seconds) that has been reached, None before the first."""
        reached = [each for each in self.lease.warnings_s if self.left(ticks) <= each * 1000]
        return min(reached) if reached else None

    def lock(self, ticks: int) -> Lock:
        """What the seat must show."""
        if ticks >= self.locks_at:
            return Lock.LOCKED
        if self.lease.purpose is Purpose.TECHNICIAN:
            return Lock.TECHNICIAN
        return Lock.UNLOCKED if self.warning(ticks) is None else Lock.WARNING

    def next_change(self, ticks: int) -> int:
        """Milliseconds until what is shown may change."""
        moments = [self.locks_at, self.heard_at + SILENT_MS + 1]
        for end in (self.ends_at, self.capped_at):
            moments += [end - each * 1000 for each in self.lease.warnings_s]
        return min((each - ticks for each in moments if each > ticks), default=0)

    @property
    def ended_by(self) -> EndedBy:
        """What ends it when nothing else does."""
        return EndedBy.EXPIRED if self.capped_at == self.ends_at else EndedBy.OFFLINE_CAP


def anchor(lease: Lease, now: Moment, round_trip_ms: float, before: Running | None) -> Running:
    """Start or renew: the time left counts from now, less half the round trip that the lease was under way."""
    ends_at = now.ticks_ms + lease.remaining_ms - int(round_trip_ms / 2)
    is_same = before is not None and before.lease.session_id == lease.session_id
    return Running(
        lease=lease,
        ends_at=ends_at,
        heard_at=now.ticks_ms,
        total_ms=max(lease.remaining_ms, before.total_ms if before and is_same else 0),
        began_at=before.began_at if before and is_same else now.ticks_ms,
        began_wall=before.began_wall if before and is_same else now.wall_ms,
    )
