"""The stretches of a session: what kind each was and how long, exactly."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

_MICROSECOND = timedelta(microseconds=1)


class SegmentKind(StrEnum):
    """What a stretch of a session was; only play is paid for."""

    PLAY = "play"
    PAUSE = "pause"
    FAULT = "fault"
    GRACE = "grace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One stretch, half open: [started_at, ended_at). Open while `ended_at` is None.

    `returned` says that the time was given back while the session ran, by a later end.
    """

    kind: SegmentKind
    started_at: datetime
    ended_at: datetime | None = None
    returned: bool = False

    def seconds(self, now: datetime) -> Fraction:
        """How long it was, or is by `now`; never negative."""
        return max(Fraction(0), elapsed(self.started_at, self.ended_at or now))


def elapsed(start: datetime, end: datetime) -> Fraction:
    """Exact seconds between two instants.

    Both go through UTC: Python subtracts two times of one zone as if no clock had ever been changed between them.
    """
    return Fraction((end.astimezone(UTC) - start.astimezone(UTC)) // _MICROSECOND, 1_000_000)


def total(segments: list[Segment], kind: SegmentKind, now: datetime) -> Fraction:
    """Seconds of all segments of a kind."""
    return sum((segment.seconds(now) for segment in segments if segment.kind is kind), Fraction(0))


def carve(segments: list[Segment], stretch: Segment, now: datetime) -> list[Segment]:
    """The timeline with `stretch` (closed) in place of the play that it overlaps.

    Only play gives way: a second report of the same fault, or one that overlaps a pause, takes nothing twice. The
    total time stays what it was.
    """
    carved: list[Segment] = []
    for segment in segments:
        carved.extend(_cut(segment, stretch, now) if segment.kind is SegmentKind.PLAY else [segment])
    return carved


def _cut(play: Segment, stretch: Segment, now: datetime) -> list[Segment]:
    assert stretch.ended_at is not None  # noqa: S101 - the caller's promise, for the type checker
    start = max(play.started_at, stretch.started_at)
    end = min(play.ended_at or now, stretch.ended_at)
    if end <= start:
        return [play]
    parts: list[Segment] = []
    if start > play.started_at:
        parts.append(replace(play, ended_at=start))
    parts.append(replace(stretch, started_at=start, ended_at=end))
    if play.ended_at is None or end < play.ended_at:
        parts.append(replace(play, started_at=end))
    return parts
