"""The seat's log of finished stretches: numbered, on disk, kept until the server has merged them."""

from uuid import uuid4

import msgspec

from gamekeeper_agent.seat.seat import Stretch
from gamekeeper_agent.store import Store, read_meta, write_meta
from gamekeeper_wire.limits import MAX_SEGMENTS
from gamekeeper_wire.station import Segment, SegmentLog

_LIMIT = 20_000
_KEY = "segment-log"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Stretch)


class SegmentJournal:
    """Numbers never repeat within `log_id`, which is new when the database is."""

    def __init__(self, database: Store) -> None:
        """Continue with what the database holds."""
        self._database = database
        # What the server has and a full disk did not let us delete yet.
        self._merged = 0

    def append(self, stretch: Stretch) -> None:
        """Keep a stretch. Beyond 20,000 the oldest goes. Raises sqlite3.Error."""
        if read_meta(self._database, _KEY) is None:
            write_meta(self._database, _KEY, uuid4().hex)
        number = self._database.execute(
            "INSERT INTO segments (segment) VALUES (?)", (_encoder.encode(stretch),)
        ).lastrowid
        self._database.execute("DELETE FROM segments WHERE seq <= ?", (max((number or 0) - _LIMIT, self._merged),))

    def waiting(self) -> SegmentLog | None:
        """The oldest segments not yet merged, as the frame to send; None when there are none."""
        rows = self._database.execute(
            "SELECT seq, segment FROM segments WHERE seq > ? ORDER BY seq LIMIT ?", (self._merged, MAX_SEGMENTS)
        )
        entries = [_segment(int(seq), _decoder.decode(blob)) for seq, blob in rows]
        log_id = read_meta(self._database, _KEY)
        return SegmentLog(log_id=log_id, entries=entries) if entries and log_id else None

    def merged(self, log_id: str, seq: int) -> None:
        """The server has everything of this log up to `seq`. Raises sqlite3.Error."""
        if log_id == read_meta(self._database, _KEY):
            self._merged = max(self._merged, seq)
            self._database.execute("DELETE FROM segments WHERE seq <= ?", (seq,))


def _segment(seq: int, stretch: Stretch) -> Segment:
    return Segment(
        seq=seq,
        kind=stretch.kind,
        boot_id=stretch.boot_id,
        started_at=stretch.started_at,
        duration_ms=stretch.duration_ms,
        session_id=stretch.session_id,
        lease_id=stretch.lease_id,
        ended_by=stretch.ended_by,
        note=stretch.note,
    )
