"""Decides when the server must hear about the seat: every change, once the overlay has confirmed it."""

from gamekeeper_agent.clock import Moment
from gamekeeper_agent.seat.seat import Stretch
from gamekeeper_wire.station import Lock, Reason, SegmentKind


class Reporter:
    """Pairs what was asked of the overlay with what the overlay says it shows."""

    def __init__(self, boot_id: str) -> None:
        """Nothing is expected and nothing was confirmed."""
        self._boot_id = boot_id
        self._expected: tuple[int, Reason] | None = None
        self._confirmed = Lock.UNKNOWN
        self._lost: Moment | None = None
        self.due: list[Reason] = []
        """Reasons of the reports to send, in order."""
        self.faults: list[Stretch] = []

    def asked(self, token: int, reason: Reason) -> None:
        """The overlay was told something new; without an overlay that is all there is to report."""
        self._expected = (token, reason)
        if self._confirmed is Lock.UNKNOWN:
            self.due.append(reason)

    def shown(self, lock: Lock, token: int, now: Moment) -> None:
        """The overlay confirmed something, or (unknown) went away."""
        before, self._confirmed = self._confirmed, lock
        if lock is Lock.UNKNOWN:
            if before is not Lock.UNKNOWN:
                self._lost = now
                self.due.append(Reason.OVERLAY_LOST)
            return
        is_back = self._end_fault(now)
        if self._expected is not None and token >= self._expected[0]:
            reason, self._expected = self._expected[1], None
            # The overlay reached the end by itself a moment before it was told: that was reported already.
            if is_back or not (reason is Reason.EXPIRED and before is Lock.LOCKED):
                self.due.append(Reason.OVERLAY_BACK if is_back else reason)
        elif is_back:
            self.due.append(Reason.OVERLAY_BACK)
        elif lock is not before:
            self.due.append(Reason.EXPIRED if lock is Lock.LOCKED else Reason.RESUMED)

    def _end_fault(self, now: Moment) -> bool:
        lost, self._lost = self._lost, None
        if lost is None:
            return False
        self.faults.append(
            Stretch(
                kind=SegmentKind.FAULT,
                boot_id=self._boot_id,
                started_at=lost.wall_ms,
                duration_ms=max(0, now.ticks_ms - lost.ticks_ms),
                note="the overlay was not there",
            )
        )
        return True
