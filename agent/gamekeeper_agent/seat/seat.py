"""The seat's state machine: pure, the clock passed in. It fails closed: no valid lease, no open seat."""

from msgspec import Struct, field

from gamekeeper_agent.clock import Moment
from gamekeeper_agent.seat.lease_book import LeaseBook
from gamekeeper_agent.seat.running import EndedBy, Running, anchor
from gamekeeper_wire.lease import Lease
from gamekeeper_wire.server import Station
from gamekeeper_wire.station import Lock, Reason, SegmentKind

_SLEPT_MS = 2000
_LONGEST_MS = 366 * 86_400_000


class Stretch(Struct, frozen=True, kw_only=True):
    """A finished stretch of time, not yet numbered; the shape of a wire segment without its number."""

    kind: SegmentKind
    boot_id: str
    started_at: int
    duration_ms: int
    session_id: str | None = None
    lease_id: str | None = None
    ended_by: str = ""
    note: str = ""


class View(Struct, frozen=True, kw_only=True):
    """What the seat must show now."""

    lock: Lock
    label: str
    left_ms: int = 0
    total_ms: int = 0
    lock_in_ms: int | None = None
    warning_s: int | None = None
    session_id: str | None = None


class Seat(Struct, kw_only=True):
    """Everything that must survive a kill and a reboot."""

    boot_id: str
    station: Station | None = None
    is_assignment_known: bool = False
    """False until a server said whether this machine is a seat."""
    book: LeaseBook = field(default_factory=LeaseBook)
    running: Running | None = None
    last: Lease | None = None
    """The newest lease taken, still named in reports after its end."""
    keys: dict[str, bytes] = field(default_factory=dict[str, bytes])
    seen: Moment = Moment(0, 0, 0)
    """The clocks at the last look."""
    finished: list[Stretch] = field(default_factory=list[Stretch])
    """Stretches to be written to the log."""

    def take(self, lease: Lease, now: Moment, round_trip_ms: float) -> Reason:
        """A genuine lease arrived. Raises LeaseRefused."""
        self.look(now)
        self.book.check(lease, self.station.station_id if self.station else None, self.boot_id)
        self.book.note(lease.session_id, lease.seq, lease.issued_at)
        before = self.running
        is_renewal = before is not None and before.lease.session_id == lease.session_id
        if before is not None and not is_renewal:
            self._close(before, now.ticks_ms, EndedBy.REPLACED)
        self.running = anchor(lease, now, round_trip_ms, before)
        self.last = lease
        return Reason.RENEWED if is_renewal else Reason.STARTED

    def end(self, session_id: str, seq: int, now: Moment) -> bool:
        """The server ends a session; False when a later lease overtook the end, or it was over already."""
        self.look(now)
        if seq < self.book.seq(session_id):
            return False
        self.book.note(session_id, seq, 0)
        running = self.running
        if running is None or running.lease.session_id != session_id:
            return False
        self._close(running, now.ticks_ms, EndedBy.ENDED)
        self.running = None
        return True

    def assign(self, station: Station | None, now: Moment) -> bool:
        """The server says which seat this is; True when that changed."""
        if self.is_assignment_known and station == self.station:
            return False
        before = self.station.station_id if self.station else None
        if self.running is not None and (station is None or station.station_id != before):
            self._close(self.running, now.ticks_ms, EndedBy.UNASSIGNED)
            self.running = None
        self.station = station
        self.is_assignment_known = True
        return True

    def look(self, now: Moment) -> Reason | None:
        """Let time pass: sleep is noted, an expired lease ends."""
        running = self.running
        slept = now.slept_ms - self.seen.slept_ms
        if running is not None and slept > _SLEPT_MS:
            self._close(running, min(self.seen.ticks_ms, running.capped_at), EndedBy.SLEEP)
            self._note(SegmentKind.SLEEP, self.seen.wall_ms, slept, running.lease)
            running = self.running = _begun_anew(running, now)
        self.seen = now
        if running is None or now.ticks_ms < running.locks_at:
            return None
        self._close(running, running.capped_at, running.ended_by)
        self.running = None
        return Reason.EXPIRED

    def resume(self, boot_id: str, now: Moment) -> None:
        """Continue after the agent was away; what is left shrinks by all the time that passed."""
        if boot_id == self.boot_id:
            return
        running, seen = self.running, self.seen
        if running is not None:
            self._close(running, min(seen.ticks_ms, running.capped_at), EndedBy.REBOOT)
        self.boot_id, self.seen = boot_id, now
        if running is not None:
            self._move_to_new_boot(running, seen, now)

    def _move_to_new_boot(self, running: Running, seen: Moment, now: Moment) -> None:
        away = now.wall_ms - seen.wall_ms
        if away >= 0:
            self._note(SegmentKind.OFF, seen.wall_ms, away, running.lease)
        else:
            self._note(
                SegmentKind.CLOCK_BACK,
                now.wall_ms,
                -away,
                running.lease,
                "the wall clock stands before the last moment seen: no credit was given",
            )
        shift = now.ticks_ms - seen.ticks_ms - max(0, away)
        moved = Running(
            lease=running.lease,
            ends_at=running.ends_at + shift,
            heard_at=running.heard_at + shift,
            total_ms=running.total_ms,
            began_at=now.ticks_ms,
            began_wall=now.wall_ms,
        )
        self.running = moved if moved.locks_at > now.ticks_ms else None

    def view(self, now: Moment, *, is_kiosk: bool) -> View | None:
        """What to show; None when this machine is no seat and nothing is to be shown."""
        if self.station is None:
            # A kiosk that does not know yet whether it is a seat must not stand open.
            return View(lock=Lock.LOCKED, label="") if is_kiosk and not self.is_assignment_known else None
        running = self.running
        if running is None:
            return View(lock=Lock.LOCKED, label=self.station.label)
        return View(
            lock=running.lock(now.ticks_ms),
            label=self.station.label,
            left_ms=running.left(now.ticks_ms),
            total_ms=running.total_ms,
            lock_in_ms=max(0, running.locks_at - now.ticks_ms),
            warning_s=running.warning(now.ticks_ms),
            session_id=running.lease.session_id,
        )

    def _close(self, running: Running, until: int, by: EndedBy) -> None:
        duration = until - running.began_at
        if duration > 0:
            self._note(SegmentKind.PLAY, running.began_wall, duration, running.lease, ended_by=by.value)

    def _note(
        self, kind: SegmentKind, started_at: int, duration_ms: int, lease: Lease, note: str = "", ended_by: str = ""
    ) -> None:
        self.finished.append(
            Stretch(
                kind=kind,
                boot_id=self.boot_id,
                started_at=max(0, started_at),
                duration_ms=min(duration_ms, _LONGEST_MS),
                session_id=lease.session_id,
                lease_id=lease.lease_id,
                ended_by=ended_by,
                note=note,
            )
        )


def _begun_anew(running: Running, now: Moment) -> Running:
    return Running(
        lease=running.lease,
        ends_at=running.ends_at,
        heard_at=running.heard_at,
        total_ms=running.total_ms,
        began_at=now.ticks_ms,
        began_wall=now.wall_ms,
    )
