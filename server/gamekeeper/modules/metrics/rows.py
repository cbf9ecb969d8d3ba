"""Samples from the wire as rows of the table: checked, cut into days, packed as PostgreSQL's binary COPY wants them."""

import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from gamekeeper.modules.metrics.readings import RANGES, Metric
from gamekeeper_wire.agent import Sample

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
AHEAD_MS = DAY_MS
"""A clock may be wrong by so much in the future; readings further ahead are refused, not moved to an invented time."""

COLUMNS = ("organization_id", "device_id", "ts", "received_at", *Metric)
COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_TAIL = b"\xff\xff"

_EPOCH_US = 946_684_800_000_000  # PostgreSQL counts microseconds from the year 2000
_KEY = struct.Struct(">hi16si16s")
_WHOLE = struct.Struct(">iqiqififififif")
_TIMES = struct.Struct(">iqiq")
_REAL = struct.Struct(">if")
_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Values: TypeAlias = tuple[float | None, float | None, float | None, float | None, float | None]


@dataclass(slots=True)
class Batch:
    """What one device sent at once, ready to be stored."""

    organization_id: UUID
    device_id: UUID
    received_ms: int
    replay: bool
    days: dict[int, list[bytes]] = field(default_factory=dict[int, list[bytes]])
    """Packed rows by day since 1970."""
    count: int = 0
    late_hours: set[int] = field(default_factory=set[int])
    """Hours since 1970 that the regular roll-up has left behind."""
    refused: Counter[str] = field(default_factory=Counter[str])
    newest: tuple[int, Values] | None = None


def pack(
    organization_id: UUID,
    device_id: UUID,
    samples: Sequence[Sample],
    *,
    replay: bool,
    now_ms: int,
    oldest_ms: int,
    late_ms: int,
) -> Batch:
    """Check and pack samples. All times are milliseconds since 1970.

    Refused by name: a sample before `oldest_ms` (`too_old`), more than a day ahead of `now_ms` (`clock_ahead`),
    without any value (`empty`), and single values outside their range (`cpu_out_of_range` …). Hours of samples
    before `late_ms` are remembered for the roll-ups.
    """
    batch = Batch(organization_id, device_id, now_ms, replay)
    key = _KEY.pack(len(COLUMNS), 16, organization_id.bytes, 16, device_id.bytes)
    received = now_ms * 1000 - _EPOCH_US
    newest_allowed = now_ms + AHEAD_MS
    newest: tuple[int, Values] | None = None
    day = -1
    rows: list[bytes] = []
    for sample in samples:
        ts = sample.ts
        if not oldest_ms <= ts <= newest_allowed:
            batch.refused["too_old" if ts < oldest_ms else "clock_ahead"] += 1
            continue
        values: Values = (sample.cpu, sample.memory, sample.temperature, sample.disk, sample.latency)
        cpu, memory, temperature, disk, latency = values
        # One chained comparison says "present, a number, not NaN, in range"; the rest is for the rare other case.
        if (
            cpu is not None
            and memory is not None
            and temperature is not None
            and disk is not None
            and latency is not None
            and 0.0 <= cpu <= 100.0
            and 0.0 <= memory <= 100.0
            and -60.0 <= temperature <= 200.0
            and 0.0 <= disk <= 100.0
            and 0.0 <= latency <= 600_000.0
        ):
            row = key + _WHOLE.pack(
                8, ts * 1000 - _EPOCH_US, 8, received, 4, cpu, 4, memory, 4, temperature, 4, disk, 4, latency
            )
        else:
            values = _sound(values, batch.refused)
            if not any(value is not None for value in values):
                batch.refused["empty"] += 1
                continue
            cells = b"".join(_NULL if value is None else _REAL.pack(4, value) for value in values)
            row = key + _TIMES.pack(8, ts * 1000 - _EPOCH_US, 8, received) + cells
        if ts // DAY_MS != day:
            day = ts // DAY_MS
            rows = batch.days.setdefault(day, [])
        rows.append(row)
        if ts < late_ms:
            batch.late_hours.add(ts // HOUR_MS)
        if newest is None or ts >= newest[0]:
            newest = (ts, values)
    batch.newest = newest
    batch.count = sum(len(rows) for rows in batch.days.values())
    return batch


def _sound(values: Values, refused: Counter[str]) -> Values:
    checked: list[float | None] = []
    for (metric, (least, most)), value in zip(RANGES.items(), values, strict=True):
        if value is None or least <= value <= most:
            checked.append(value)
        else:
            refused[f"{metric}_out_of_range"] += 1
            checked.append(None)
    return (checked[0], checked[1], checked[2], checked[3], checked[4])


def unpack(row: bytes) -> tuple[UUID, UUID, datetime, datetime, *tuple[float | None, ...]]:
    """The values of a packed row, for the statements that cannot take binary COPY."""
    _, _, organization, _, device = _KEY.unpack_from(row)
    _, ts, _, received = _TIMES.unpack_from(row, _KEY.size)
    offset = _KEY.size + _TIMES.size
    values: list[float | None] = []
    for _ in Metric:
        if row[offset : offset + 4] == _NULL:
            values.append(None)
            offset += 4
        else:
            values.append(_REAL.unpack_from(row, offset)[1])
            offset += _REAL.size
    return (UUID(bytes=organization), UUID(bytes=device), _moment(ts), _moment(received), *values)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds + _EPOCH_US)
