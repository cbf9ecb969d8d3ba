"""A seat that tells of several sessions and a desk that ends one of them never wait for one another in a circle."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamekeeper.modules.venue.enforcement import merge
from gamekeeper.modules.venue.sessions import ending, service
from gamekeeper.modules.venue.sessions.models import PaymentMethod, Session
from gamekeeper_wire.station import Lock, Reason, SegmentKind
from tests.modules.venue.seats import Seat

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CASH = PaymentMethod.CASH


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def when(seat: Seat, minutes: float) -> Any:
    return seat.world.runtime.context(seat.world.ada, now=at(minutes))


async def played(seat: Seat, minutes: float) -> Session:
    async with when(seat, minutes) as ctx:
        return await service.start(ctx, seat.id, 30, CASH, guest="", expected=None)


async def test_a_seat_owes_for_one_session_while_the_desk_ends_the_next(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await played(seat, 0)
    await seat.report(Lock.UNLOCKED, Reason.STARTED, first.id, at(0))
    await seat.reboot(at(5), at(15))
    async with when(seat, 30) as ctx:
        await ending.expire(ctx, first.id)
    await seat.report(Lock.LOCKED, Reason.EXPIRED, first.id, at(31))
    second = await played(seat, 40)
    await seat.reboot(at(41), at(51))
    entries = [
        seat.stretch(SegmentKind.OFF, at(5), 10 * MINUTE, first.id),
        seat.stretch(SegmentKind.OFF, at(41), 10 * MINUTE, second.id),
    ]
    owed, owe = asyncio.Event(), merge.money.owe

    async def slowly(*arguments: Any) -> None:
        await owe(*arguments)
        owed.set()
        await asyncio.sleep(0.3)  # long enough for the desk to wait for what this transaction holds

    async def end() -> None:
        await owed.wait()
        async with when(seat, 55) as ctx:
            await service.end(ctx, second.id)

    monkeypatch.setattr(merge.money, "owe", slowly)
    await asyncio.gather(seat.upload(entries, at(55)), end())
    async with seat.world.context() as ctx:
        states = [(await ctx.session.get_one(Session, (seat.world.lantern, one.id))).state for one in (first, second)]
    assert states == ["ended", "ended"]
