"""Merging what a seat lived through alone: once, by its own clock, and lost time is free."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from gamekeeper.modules.venue.enforcement import merge
from gamekeeper.modules.venue.ledger.check import check
from gamekeeper.modules.venue.pricing import service as pricing
from gamekeeper.modules.venue.sessions import ending, service
from gamekeeper.modules.venue.sessions.bill import earned, facts
from gamekeeper.modules.venue.sessions.models import PaymentMethod, Session
from gamekeeper_wire.server import SegmentsStored
from gamekeeper_wire.station import SegmentKind, SegmentLog
from tests.modules.venue.seats import Seat

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def when(seat: Seat, minutes: float) -> Any:
    return seat.world.runtime.context(seat.world.ada, now=at(minutes))


async def playing(seat: Seat, minutes: int = 60) -> Session:
    async with when(seat, 0) as ctx:
        return await service.start(ctx, seat.id, minutes, PaymentMethod.CASH, guest="", expected=None)


async def now_of(seat: Seat, session: Session) -> Session:
    async with seat.world.context() as ctx:
        return await ctx.session.get_one(Session, (seat.world.lantern, session.id))


async def segments(seat: Seat, session: Session) -> list[tuple[str, float, float | None, bool]]:
    async with seat.world.context() as ctx:
        loaded = await facts(ctx, await ctx.session.get_one(Session, (seat.world.lantern, session.id)))
    return [
        (
            each.kind,
            (each.started_at - NOW) / MINUTE,
            None if each.ended_at is None else (each.ended_at - NOW) / MINUTE,
            each.returned,
        )
        for each in loaded.segments
    ]


async def balances(seat: Seat) -> dict[str, int]:
    async with seat.world.runtime.database.read(seat.world.lantern) as connection:
        rows = await connection.fetch("SELECT name, balance FROM ledger_accounts")
    return {row["name"].rpartition(":")[0] or row["name"]: row["balance"] for row in rows}


async def expect_true_books(seat: Seat, session: Session) -> None:
    async with seat.world.context() as ctx:
        loaded = await facts(ctx, await ctx.session.get_one(Session, (seat.world.lantern, session.id)))
        assert await earned(ctx, session.id) == loaded.bill(ctx.now).total
    differences = (await check(seat.world.runtime.database)).differences
    assert [each for each in differences if each.organization_id == seat.world.lantern] == []


async def test_play_is_counted_by_the_seat_s_clock_and_confirmed(seat: Seat) -> None:
    session = await playing(seat)
    await seat.upload([seat.stretch(SegmentKind.PLAY, at(0), 60 * MINUTE, session.id, "expired")], at(61))
    assert seat.told == [SegmentsStored(log_id="log-1", seq=1)]
    assert (await now_of(seat, session)).played_ms == 3_600_000


async def test_time_without_power_is_given_back_while_the_session_runs(seat: Seat) -> None:
    session = await playing(seat)
    await seat.reboot(at(20), at(25))
    await seat.upload(
        [
            seat.stretch(SegmentKind.PLAY, at(0), 20 * MINUTE, session.id, "reboot"),
            seat.stretch(SegmentKind.OFF, at(20), 5 * MINUTE, session.id),
        ],
        at(25),
    )
    assert (await now_of(seat, session)).ends_at == at(65)
    assert await segments(seat, session) == [
        ("play", 0, 20, False),
        ("fault", 20, 25, True),
        ("play", 25, None, False),
    ]
    await seat.hello(at(25))
    assert seat.lease().remaining_ms == 40 * 60_000
    async with when(seat, 65) as ctx:
        await ending.expire(ctx, session.id)
    assert await balances(seat) == {"asset:cash": 450, "revenue": -450}
    await expect_true_books(seat, session)


async def test_sent_twice_it_is_merged_once(seat: Seat) -> None:
    session = await playing(seat)
    await seat.reboot(at(20), at(25))
    entries = [
        seat.stretch(SegmentKind.PLAY, at(0), 20 * MINUTE, session.id, "reboot"),
        seat.stretch(SegmentKind.OFF, at(20), 5 * MINUTE, session.id),
    ]
    for _ in range(3):
        await seat.upload(entries, at(25))
    merged = await now_of(seat, session)
    assert (merged.ends_at, merged.played_ms) == (at(65), 20 * 60_000)


async def test_what_a_fault_took_after_everybody_left_is_owed(seat: Seat) -> None:
    async with seat.world.context() as ctx:
        await pricing.set_policy(ctx, {"early_end": "burn"})
    session = await playing(seat)
    await seat.reboot(at(40), at(220))
    async with when(seat, 60) as ctx:
        await ending.expire(ctx, session.id)
    entries = [
        seat.stretch(SegmentKind.PLAY, at(0), 40 * MINUTE, session.id, "reboot"),
        seat.stretch(SegmentKind.OFF, at(40), 180 * MINUTE, session.id),
    ]
    for _ in range(2):
        await seat.upload(entries, at(220))
    # A third of an hour for 4.50, whatever the house rule says of time that is left by choice.
    assert await balances(seat) == {"asset:cash": 450, "revenue": -300, "liability:credit": -150}
    assert await segments(seat, session) == [("play", 0, 40, False), ("fault", 40, 60, False)]
    await expect_true_books(seat, session)


@pytest.mark.parametrize("shift", [timedelta(days=-400), timedelta(hours=-2), timedelta(hours=9)])
async def test_a_moved_wall_clock_moves_no_money(seat: Seat, shift: timedelta) -> None:
    session = await playing(seat)
    await seat.reboot(at(20), at(25))
    await seat.upload(
        [
            seat.stretch(SegmentKind.PLAY, at(0) + shift, 20 * MINUTE, session.id, "reboot"),
            seat.stretch(SegmentKind.OFF, at(20) + shift, 5 * MINUTE, session.id),
        ],
        at(25),
    )
    assert (await now_of(seat, session)).ends_at == at(65)


async def test_nobody_can_claim_more_lost_time_than_there_was(seat: Seat) -> None:
    session = await playing(seat)
    await seat.reboot(at(20), at(25))
    await seat.upload(
        [
            seat.stretch(SegmentKind.PLAY, at(0), 20 * MINUTE, session.id, "reboot"),
            seat.stretch(SegmentKind.OFF, at(20), 500 * MINUTE, session.id),
        ],
        at(25),
    )
    assert (await now_of(seat, session)).ends_at == at(65)


async def test_a_clock_that_was_set_back_gives_nothing_and_is_told(seat: Seat) -> None:
    session = await playing(seat)
    await seat.upload([seat.stretch(SegmentKind.CLOCK_BACK, at(0), 90 * MINUTE, session.id)], at(25))
    assert (await now_of(seat, session)).ends_at == at(60)
    async with seat.world.runtime.database.read(seat.world.lantern) as connection:
        told = await connection.fetchval("SELECT data->>'back_seconds' FROM events WHERE type = 'station:clock-moved'")
    assert told == "5400"


async def test_a_lost_overlay_is_written_down_and_gives_no_time(seat: Seat) -> None:
    session = await playing(seat)
    await seat.upload([seat.stretch(SegmentKind.FAULT, at(5), 10 * MINUTE, None)], at(25))
    assert (await now_of(seat, session)).ends_at == at(60)


async def test_sessions_of_others_are_left_alone(seat: Seat) -> None:
    session = await playing(seat)
    other = Seat(seat.world, seat.id, seat.device_id, log_id="log-2")
    await other.upload([other.stretch(SegmentKind.OFF, at(5), 10 * MINUTE, uuid4())], at(25))
    entry = other.stretch(SegmentKind.PLAY, at(5), 10 * MINUTE, None)
    await other.upload([msgspec.structs.replace(entry, session_id="not-an-id")], at(25))
    assert (await now_of(seat, session)).ends_at == at(60)


class Killed(Exception):
    """The process died before its commit."""


def perhaps_die(chance: random.Random) -> None:
    if chance.random() < 0.4:
        raise Killed


async def test_after_any_storm_nothing_is_charged_twice(seat: Seat) -> None:
    """Retries, duplicates, other orders and deaths in the middle, over and over."""
    chance = random.Random(11)  # noqa: S311 - the same storm each time
    session = await playing(seat)
    await seat.reboot(at(10), at(12))
    await seat.reboot(at(20), at(23))
    entries = [
        seat.stretch(SegmentKind.PLAY, at(0), 10 * MINUTE, session.id, "reboot"),
        seat.stretch(SegmentKind.OFF, at(10), 2 * MINUTE, session.id),
        seat.stretch(SegmentKind.PLAY, at(12), 8 * MINUTE, session.id, "reboot"),
        seat.stretch(SegmentKind.OFF, at(20), 3 * MINUTE, session.id),
    ]
    for step in range(30):
        part = chance.sample(entries, chance.randint(1, len(entries)))
        with suppress(Killed):
            async with seat.context(at(30)) as ctx:
                await merge.hear(ctx, seat.device, SegmentLog(log_id=seat.log_id, entries=part))
                perhaps_die(chance)
        if step == 15:
            async with when(seat, 30) as ctx:
                await service.extend(ctx, session.id, 30, PaymentMethod.CASH, expected=None)
    await seat.upload(entries, at(30))
    assert (await now_of(seat, session)).ends_at == at(60 + 5 + 30)
    async with when(seat, 95) as ctx:
        await ending.expire(ctx, session.id)
    assert await balances(seat) == {"asset:cash": 750, "revenue": -750}
    await expect_true_books(seat, session)
