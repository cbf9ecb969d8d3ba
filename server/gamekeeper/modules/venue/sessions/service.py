"""What can be done to a session: start, extend, end, take a sale back; and its end when its time is over."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.caller import SYSTEM, Authenticated
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict
from gamekeeper.kernel.events import emit
from gamekeeper.modules.venue import events
from gamekeeper.modules.venue.actuator import refresh
from gamekeeper.modules.venue.card import Card, FloorState
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.pricing import price
from gamekeeper.modules.venue.pricing.rule import frozen
from gamekeeper.modules.venue.pricing.service import policy_of, rule_in_force
from gamekeeper.modules.venue.pricing.timeline import SegmentKind
from gamekeeper.modules.venue.sessions import jobs, money
from gamekeeper.modules.venue.sessions.bill import facts
from gamekeeper.modules.venue.sessions.ending import about, expire, finish, state_of, station_of
from gamekeeper.modules.venue.sessions.models import (
    EndedBy,
    PaymentMethod,
    PurchaseKind,
    Session,
    SessionEnded,
    SessionPurchase,
    SessionSegment,
    UndoNotLast,
)
from gamekeeper.modules.venue.stations.floor import PRESENT
from gamekeeper.modules.venue.stations.jobs import watch
from gamekeeper.modules.venue.stations.models import Station
from gamekeeper.modules.venue.stations.queries import card
from gamekeeper.modules.venue.stations.tell import tell


class StationNotFree(Conflict):
    """This seat is not free. Look at the floor for what it is doing."""

    constraints = ("uq_venue_sessions_open",)


class StationOffline(Conflict):
    """This seat's machine does not answer, so it could not be told of more time. Try again once it is back."""


class PriceChanged(Conflict):
    """The price is another one now. Look at it again before you take the money."""


class SessionTooLong(Conflict):
    """A session may last a week at most."""


MOST_MINUTES = 10_080


async def start(
    ctx: Context, station_id: UUID, minutes: int, method: PaymentMethod, *, guest: str, expected: int | None
) -> Session:
    """Sell time on a free seat and unlock it.

    `expected` is the amount (minor units) that was shown; None takes whatever it costs. Raises StationNotFree,
    PriceChanged, NoPriceRule. Of two who start one seat at once the second gets StationNotFree.
    """
    station = await ctx.get(Station, station_id, May.START, lock=True)
    await _require_free(ctx, station)
    rule = await rule_in_force(ctx, station.site_id)
    policy = await policy_of(ctx)
    bought = price.purchase(rule, minutes, ctx.now)
    _require_expected(bought.amount, expected)
    session = Session(
        organization_id=ctx.organization_id,
        site_id=station.site_id,
        station_id=station.id,
        guest=guest,
        currency=rule.currency,
        rule=frozen(rule),
        early_end=policy.early_end,
        warning_seconds=list(policy.warning_seconds),
        grace_seconds=policy.grace_seconds,
        offline_cap_seconds=policy.offline_cap_seconds,
        started_at=ctx.now,
        ends_at=ctx.now + timedelta(minutes=minutes),
    )
    ctx.add(session)
    await ctx.flush()
    play = SegmentKind.PLAY.value
    ctx.add(
        SessionSegment(
            organization_id=ctx.organization_id, session_id=session.id, number=1, kind=play, started_at=ctx.now
        )
    )
    await _sell(ctx, session, station.label, bought, 1, method)
    state = await state_of(ctx, station.id)
    state.open_for(session.id, ctx.now)
    await watch(ctx, state)
    started = events.SessionStarted(
        **about(session, station),
        guest=guest,
        minutes=minutes,
        amount=bought.amount,
        currency=session.currency,
        ends_at=session.ends_at,
    )
    await emit(ctx, started)
    await _moved(ctx, session, station)
    return session


async def extend(
    ctx: Context, session_id: UUID, minutes: int, method: PaymentMethod, *, expected: int | None
) -> Session:
    """Sell more time, at the prices that the session began with. Raises SessionEnded, PriceChanged, StationOffline."""
    await _end_if_over(ctx, session_id)
    session, station = await _open(ctx, session_id, May.EXTEND)
    if session.ends_at <= ctx.now:
        raise SessionEnded(ended_at=session.ends_at.isoformat())
    if session.ends_at + timedelta(minutes=minutes) > ctx.now + timedelta(minutes=MOST_MINUTES):
        raise SessionTooLong
    seen = await card(await ctx.raw(), ctx.organization_id, station.id, ctx.now)
    if seen is None or seen.device_state not in PRESENT:
        raise StationOffline
    bought = price.purchase(session.snapshot, minutes, ctx.now)
    _require_expected(bought.amount, expected)
    number = len((await facts(ctx, session)).purchases) + 1
    await _sell(ctx, session, station.label, bought, number, method)
    session.ends_at += timedelta(minutes=minutes)
    await emit(ctx, _extended(session, station, minutes, bought.amount, "bought"))
    await _moved(ctx, session, station)
    return session


async def end(ctx: Context, session_id: UUID) -> Session:
    """End a session before its time; unused time is paid back or kept, as the house rule of its start says."""
    session, station = await _open(ctx, session_id, May.END)
    if session.ends_at <= ctx.now:
        await finish(ctx, session, station, session.ends_at, EndedBy.TIME)
    else:
        await finish(ctx, session, station, ctx.now, EndedBy.STAFF)
    return session


