"""Which leases this seat may still take: the highest number of each session, so that none is used twice."""

from collections.abc import Mapping

from msgspec import Struct, field

from gamekeeper_wire import lease as wire
from gamekeeper_wire.lease import Lease

_SESSIONS = 200


class LeaseRefused(Exception):
    """A lease is genuine but not for here and now."""

    def __init__(self, code: str, message: str) -> None:
        """A stable word, and a sentence for a person."""
        super().__init__(message)
        self.code = code


class SessionNumber(Struct):
    """How far a session's leases have come."""

    seq: int
    issued_at: int


class LeaseBook(Struct):
    """Numbers of the last 200 sessions; older sessions are shut out by the time their leases were issued."""

    sessions: dict[str, SessionNumber] = field(default_factory=dict[str, SessionNumber])
    floor_issued_at: int = 0

    def check(self, lease: Lease, station_id: str | None, boot_id: str) -> None:
        """Raises LeaseRefused when the lease is for another seat, another boot, or was overtaken."""
        if station_id is None:
            raise LeaseRefused("no-station", "this machine is no seat")
        if lease.station_id != station_id:
            raise LeaseRefused("lease-other-station", f"the lease is for {lease.station_id}, this is {station_id}")
        if lease.boot_nonce != boot_id:
            raise LeaseRefused("lease-other-boot", "the lease was made for another boot of this machine")
        known = self.sessions.get(lease.session_id)
        if known is None and lease.issued_at <= self.floor_issued_at:
            raise LeaseRefused("lease-replayed", "the lease is older than a session that is long forgotten")
        if known is not None and lease.seq <= known.seq:
            raise LeaseRefused("lease-replayed", f"lease {lease.seq} of the session after {known.seq}")

    def note(self, session_id: str, seq: int, issued_at: int) -> None:
        """Nothing up to `seq` is valid for this session any more."""
        known = self.sessions.pop(session_id, SessionNumber(0, 0))
        # Put back at the end: the dictionary stays in the order of use.
        self.sessions[session_id] = SessionNumber(max(known.seq, seq), max(known.issued_at, issued_at))
        while len(self.sessions) > _SESSIONS:
            oldest = next(iter(self.sessions))
            self.floor_issued_at = max(self.floor_issued_at, self.sessions.pop(oldest).issued_at)

    def seq(self, session_id: str) -> int:
        """The highest number taken for a session, 0 when there was none."""
        known = self.sessions.get(session_id)
        return 0 if known is None else known.seq


def read_lease(blob: bytes, keys: Mapping[str, bytes]) -> Lease:
    """The genuine lease of signed bytes. Raises LeaseRefused."""
    try:
        return wire.verify(blob, keys)
    except wire.LeaseError as error:
        raise LeaseRefused(error.code, str(error)) from error
