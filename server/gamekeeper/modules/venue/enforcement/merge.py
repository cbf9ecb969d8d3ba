"""Merging what happened on a seat while nobody listened: each stretch once, lost time free."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import emit
from gamekeeper.modules.fleet.public import Connected
from gamekeeper.modules.venue.enforcement import absences
from gamekeeper.modules.venue.enforcement.leases import station_of
from gamekeeper.modules.venue.events import SessionMerged, StationClaimCut, StationClockMoved
from gamekeeper.modules.venue.pricing.timeline import Segment, SegmentKind, carve, total
from gamekeeper.modules.venue.sessions import money
from gamekeeper.modules.venue.sessions.bill import earned, facts
from gamekeeper.modules.venue.sessions.ending import about
from gamekeeper.modules.venue.sessions.models import Session, SessionState
from gamekeeper.modules.venue.sessions.service import give_back
from gamekeeper.modules.venue.stations.models import Station
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import SegmentsStored
from gamekeeper_wire.station import Segment as Stretch
from gamekeeper_wire.station import SegmentKind as StretchKind
from gamekeeper_wire.station import SegmentLog

_SECOND = timedelta(seconds=1)
_NEAR_ENOUGH = timedelta(minutes=1)
"""A seat knows since when it was off only as well as it last wrote down that it was on."""

_INSERT = """
INSERT INTO seat_segments (organization_id, id, device_id, log_id, seq, kind, session_id, boot_id, started_at,
                           duration_ms, ended_by, note, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (organization_id, device_id, log_id, seq) DO NOTHING RETURNING id
"""

_ACCOUNTED = """
SELECT coalesce(sum(duration_ms), 0)::bigint FROM seat_segments
WHERE organization_id = $1 AND session_id = $2 AND kind IN ('play', 'sleep')
"""


async def hear(ctx: Context, device: Connected, log: SegmentLog) -> Sequence[Frame]:
    """Merge a log and confirm it. Sent twice, or again after a lost answer, it changes nothing."""
    station = await station_of(ctx, device.id)
    entries = sorted(log.entries, key=lambda each: each.seq)
    sessions = await _sessions(ctx, station, entries)
    for entry in entries:
        session = sessions.get(_session_id(entry))
        if await _is_new(ctx, device, log.log_id, entry, session):
            await _merge(ctx, device, station, session, log.log_id, entry)
    return [SegmentsStored(log_id=log.log_id, seq=max((entry.seq for entry in log.entries), default=0))]


async def _sessions(ctx: Context, station: Station | None, entries: Sequence[Stretch]) -> dict[UUID | None, Session]:
    """The sessions of this seat that the entries are of, by their ids."""
    if station is None:
        return {}
    # All before any money moves: a desk that ends one of them holds it while it waits for the ledger's accounts.
    statement = (
        select(Session)
        .where(
            Session.organization_id == ctx.organization_id,
            Session.station_id == station.id,
            Session.id.in_({_session_id(entry) for entry in entries} - {None}),
        )
        .order_by(Session.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {session.id: session for session in await ctx.scalars(statement)}


def _session_id(entry: Stretch) -> UUID | None:
    """The session that an entry names; None for a stretch outside of one."""
    try:
        return UUID(entry.session_id or "")
    except ValueError:
        return None


async def _is_new(ctx: Context, device: Connected, log_id: str, entry: Stretch, session: Session | None) -> bool:
    inserted = await (await ctx.raw()).fetchval(
        _INSERT,
        ctx.organization_id,
        new_id(),
        device.id,
        log_id,
        entry.seq,
        entry.kind.value,
        session.id if session else None,
        entry.boot_id,
        datetime.fromtimestamp(entry.started_at / 1000, UTC),
        entry.duration_ms,
        entry.ended_by,
        entry.note,
        ctx.now,
    )
    return inserted is not None


async def _merge(
    ctx: Context, device: Connected, station: Station | None, session: Session | None, log_id: str, entry: Stretch
) -> None:
    if entry.kind is StretchKind.CLOCK_BACK and station is not None:
        moved = StationClockMoved(
            subject_id=station.id, subject_label=station.label, back_seconds=entry.duration_ms // 1000
        )
        await emit(ctx, moved)
    if session is None or station is None or session.state == SessionState.UNDONE:
        return
    if entry.kind is StretchKind.PLAY:
        session.played_ms += entry.duration_ms
        await ctx.flush()
    if entry.kind is StretchKind.OFF:
        length = await _believed(ctx, device, station, session, entry)
        await _lose(ctx, station, session, f"{log_id}:{entry.seq}", entry, length)


async def _believed(ctx: Context, device: Connected, station: Station, session: Session, entry: Stretch) -> timedelta:
    """How much of a stretch in which the machine says it was off becomes a free fault.

    Never more than nobody accounted for, and never more than it was away from us until another boot said hello.
    """
    loaded = await facts(ctx, session)
    limit = session.ended_at or ctx.now
    before = timedelta(seconds=float(total(loaded.timeline, SegmentKind.FAULT, limit)))
    played: int = await (await ctx.raw()).fetchval(_ACCOUNTED, ctx.organization_id, session.id)
    unknown = (limit - session.started_at) - timedelta(milliseconds=played) - before
    claimed = max(timedelta(), min(timedelta(milliseconds=entry.duration_ms), unknown))
    away = await absences.within(ctx, device.id, session.started_at, limit)
    believed = max(timedelta(), min(claimed, away - before))
    if claimed - believed > _NEAR_ENOUGH:
        cut = StationClaimCut(
            subject_id=station.id,
            subject_label=station.label,
            session_id=session.id,
            claimed_seconds=claimed // _SECOND,
            believed_seconds=believed // _SECOND,
        )
        await emit(ctx, cut)
    return believed


async def _lose(ctx: Context, station: Station, session: Session, name: str, entry: Stretch, length: timedelta) -> None:
    """Turn a stretch in which the machine was off into a free fault of that length."""
    loaded = await facts(ctx, session)
    limit = session.ended_at or ctx.now
    before = total(loaded.timeline, SegmentKind.FAULT, limit)
    # The machine's wall clock only places the stretch; how long it was does not depend on it.
    begun = datetime.fromtimestamp(entry.started_at / 1000, UTC)
    start = max(session.started_at, min(begun, limit - length))
    stretch = Segment(kind=SegmentKind.FAULT, started_at=start, ended_at=start + length, returned=session.is_open)
    timeline = carve(loaded.timeline, stretch, limit)
    lost = total(timeline, SegmentKind.FAULT, limit) - before
    if lost <= 0:
        return
    await _rewrite(ctx, session, timeline)
    if session.is_open:
        await give_back(ctx, session, station, timedelta(seconds=float(lost)), "fault")
        return
    bill = (await facts(ctx, session)).bill(limit)
    credited = max(0, await earned(ctx, session.id) - bill.total)
    await money.owe(ctx, session, station.label, credited, name)
    merged = SessionMerged(
        **about(session, station), lost_seconds=int(lost), credited=credited, currency=session.currency
    )
    await emit(ctx, merged)


async def _rewrite(ctx: Context, session: Session, timeline: list[Segment]) -> None:
    connection = await ctx.raw()
    await connection.execute(
        "DELETE FROM session_segments WHERE organization_id = $1 AND session_id = $2", ctx.organization_id, session.id
    )
    await connection.executemany(
        """INSERT INTO session_segments (organization_id, id, session_id, number, kind, started_at, ended_at, returned)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        [
            (
                ctx.organization_id,
                new_id(),
                session.id,
                number,
                segment.kind.value,
                segment.started_at,
                segment.ended_at,
                segment.returned,
            )
            for number, segment in enumerate(timeline, 1)
        ],
    )
