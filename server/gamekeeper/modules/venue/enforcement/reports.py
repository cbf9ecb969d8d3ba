"""What a seat says of itself, and what follows from it."""

from collections.abc import Sequence
from datetime import timedelta

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.modules.fleet.public import Connected
from gamekeeper.modules.venue.enforcement.leases import lock_or_lease, open_session, station_of, wishes
from gamekeeper.modules.venue.events import SessionWarned
from gamekeeper.modules.venue.sessions.ending import about, finish, state_of
from gamekeeper.modules.venue.sessions.models import EndedBy, Session
from gamekeeper.modules.venue.stations.models import Station
from gamekeeper.modules.venue.stations.tell import tell
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.station import Lock, Reason, StationReport

CLOSE_ENOUGH = timedelta(seconds=3)
"""A seat that ends so much before our own clock says so is right: its clock ran where the play was."""


async def hear(ctx: Context, device: Connected, report: StationReport) -> Sequence[Frame]:
    """Take a report. Only what it says is written as reported; a session is never begun, ended early or freed by it.

    Answers with what the machine should know where the report shows that it does not.
    """
    station = await station_of(ctx, device.id)
    if station is None or report.station_id != str(station.id):
        return await wishes(ctx, device)
    # Session before state, in the order of every verb, so that none waits for another in a circle.
    session = await open_session(ctx, station.id, lock=True)
    state = await state_of(ctx, station.id)
    is_changed = state.take(report, ctx.now)
    await ctx.flush()
    if session is not None and _is_over(session, report, ctx):
        await finish(ctx, session, station, session.ends_at, EndedBy.TIME)
        return []
    if session is not None and report.reason is Reason.WARNED:
        await _warned(ctx, session, station, report)
    if is_changed:
        await tell(ctx, station.id)
    if _needs_telling(session, report):
        return await lock_or_lease(ctx, station.id, device.hello.boot_id)
    return []


def _is_over(session: Session, report: StationReport, ctx: Context) -> bool:
    has_locked = report.lock is Lock.LOCKED and report.session_id == str(session.id)
    return has_locked and report.reason is Reason.EXPIRED and session.ends_at - ctx.now <= CLOSE_ENOUGH


def _needs_telling(session: Session | None, report: StationReport) -> bool:
    if report.reason in {Reason.CONNECTED, Reason.STARTED, Reason.RENEWED}:
        return False  # a hello has just been answered with everything, a lease has just arrived
    is_open = report.lock in {Lock.UNLOCKED, Lock.WARNING}
    if session is None:
        return is_open
    # A heartbeat renews; a seat that locked or shows another session has missed something.
    return report.reason is Reason.HEARTBEAT or not is_open or report.session_id != str(session.id)


async def _warned(ctx: Context, session: Session, station: Station, report: StationReport) -> None:
    warned = SessionWarned(**about(session, station), remaining_seconds=report.remaining_ms // 1000)
    await emit(ctx, warned)
