"""A seat as its machine sees it: lock, lease, and the log of what happened while nobody listened."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from gamekeeper_wire.frame import Frame
from gamekeeper_wire.limits import MAX_SEGMENTS, Count, DurationMs, Id, Line, Name, UnixMs


class Lock(StrEnum):
    """What the overlay confirmed that it shows; `unknown` while none confirms anything."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    WARNING = "warning"
    TECHNICIAN = "technician"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a station report was sent."""

    CONNECTED = "connected"
    HEARTBEAT = "heartbeat"
    STARTED = "started"
    RENEWED = "renewed"
    WARNED = "warned"
    EXPIRED = "expired"
    ENDED = "ended"
    RESUMED = "resumed"
    OVERLAY_LOST = "overlay-lost"
    OVERLAY_BACK = "overlay-back"
    ASSIGNED = "assigned"


class StationReport(Frame, frozen=True, kw_only=True):
    """The seat's state, sent at every change; `at` is the agent's wall clock and for display only."""

    lock: Lock
    reason: Reason
    at: UnixMs
    station_id: Id | None = None
    lease_id: Id | None = None
    session_id: Id | None = None
    seq: Count = 0
    """Highest lease number accepted for `session_id`."""
    remaining_ms: DurationMs = 0
    """Time left by the agent's own monotonic clock."""


class SegmentKind(StrEnum):
    """What a stretch of time on the seat was."""

    PLAY = "play"
    SLEEP = "sleep"
    OFF = "off"
    FAULT = "fault"
    CLOCK_BACK = "clock-back"


class Segment(Struct, frozen=True, kw_only=True):
    """One finished stretch; bill by `duration_ms`, which no wall clock can move."""

    seq: Count
    kind: SegmentKind
    boot_id: Id
    started_at: UnixMs
    duration_ms: DurationMs
    session_id: Id | None = None
    lease_id: Id | None = None
    ended_by: Name = ""
    """`expired`, `ended`, `replaced`, `offline-cap`, `unassigned`, or empty."""
    note: Line = ""


class SegmentLog(Frame, frozen=True, kw_only=True):
    """Segments not yet confirmed, oldest first. `(log_id, seq)` is unique: merge each once."""

    log_id: Id
    entries: Annotated[list[Segment], Meta(max_length=MAX_SEGMENTS)]
