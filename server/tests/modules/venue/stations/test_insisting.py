"""A seat that did not do what it was told: a lost hint costs seconds, never the session."""

from datetime import datetime, timedelta

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.gateway.dispatch import WISHES
from gamekeeper.modules.venue.sessions import service
from gamekeeper.modules.venue.sessions.models import PaymentMethod, Session
from gamekeeper.modules.venue.stations.jobs import AGAIN, insist
from gamekeeper.modules.venue.stations.models import StationState
from gamekeeper_wire.station import Lock, Reason
from tests.modules.venue.seats import Seat


async def started(seat: Seat) -> tuple[Session, datetime]:
    async with seat.world.context() as ctx:
        session = await service.start(ctx, seat.id, 60, PaymentMethod.CASH, guest="", expected=None)
        state = await ctx.session.get_one(StationState, (seat.world.lantern, seat.id))
        return session, state.desired_at


async def told_again(runtime: Runtime, seat: Seat, since: datetime, tries: int) -> bool:
    told: list[str] = []
    stop = runtime.hints.listen(WISHES, told.extend)
    async with runtime.as_system(seat.world.lantern) as ctx:
        await insist.function(ctx, station_id=seat.id, since=since, tries=tries)
    stop()
    return str(seat.device_id) in told


async def waiting(seat: Seat) -> int:
    async with seat.world.context() as ctx:
        return await (await ctx.raw()).fetchval(
            "SELECT count(*) FROM jobs WHERE name = $1 AND status = 'queued'", insist.name
        )


async def test_it_is_told_again_until_a_person_is_needed(runtime: Runtime, seat: Seat) -> None:
    _, since = await started(seat)
    before = await waiting(seat)
    for tries in range(len(AGAIN) + 1):
        assert await told_again(runtime, seat, since, tries)
    assert await waiting(seat) == before + len(AGAIN)


async def test_a_seat_that_obeyed_is_left_alone(runtime: Runtime, seat: Seat) -> None:
    session, since = await started(seat)
    await seat.report(Lock.UNLOCKED, Reason.STARTED, session.id)
    assert not await told_again(runtime, seat, since, 0)


async def test_an_older_wish_is_not_insisted_on(runtime: Runtime, seat: Seat) -> None:
    _, since = await started(seat)
    assert not await told_again(runtime, seat, since - timedelta(seconds=1), 0)


async def test_the_floor_learns_of_the_fault(runtime: Runtime, seat: Seat) -> None:
    _, since = await started(seat)
    async with runtime.context(seat.world.ada, now=since + timedelta(seconds=10)) as ctx:
        await insist.function(ctx, station_id=seat.id, since=since, tries=0)
    async with runtime.database.read(seat.world.lantern) as connection:
        states = await connection.fetch(
            "SELECT data->>'state' AS state FROM events WHERE type = 'station:status' ORDER BY id"
        )
    assert [row["state"] for row in states][-2:] == ["busy", "fault"]
