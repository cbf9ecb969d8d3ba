"""How a session ends: by its time, by the desk, or because it was taken back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.modules.venue import events
from gamekeeper.modules.venue.actuator import refresh
from gamekeeper.modules.venue.sessions import money
from gamekeeper.modules.venue.sessions.bill import earned, facts
from gamekeeper.modules.venue.sessions.models import EndedBy, Session
from gamekeeper.modules.venue.stations.jobs import watch
from gamekeeper.modules.venue.stations.models import Station, StationState
from gamekeeper.modules.venue.stations.tell import tell


async def expire(ctx: Context, session_id: UUID) -> datetime | None:
    """End a session whose time is over. While it has time left: when it will be over, by what is known now."""
    session = await locked(ctx, session_id)
    if session is None or not session.is_open:
        return None
    if session.ends_at > ctx.now:
        return session.ends_at
    await finish(ctx, session, await station_of(ctx, session), session.ends_at, EndedBy.TIME)
    return None


async def announce(ctx: Context, session_id: UUID) -> datetime | None:
    """Say that the first warning is due. While it is not: when it will be, by what is known now."""
    session = await locked(ctx, session_id)
    if session is None or not session.is_open:
        return None
    due = session.ends_at - timedelta(seconds=max(session.warning_seconds, default=0))
    if due > ctx.now:
        return due
    station = await station_of(ctx, session)
    ending = events.SessionEnding(
        **about(session, station),
        ends_at=session.ends_at,
    )
    await emit(ctx, ending)
    await tell(ctx, station.id)
    return None


async def finish(ctx: Context, session: Session, station: Station, at: datetime, by: EndedBy) -> None:
    """Close a session at a moment, settle its money, and ask the seat for its lock."""
    session.end(at, by)
    loaded = await facts(ctx, session)
    for segment in loaded.segments:
        if segment.ended_at is None:
            segment.ended_at = max(at, segment.started_at)
    await ctx.flush()
    bill = loaded.bill(at)
    back = await earned(ctx, session.id) - bill.total
    await money.refund(ctx, session, station.label, back)
    state = await state_of(ctx, station.id)
    state.close(ctx.now)
    await watch(ctx, state)
    await ctx.flush()
    ended = events.SessionEnded(
        **about(session, station),
        ended_by=by.value,
        played_seconds=int(bill.used),
        total=bill.total,
        refunded=max(0, back),
        currency=session.currency,
    )
    await emit(ctx, ended)
    await tell(ctx, station.id)
    refresh(ctx, station.device_id)


async def locked(ctx: Context, session_id: UUID) -> Session | None:
    """A session of this organization, locked, for what no person asked for."""
    statement = (
        select(Session)
        .where(Session.organization_id == ctx.organization_id, Session.id == session_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await ctx.session.execute(statement)).scalar_one_or_none()


async def station_of(ctx: Context, session: Session) -> Station:
    """The seat of a session."""
    return await ctx.session.get_one(Station, (ctx.organization_id, session.station_id))


async def state_of(ctx: Context, station_id: UUID) -> StationState:
    """What a seat shall be and is, locked."""
    return await ctx.session.get_one(StationState, (ctx.organization_id, station_id), with_for_update=True)


def about(session: Session, station: Station) -> dict[str, Any]:
    """What every event of a session tells."""
    return {
        "subject_id": session.id,
        "subject_label": station.label,
        "station_id": station.id,
        "station": station.label,
    }
