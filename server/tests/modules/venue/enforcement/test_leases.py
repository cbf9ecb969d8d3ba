"""What a machine is told: leases that only it can use, newer ones always with a higher number."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamekeeper.modules.venue.enforcement import keys
from gamekeeper.modules.venue.enforcement.leases import lease_of
from gamekeeper.modules.venue.sessions import ending, service
from gamekeeper.modules.venue.sessions.models import PaymentMethod, Session
from gamekeeper_wire.lease import EndAction
from gamekeeper_wire.server import LeaseKeys, StationAssigned
from gamekeeper_wire.station import Lock, Reason
from tests.modules.venue.seats import Seat, make_device
from tests.world import World

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def when(seat: Seat, minutes: float) -> Any:
    return seat.world.runtime.context(seat.world.ada, now=NOW + timedelta(minutes=minutes))


async def started(seat: Seat, minutes: int = 60) -> Session:
    async with when(seat, 0) as ctx:
        return await service.start(ctx, seat.id, minutes, PaymentMethod.CASH, guest="", expected=None)


async def test_a_machine_that_is_no_seat_is_told_so(seat: Seat) -> None:
    device = await make_device(seat.world, seat.world.lantern, None)
    stranger = Seat(seat.world, seat.id, device)
    await stranger.hello()
    assert stranger.told == [StationAssigned(station=None)]


async def test_a_lease_says_how_long_from_now_for_this_boot(seat: Seat) -> None:
    session = await started(seat)
    await seat.hello(NOW + timedelta(minutes=20))
    lease = seat.lease()
    assert (lease.station_id, lease.session_id) == (str(seat.id), str(session.id))
    assert (lease.boot_nonce, lease.remaining_ms) == ("boot-1", 40 * 60_000)
    assert (lease.warnings_s, lease.grace_s, lease.end_action) == ((300, 60), 0, EndAction.LOCK)
    assert lease.offline_cap_ms == 8 * 3_600_000
    assert lease.issued_at == int((NOW + timedelta(minutes=20)).timestamp() * 1000)


async def test_every_lease_has_a_higher_number(seat: Seat) -> None:
    await started(seat)

    async def ask() -> int:
        own = Seat(seat.world, seat.id, seat.device_id)
        await own.hello(NOW + timedelta(minutes=1))
        return own.lease().seq

    numbers = await asyncio.gather(*(ask() for _ in range(6)))
    assert len(set(numbers)) == 6


async def test_after_the_end_the_machine_is_told_the_end(seat: Seat) -> None:
    session = await started(seat)
    await seat.hello(NOW + timedelta(minutes=1))
    seq = seat.lease().seq
    async with when(seat, 60) as ctx:
        await ending.expire(ctx, session.id)
    await seat.hello(NOW + timedelta(minutes=61))
    [end] = seat.ends()
    assert seat.leases() == []
    assert (end.session_id, end.seq > seq) == (str(session.id), True)


async def test_a_session_whose_end_nobody_has_written_yet_gets_no_lease(seat: Seat) -> None:
    await started(seat)
    await seat.hello(NOW + timedelta(minutes=60))
    assert seat.leases() == []


async def test_a_heartbeat_renews(seat: Seat) -> None:
    session = await started(seat)
    await seat.hello(NOW)
    first, known = seat.lease().seq, [frame for frame in seat.told if isinstance(frame, LeaseKeys)]
    await seat.report(Lock.UNLOCKED, Reason.STARTED, session.id, NOW)
    assert seat.told == []
    await seat.report(Lock.UNLOCKED, Reason.HEARTBEAT, session.id, NOW + timedelta(seconds=30))
    seat.told = [*known, *seat.told]
    renewed = seat.lease()
    assert (renewed.seq > first, renewed.remaining_ms) == (True, 60 * 60_000 - 30_000)


async def test_a_rotated_key_is_believed_for_another_day(seat: Seat) -> None:
    await started(seat)
    await seat.hello(NOW)
    before = seat.lease()
    async with seat.world.context() as ctx:
        made = await keys.rotate(ctx)
        assert set(await keys.public_keys(ctx)) == {before.key_id, made.key_id}
        ctx.now += timedelta(days=2)
        assert set(await keys.public_keys(ctx)) == {made.key_id}
    await seat.hello(NOW)
    assert seat.lease().key_id == made.key_id


async def test_two_first_hellos_make_one_key(world: World) -> None:
    async def ask() -> set[str]:
        async with world.context() as ctx:
            return set(await keys.public_keys(ctx))

    found = await asyncio.gather(*(ask() for _ in range(5)))
    assert all(len(names) == 1 and names == found[0] for names in found)


async def test_the_private_key_is_sealed(world: World) -> None:
    async with world.context() as ctx:
        private = (await keys.signing_key(ctx)).private_bytes_raw()
        rows = await (await ctx.raw()).fetch("SELECT to_jsonb(s)::text AS text FROM secrets s")
    assert rows
    assert all(private.hex() not in row["text"] for row in rows)


@pytest.mark.parametrize("minutes", [60, 61])
async def test_a_lease_is_never_negative(seat: Seat, minutes: int) -> None:
    session = await started(seat)
    assert lease_of(session, 1, "b", NOW + timedelta(minutes=minutes)).remaining_ms == 0
