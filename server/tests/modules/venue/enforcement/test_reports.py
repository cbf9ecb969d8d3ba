"""What a seat says of itself, and what that may and may not change.

Among these are the faults that a venue's software is known for; each was somebody's free hour or lost evening.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamekeeper.modules.venue.card import FloorState
from gamekeeper.modules.venue.ledger.check import check
from gamekeeper.modules.venue.sessions import ending, service
from gamekeeper.modules.venue.sessions.models import PaymentMethod, Session
from gamekeeper_wire.server import StationAssigned
from gamekeeper_wire.station import Lock, Reason
from tests.modules.venue.seats import Seat, make_device

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def when(seat: Seat, minutes: float) -> Any:
    return seat.world.runtime.context(seat.world.ada, now=at(minutes))


async def playing(seat: Seat, minutes: int = 60) -> Session:
    async with when(seat, 0) as ctx:
        session = await service.start(ctx, seat.id, minutes, PaymentMethod.CASH, guest="", expected=None)
    await seat.hello(NOW)
    await seat.report(Lock.UNLOCKED, Reason.STARTED, session.id, at(0))
    return session


async def session_now(seat: Seat, session: Session) -> Session:
    async with seat.world.context() as ctx:
        return await ctx.session.get_one(Session, (seat.world.lantern, session.id))


async def types(seat: Seat, name: str) -> int:
    async with seat.world.runtime.database.read(seat.world.lantern) as connection:
        return await connection.fetchval("SELECT count(*) FROM events WHERE type = $1", name)


async def test_an_unlock_is_confirmed_by_the_seat_only(seat: Seat) -> None:
    session = await playing(seat)
    card = await seat.card(at(1))
    assert (card.reported, card.confirmed_at, card.state) == ("unlocked", at(0), FloorState.BUSY)
    assert card.session is not None
    assert card.session.id == session.id


@pytest.mark.parametrize("boot_id", ["boot-1", "boot-2"])
async def test_a_reconnecting_agent_never_frees_a_busy_seat(seat: Seat, boot_id: str) -> None:
    session = await playing(seat)
    seat.boot_id = boot_id
    await seat.hello(at(10))
    assert seat.lease().remaining_ms == 50 * 60_000
    for lock in (Lock.UNKNOWN, Lock.LOCKED, Lock.UNLOCKED):
        await seat.report(lock, Reason.CONNECTED, session.id, at(10))
        assert (await seat.card(at(10))).state is not FloorState.FREE
    assert (await session_now(seat, session)).is_open


async def test_a_machine_that_went_away_leaves_the_seat_busy(seat: Seat) -> None:
    await playing(seat)
    await seat.set_online("offline")
    card = await seat.card(at(10))
    assert (card.state, card.device_state) == (FloorState.BUSY, "offline")


async def test_a_lock_in_the_middle_is_a_fault_and_is_answered_with_the_lease(seat: Seat) -> None:
    session = await playing(seat)
    await seat.hello(at(10))
    known = seat.told
    await seat.report(Lock.LOCKED, Reason.RESUMED, session.id, at(10))
    seat.told = [*known, *seat.told]
    assert seat.lease().remaining_ms == 50 * 60_000
    assert (await session_now(seat, session)).is_open
    assert (await seat.card(at(11))).state is FloorState.FAULT


async def test_an_early_expiry_does_not_take_paid_time(seat: Seat) -> None:
    session = await playing(seat)
    async with when(seat, 59) as ctx:
        await service.extend(ctx, session.id, 30, PaymentMethod.CASH, expected=None)
    await seat.hello(at(59))
    known = seat.told
    await seat.report(Lock.LOCKED, Reason.EXPIRED, session.id, at(60))
    seat.told = [*known, *seat.told]
    assert seat.lease().remaining_ms == 30 * 60_000
    assert (await session_now(seat, session)).is_open


async def test_the_seat_that_ends_a_moment_before_us_is_right(seat: Seat) -> None:
    session = await playing(seat)
    await seat.report(Lock.LOCKED, Reason.EXPIRED, session.id, at(60) - timedelta(seconds=1))
    ended = await session_now(seat, session)
    assert (ended.state, ended.ended_by, ended.ended_at) == ("ended", "time", at(60))
    assert (await seat.card(at(60))).state is FloorState.FREE
    async with when(seat, 60) as ctx:
        await ending.expire(ctx, session.id)
    assert await types(seat, "session:ended") == 1


async def test_time_that_is_over_locks_although_nobody_pressed_anything(seat: Seat) -> None:
    session = await playing(seat)
    async with when(seat, 60) as ctx:
        await ending.expire(ctx, session.id)
    assert (await seat.card(at(60))).state is FloorState.LOCKING
    # The end got lost on its way: whatever the seat says next is answered with it.
    await seat.report(Lock.UNLOCKED, Reason.HEARTBEAT, session.id, at(60.2))
    assert [end.session_id for end in seat.ends()] == [str(session.id)]
    assert (await seat.card(at(61))).state is FloorState.FAULT
    await seat.report(Lock.LOCKED, Reason.ENDED, session.id, at(61))
    assert (await seat.card(at(61))).state is FloorState.FREE


async def test_both_warnings_arrive_and_each_once(seat: Seat) -> None:
    session = await playing(seat)
    await seat.hello(at(1))
    assert seat.lease().warnings_s == (300, 60)
    for minutes in (55, 59):
        remaining = at(60) - at(minutes)
        await seat.report(Lock.WARNING, Reason.WARNED, session.id, at(minutes), remaining)
        await seat.report(Lock.WARNING, Reason.HEARTBEAT, session.id, at(minutes + 0.5), remaining)
    assert await types(seat, "session:warned") == 2
    card = await seat.card(at(59))
    assert (card.state, card.reported, card.confirmed_at) == (FloorState.ENDING, "warning", at(0))


async def test_an_end_is_by_time_left_and_not_by_the_wall_clock(seat: Seat) -> None:
    """The lease carries no moment at which it ends, so there is no clock of the seat that could be moved."""
    await playing(seat)
    await seat.hello(at(1))
    lease = seat.lease()
    assert "ends_at" not in lease.__struct_fields__
    assert lease.remaining_ms == 59 * 60_000


async def test_another_boot_has_shown_nothing_yet(seat: Seat) -> None:
    assert (await seat.card()).state is FloorState.FREE
    seat.boot_id = "boot-2"
    await seat.hello()
    assert (await seat.card()).state is FloorState.LOCKING
    await seat.report(Lock.LOCKED, Reason.CONNECTED)
    assert (await seat.card()).state is FloorState.FREE


async def test_a_report_for_another_seat_changes_nothing(seat: Seat) -> None:
    device = await make_device(seat.world, seat.world.lantern, None)
    impostor = Seat(seat.world, seat.id, device)
    await impostor.report(Lock.UNLOCKED, Reason.HEARTBEAT)
    assert impostor.told == [StationAssigned(station=None)]
    assert (await seat.card()).state is FloorState.FREE


async def test_every_payment_is_the_server_s_own_price(seat: Seat) -> None:
    await playing(seat)
    async with seat.world.runtime.database.read(seat.world.lantern) as connection:
        amounts = await connection.fetch("SELECT amount FROM ledger_postings ORDER BY amount")
    assert [row["amount"] for row in amounts] == [-450, 450]
    assert [
        d for d in (await check(seat.world.runtime.database)).differences if d.organization_id == seat.world.lantern
    ] == []
