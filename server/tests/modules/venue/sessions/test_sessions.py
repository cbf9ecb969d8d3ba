"""The verbs of sessions, with a clock of our own."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from gamekeeper.kernel.context import Context
from gamekeeper.modules.venue.card import FloorState
from gamekeeper.modules.venue.ledger.check import check
from gamekeeper.modules.venue.pricing import service as pricing
from gamekeeper.modules.venue.pricing.models import PriceRule
from gamekeeper.modules.venue.sessions import ending, service
from gamekeeper.modules.venue.sessions.bill import earned, facts
from gamekeeper.modules.venue.sessions.models import (
    PaymentMethod,
    Session,
    SessionEnded,
    UndoNotLast,
    UndoTooLate,
)
from gamekeeper_wire.station import Lock, Reason
from tests.modules.venue.seats import Seat, bare_seat
from tests.world import World

CASH = PaymentMethod.CASH
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def when(world: World, minutes: float) -> Any:
    return world.runtime.context(world.ada, now=at(minutes))


async def started(seat: Seat, minutes: int = 60) -> Session:
    async with when(seat.world, 0) as ctx:
        return await service.start(ctx, seat.id, minutes, CASH, guest="Mika", expected=None)


async def cash_of(world: World) -> int:
    async with world.runtime.database.read(world.lantern) as connection:
        return await connection.fetchval(
            "SELECT coalesce(sum(balance), 0)::bigint FROM ledger_accounts WHERE name = 'asset:cash:main'"
        )


async def told(world: World, subject_id: UUID) -> list[str]:
    async with world.runtime.database.read(world.lantern) as connection:
        rows = await connection.fetch("SELECT type FROM events WHERE subject_id = $1 ORDER BY id", subject_id)
    return [row["type"] for row in rows]


async def expect_true_books(world: World, session_id: UUID) -> None:
    """The ledger has earned exactly what the price function says."""
    async with world.context() as ctx:
        session = await ctx.session.get_one(Session, (world.lantern, session_id))
        assert await earned(ctx, session_id) == (await facts(ctx, session)).bill(ctx.now).total
    differences = (await check(world.runtime.database)).differences
    assert [each for each in differences if each.organization_id == world.lantern] == []


async def test_a_start_takes_the_money_and_unlocks(seat: Seat) -> None:
    session = await started(seat)
    assert (session.ends_at, await cash_of(seat.world)) == (at(60), 450)
    seen = await seat.card(at(0.1))
    assert (seen.state, seen.desired, seen.confirmed_at) == (FloorState.BUSY, "unlocked", None)
    assert seen.session is not None
    assert (seen.session.paid, seen.session.guest) == (450, "Mika")
    assert await told(seat.world, session.id) == ["payment:received", "session:started"]
    await expect_true_books(seat.world, session.id)


async def test_only_a_seat_that_has_confirmed_its_lock_is_sold(world: World, seat: Seat) -> None:
    fresh = await bare_seat(world)
    with pytest.raises(service.StationNotFree):
        await started(fresh)
    await seat.set_online("offline")
    with pytest.raises(service.StationNotFree, match="does not answer"):
        await started(seat)
    assert await cash_of(world) == 0


async def test_a_price_that_changed_is_not_charged(seat: Seat) -> None:
    with pytest.raises(service.PriceChanged):
        async with when(seat.world, 0) as ctx:
            await service.start(ctx, seat.id, 60, CASH, guest="", expected=400)
    assert await cash_of(seat.world) == 0
    assert (await seat.card()).state is FloorState.FREE


async def test_no_rule_no_sale(world: World) -> None:
    seat = await bare_seat(world)
    await seat.hello()
    await seat.report(Lock.LOCKED, Reason.CONNECTED)
    with pytest.raises(pricing.NoPriceRule):
        await started(seat)


async def test_an_extension_costs_what_it_cost_at_the_start(seat: Seat) -> None:
    session = await started(seat)
    async with seat.world.context() as ctx:
        [rule] = await ctx.scalars(ctx.rows(PriceRule, pricing.May.PRICE))
        await pricing.change(ctx, rule, {"presets": [{"minutes": 60, "amount": 9_999}], "rate": 9_999})
    async with when(seat.world, 50) as ctx:
        session = await service.extend(ctx, session.id, 60, CASH, expected=450)
    assert (session.ends_at, await cash_of(seat.world)) == (at(120), 900)
    await expect_true_books(seat.world, session.id)


async def test_no_time_is_sold_to_a_machine_that_cannot_be_told(seat: Seat) -> None:
    session = await started(seat)
    await seat.set_online("offline")
    with pytest.raises(service.StationOffline):
        async with when(seat.world, 50) as ctx:
            await service.extend(ctx, session.id, 60, CASH, expected=None)


async def test_an_early_end_pays_unused_time_back(seat: Seat) -> None:
    session = await started(seat)
    async with when(seat.world, 45) as ctx:
        await service.end(ctx, session.id)
    assert await cash_of(seat.world) == 450 - 112
    assert await told(seat.world, session.id) == [
        "payment:received",
        "session:started",
        "payment:returned",
        "session:ended",
    ]
    await expect_true_books(seat.world, session.id)


async def test_the_house_rule_of_the_start_holds(seat: Seat) -> None:
    async with seat.world.context() as ctx:
        await pricing.set_policy(ctx, {"early_end": "burn"})
    session = await started(seat)
    async with seat.world.context() as ctx:
        await pricing.set_policy(ctx, {"early_end": "refund"})
    async with when(seat.world, 45) as ctx:
        await service.end(ctx, session.id)
    assert await cash_of(seat.world) == 450
    await expect_true_books(seat.world, session.id)


async def test_an_end_does_not_free_the_seat_before_its_lock(seat: Seat) -> None:
    session = await started(seat)
    await seat.report(Lock.UNLOCKED, Reason.STARTED, session.id, at(0))
    async with when(seat.world, 45) as ctx:
        await service.end(ctx, session.id)
    assert (await seat.card(at(45))).state is FloorState.LOCKING
    with pytest.raises(service.StationNotFree):
        async with when(seat.world, 45) as ctx:
            await service.start(ctx, seat.id, 30, CASH, guest="", expected=None)
    assert (await seat.card(at(46))).state is FloorState.FAULT
    await seat.report(Lock.LOCKED, Reason.ENDED, session.id, at(46))
    assert (await seat.card(at(46))).state is FloorState.FREE


async def test_time_ends_a_session_by_itself_and_not_before(seat: Seat) -> None:
    session = await started(seat)
    for minutes, state in ((59.9, "open"), (60, "ended"), (61, "ended")):
        async with when(seat.world, minutes) as ctx:
            await ending.expire(ctx, session.id)
            assert (await ctx.session.get_one(Session, (seat.world.lantern, session.id))).state == state
    assert (await told(seat.world, session.id)).count("session:ended") == 1
    assert await cash_of(seat.world) == 450
    await expect_true_books(seat.world, session.id)


async def test_a_job_of_the_old_end_does_not_end_an_extended_session(seat: Seat) -> None:
    session = await started(seat)
    async with when(seat.world, 59) as ctx:
        await service.extend(ctx, session.id, 30, CASH, expected=None)
    async with when(seat.world, 60) as ctx:
        await ending.expire(ctx, session.id)
        assert (await ctx.session.get_one(Session, (seat.world.lantern, session.id))).is_open


async def test_the_ending_is_announced_once_it_is_true(seat: Seat) -> None:
    session = await started(seat)
    await seat.report(Lock.UNLOCKED, Reason.STARTED, session.id, at(0))
    for minutes in (50, 55):
        async with when(seat.world, minutes) as ctx:
            await ending.announce(ctx, session.id)
    assert (await told(seat.world, session.id)).count("session:ending") == 1
    assert (await seat.card(at(55))).state is FloorState.ENDING


async def undo_last(ctx: Context, session: Session) -> Session:
    return await service.undo(ctx, session.id, (await facts(ctx, session)).purchases[-1].id)


async def test_a_start_is_taken_back_as_if_it_never_was(seat: Seat) -> None:
    session = await started(seat)
    async with when(seat.world, 5 / 60) as ctx:
        await undo_last(ctx, session)
    assert await cash_of(seat.world) == 0
    assert (await seat.card(at(1))).state is FloorState.FREE
    async with when(seat.world, 20 / 60) as ctx:
        again = await undo_last(ctx, session)
    assert again.state == "undone"
    assert await cash_of(seat.world) == 0
    await expect_true_books(seat.world, session.id)


async def test_an_extension_is_taken_back_alone(seat: Seat) -> None:
    session = await started(seat)
    async with when(seat.world, 30) as ctx:
        await service.extend(ctx, session.id, 30, CASH, expected=300)
    async with when(seat.world, 30.1) as ctx:
        session = await undo_last(ctx, session)
    assert (session.ends_at, session.is_open, await cash_of(seat.world)) == (at(60), True, 450)
    await expect_true_books(seat.world, session.id)


async def test_undo_has_its_time_and_its_order(seat: Seat) -> None:
    session = await started(seat)
    with pytest.raises(UndoTooLate):
        async with when(seat.world, 0.5) as ctx:
            await undo_last(ctx, session)
    async with when(seat.world, 0.6) as ctx:
        first = (await facts(ctx, session)).purchases[0].id
        await service.extend(ctx, session.id, 30, CASH, expected=None)
    with pytest.raises(UndoNotLast):
        async with when(seat.world, 0.6) as ctx:
            await service.undo(ctx, session.id, first)


async def test_what_has_ended_stays_ended(seat: Seat) -> None:
    session = await started(seat)
    async with when(seat.world, 45) as ctx:
        await service.end(ctx, session.id)
    with pytest.raises(SessionEnded):
        async with when(seat.world, 46) as ctx:
            await service.end(ctx, session.id)
    with pytest.raises(SessionEnded):
        async with when(seat.world, 46) as ctx:
            await service.extend(ctx, session.id, 30, CASH, expected=None)


async def test_an_end_just_after_a_sale_that_is_undone_too_late_ends_by_time(seat: Seat) -> None:
    session = await started(seat, 1)
    async with when(seat.world, 0.95) as ctx:
        await service.extend(ctx, session.id, 30, CASH, expected=None)
    async with when(seat.world, 1.05) as ctx:
        session = await undo_last(ctx, session)
    assert (session.state, session.ended_by) == ("ended", "time")
    await expect_true_books(seat.world, session.id)
