"""What a seat's machine is told: which seat it is, whose leases to believe, and its lease or the end of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.modules.fleet.public import Connected, Greeting
from gamekeeper.modules.venue.enforcement import absences
from gamekeeper.modules.venue.enforcement.keys import public_keys, signing_key
from gamekeeper.modules.venue.sessions.models import Session, SessionState
from gamekeeper.modules.venue.stations.models import Station, StationState
from gamekeeper.modules.venue.stations.tell import tell
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.lease import Lease, sign
from gamekeeper_wire.server import LeaseEnd, LeaseGrant, LeaseKeys, StationAssigned
from gamekeeper_wire.server import Station as Seat

_MILLISECOND = timedelta(milliseconds=1)

_NEXT = """
UPDATE station_states SET lease_seq = lease_seq + 1 WHERE organization_id = $1 AND id = $2
RETURNING lease_seq, session_id
"""


async def greeting(ctx: Context, device: Connected) -> Greeting:
    """What belongs into the welcome of a machine. Another boot of it has confirmed nothing yet."""
    station = await station_of(ctx, device.id)
    if station is None:
        return Greeting()
    state = await ctx.session.get_one(StationState, (ctx.organization_id, station.id), with_for_update=True)
    is_reboot = state.boot_id is not None
    if state.greet(device.hello.boot_id, ctx.now):
        if is_reboot:
            await absences.note(ctx, device.id, device.hello.boot_id, state.reported_at)
        await ctx.flush()
        await tell(ctx, station.id)
    return Greeting(await public_keys(ctx), _seat(station))


async def wishes(ctx: Context, device: Connected) -> Sequence[Frame]:
    """Everything a machine must know now; right to send at any time, since every lease has a new number."""
    station = await station_of(ctx, device.id)
    if station is None:
        return [StationAssigned(station=None)]
    return [
        StationAssigned(station=_seat(station)),
        LeaseKeys(lease_public_keys=await public_keys(ctx)),
        *await lock_or_lease(ctx, station.id, device.hello.boot_id),
    ]


async def lock_or_lease(ctx: Context, station_id: UUID, boot_id: str) -> Sequence[Frame]:
    """A fresh lease while a session runs, else the end of the last one."""
    # The number first: it locks the row, so a higher number never carries older facts.
    row = await (await ctx.raw()).fetchrow(_NEXT, ctx.organization_id, station_id)
    session = await open_session(ctx, station_id)
    if row is not None and session is not None and session.ends_at > ctx.now:
        lease = lease_of(session, row["lease_seq"], boot_id, ctx.now)
        return [LeaseGrant(lease=sign(lease, await signing_key(ctx)))]
    if row is None or row["session_id"] is None:
        return []
    return [LeaseEnd(session_id=str(row["session_id"]), seq=row["lease_seq"], reason="the session has ended")]


def lease_of(session: Session, seq: int, boot_id: str, now: datetime) -> Lease:
    """The lease for what is left of a session at a moment."""
    remaining = max(0, (session.ends_at - now) // _MILLISECOND)
    return Lease(
        lease_id=str(new_id()),
        station_id=str(session.station_id),
        boot_nonce=boot_id,
        session_id=str(session.id),
        seq=seq,
        issued_at=int(now.timestamp() * 1000),
        remaining_ms=remaining,
        offline_cap_ms=session.offline_cap_seconds * 1000,
        warnings_s=tuple(session.warning_seconds),
        grace_s=session.grace_seconds,
    )


async def station_of(ctx: Context, device_id: UUID) -> Station | None:
    """The seat that a machine is."""
    statement = select(Station).where(Station.organization_id == ctx.organization_id, Station.device_id == device_id)
    return (await ctx.session.execute(statement)).scalar_one_or_none()


async def open_session(ctx: Context, station_id: UUID, *, lock: bool = False) -> Session | None:
    """The session that runs on a seat."""
    statement = select(Session).where(
        Session.organization_id == ctx.organization_id,
        Session.station_id == station_id,
        Session.state == SessionState.OPEN,
    )
    if lock:
        statement = statement.with_for_update()
    statement = statement.execution_options(populate_existing=True)
    return (await ctx.session.execute(statement)).scalar_one_or_none()


def _seat(station: Station) -> Seat:
    return Seat(station_id=str(station.id), label=station.label)