async def undo(ctx: Context, session_id: UUID, purchase_id: UUID) -> Session:
    """Take back the last sale within ten seconds; taking back the start ends the session as if it never was.

    Raises UndoTooLate, UndoNotLast, SessionEnded.
    """
    session = await ctx.get(Session, session_id, May.UNDO, lock=True)
    loaded = await facts(ctx, session)
    if any(each.id == purchase_id and each.undone_at is not None for each in loaded.purchases):
        return session  # pressed twice, or asked again after a lost answer
    session.require_open()
    station = await station_of(ctx, session)
    standing = loaded.standing
    if not standing or standing[-1].id != purchase_id:
        raise UndoNotLast
    last = standing[-1]
    last.undo(ctx.now)
    await ctx.flush()
    await money.reverse(ctx, session, station.label, last)
    session.ends_at -= timedelta(minutes=last.minutes)
    is_over = len(standing) == 1
    undone = events.SessionUndone(
        **about(session, station),
        minutes=last.minutes,
        amount=last.amount,
        currency=session.currency,
        is_over=is_over,
        ends_at=max(session.ends_at, session.started_at),
    )
    await emit(ctx, undone)
    if is_over:
        await finish(ctx, session, station, ctx.now, EndedBy.UNDO)
    elif session.ends_at <= ctx.now:
        await finish(ctx, session, station, ctx.now, EndedBy.TIME)
    else:
        await _moved(ctx, session, station)
    return session


async def give_back(ctx: Context, session: Session, station: Station, lost: timedelta, reason: str) -> None:
    """Let a session that runs last longer by the time that a fault took."""
    session.ends_at += lost
    await emit(ctx, _extended(session, station, 0, 0, reason))
    await _moved(ctx, session, station)


async def labels(ctx: Context, station_ids: set[UUID]) -> dict[UUID, str]:
    """What people call these seats."""
    statement = select(Station).where(Station.organization_id == ctx.organization_id, Station.id.in_(station_ids))
    return {station.id: station.label for station in await ctx.scalars(statement)}


async def _open(ctx: Context, session_id: UUID, permission: May) -> tuple[Session, Station]:
    session = await ctx.get(Session, session_id, permission, lock=True)
    session.require_open()
    return session, await station_of(ctx, session)


async def _end_if_over(ctx: Context, session_id: UUID) -> None:
    """No time is sold that is over already. The end is kept although what was asked for is refused."""
    session = await ctx.get(Session, session_id, May.EXTEND)
    if not session.is_open or session.ends_at > ctx.now:
        return
    async with ctx.runtime.context(Authenticated(SYSTEM, ctx.organization_id), ctx.request, ctx.now) as apart:
        await expire(apart, session_id)


async def _require_free(ctx: Context, station: Station) -> None:
    seen = await card(await ctx.raw(), ctx.organization_id, station.id, ctx.now)
    if seen is None or seen.state is not FloorState.FREE:
        state = seen.state if seen else FloorState.OFFLINE
        raise StationNotFree(why_not_free(seen) if seen else None, state=state)


def why_not_free(seen: Card) -> str:
    """Why no session can begin on a seat, in words that say what to do where something can be done."""
    return f"Seat {seen.label} is not free: {seen.out_of_order or seen.problem or _SAYS[seen.state]}".rstrip(".") + "."


_SAYS = {
    FloorState.FREE: "it is free",
    FloorState.BUSY: "somebody plays on it",
    FloorState.ENDING: "somebody plays on it",
    FloorState.LOCKING: "it has not confirmed its lock yet",
    FloorState.FAULT: "it does not do what it is told",
    FloorState.OFFLINE: "its machine does not answer",
    FloorState.MAINTENANCE: "it is out of order",
}


def _require_expected(amount: int, expected: int | None) -> None:
    if expected is not None and expected != amount:
        raise PriceChanged(amount=amount, expected=expected)


async def _sell(
    ctx: Context, session: Session, label: str, bought: price.Purchase, number: int, method: PaymentMethod
) -> None:
    purchase = SessionPurchase(
        organization_id=ctx.organization_id,
        session_id=session.id,
        number=number,
        kind=PurchaseKind.START if number == 1 else PurchaseKind.EXTEND,
        minutes=bought.minutes,
        amount=bought.amount,
        preset=bought.preset,
        method=method,
        transfer_id=None,
        bought_at=ctx.now,
        sold_by=ctx.actor.label,
    )
    await money.charge(ctx, session, label, purchase)
    ctx.add(purchase)
    await ctx.flush()


async def _moved(ctx: Context, session: Session, station: Station) -> None:
    """The end is another one now: time it, show it, tell the seat."""
    await ctx.flush()
    ahead = timedelta(seconds=max(session.warning_seconds, default=0))
    await jobs.expire.later(ctx, session_id=session.id, at=session.ends_at)
    if ahead and session.ends_at - ahead > ctx.now:
        await jobs.announce.later(ctx, session_id=session.id, at=session.ends_at - ahead)
    await tell(ctx, station.id)
    refresh(ctx, station.device_id)


def _extended(session: Session, station: Station, minutes: int, amount: int, reason: str) -> events.SessionExtended:
    return events.SessionExtended(
        **about(session, station),
        minutes=minutes,
        amount=amount,
        currency=session.currency,
        ends_at=session.ends_at,
        reason=reason,
    )
