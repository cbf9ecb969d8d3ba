"""What a seat claims to have lost is believed as far as we ourselves did not hear of it."""

from datetime import timedelta
from typing import Any

import pytest

from gamekeeper.modules.venue.pricing import service as pricing
from gamekeeper.modules.venue.sessions import ending
from gamekeeper_wire.station import Lock, Reason, SegmentKind
from tests.modules.venue.enforcement.test_merge import (
    MINUTE,
    at,
    balances,
    expect_true_books,
    now_of,
    playing,
    when,
)
from tests.modules.venue.seats import Seat, set_last_seen


async def cuts(seat: Seat) -> list[tuple[int, int]]:
    """(claimed, believed) seconds of every claim that was cut."""
    async with seat.world.runtime.database.read(seat.world.lantern) as connection:
        rows = await connection.fetch(
            """SELECT (data->>'claimed_seconds')::int AS claimed, (data->>'believed_seconds')::int AS believed
               FROM events WHERE type = 'station:claim-cut' AND audited ORDER BY id"""
        )
    return [(row["claimed"], row["believed"]) for row in rows]


async def claim(seat: Seat, session: Any, start: float, minutes: float, now: float) -> None:
    await seat.upload([seat.stretch(SegmentKind.OFF, at(start), minutes * MINUTE, session.id)], at(now))


async def test_a_seat_that_was_heard_all_the_time_was_not_off(seat: Seat) -> None:
    session = await playing(seat)
    for step in range(1, 7):
        await claim(seat, session, 10 * (step - 1), 10, 10 * step)
    assert (await now_of(seat, session)).ends_at == at(60)
    assert await cuts(seat) == [(600, 0)] * 6


async def test_after_the_end_nothing_is_owed_for_it(seat: Seat) -> None:
    session = await playing(seat)
    async with when(seat, 60) as ctx:
        await ending.expire(ctx, session.id)
    await claim(seat, session, 0, 60, 61)
    assert await balances(seat) == {"asset:cash": 450, "revenue": -450}
    assert await cuts(seat) == [(3600, 0)]
    await expect_true_books(seat, session)


async def test_a_reboot_gives_back_no_more_than_it_took(seat: Seat) -> None:
    session = await playing(seat)
    await seat.reboot(at(20), at(23))
    await claim(seat, session, 0, 25, 25)
    await claim(seat, session, 0, 25, 25)
    assert (await now_of(seat, session)).ends_at == at(63)
    assert await cuts(seat) == [(1500, 180), (1320, 0)]


async def test_a_hello_of_the_same_boot_is_no_absence(seat: Seat) -> None:
    """Without its network a seat plays on."""
    session = await playing(seat)
    await set_last_seen(seat.world, seat.device_id, at(20))
    await seat.hello(at(40))
    await claim(seat, session, 20, 20, 40)
    assert (await now_of(seat, session)).ends_at == at(60)


async def test_a_report_is_a_sign_of_life(seat: Seat) -> None:
    session = await playing(seat)
    await set_last_seen(seat.world, seat.device_id, at(5))
    await seat.report(Lock.UNLOCKED, Reason.STARTED, session.id, at(24))
    seat.boot_id = "boot-2"
    await seat.hello(at(25))
    await claim(seat, session, 5, 20, 25)
    assert (await now_of(seat, session)).ends_at == at(61)


async def test_hellos_without_reports_count_no_time_twice(seat: Seat) -> None:
    session = await playing(seat)
    await seat.reboot(at(20), at(25))
    for _ in range(3):
        seat.boot_id += "."
        await seat.hello(at(25.5))
    await claim(seat, session, 0, 26, 26)
    assert (await now_of(seat, session)).ends_at == at(65.5)


async def test_two_boots_while_we_were_away_are_one_absence(seat: Seat) -> None:
    session = await playing(seat)
    await seat.reboot(at(20), at(30))
    await seat.upload(
        [
            seat.stretch(SegmentKind.OFF, at(20), 3 * MINUTE, session.id),
            seat.stretch(SegmentKind.PLAY, at(23), 2 * MINUTE, session.id, "reboot"),
            seat.stretch(SegmentKind.OFF, at(25), 4 * MINUTE, session.id),
        ],
        at(30),
    )
    assert (await now_of(seat, session)).ends_at == at(67)
    assert await cuts(seat) == []


@pytest.mark.parametrize("early_end", ["refund", "burn"])
async def test_a_little_more_than_we_know_of_is_no_alarm(seat: Seat, early_end: str) -> None:
    async with seat.world.context() as ctx:
        await pricing.set_policy(ctx, {"early_end": early_end})
    session = await playing(seat)
    await seat.reboot(at(20.5), at(25))
    await claim(seat, session, 20, 5, 25)
    assert (await now_of(seat, session)).ends_at == at(60) + timedelta(minutes=4.5)
    assert await cuts(seat) == []
