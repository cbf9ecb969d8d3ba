"""What other modules hang onto a device's connection."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict
from gamekeeper.modules.fleet import hooks
from gamekeeper.modules.fleet.public import Connected, Greeting, facts, facts_of, push
from gamekeeper_wire.agent import Heartbeat
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import LeaseEnd, Refused, Station
from gamekeeper_wire.station import Lock, Reason, StationReport
from tests.modules.fleet.conftest import Enrol
from tests.world import World


class NoSeat(Conflict):
    """There is no such seat."""


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[StationReport]:
    reports: list[StationReport] = []

    async def greet(_ctx: Context, _device: Connected) -> Greeting:
        return Greeting({"key": bytes(32)}, Station(station_id="seat-1", label="Seat 1"))

    async def wish(ctx: Context, device: Connected) -> Sequence[Frame]:
        assert ctx.organization_id == device.organization_id
        return [LeaseEnd(session_id=device.hello.boot_id, seq=len(reports))]

    async def ear(_ctx: Context, _device: Connected, frame: StationReport) -> Sequence[Frame]:
        if frame.lock is Lock.UNKNOWN:
            raise NoSeat
        reports.append(frame)
        return [LeaseEnd(session_id="heard", seq=len(reports))]

    monkeypatch.setattr(hooks, "_greeters", [greet])
    monkeypatch.setattr(hooks, "_wishes", [wish])
    monkeypatch.setattr(hooks, "_ears", {StationReport: [ear]})
    return reports


def report(lock: Lock = Lock.LOCKED, **changes: object) -> StationReport:
    return StationReport(**({"lock": lock, "reason": Reason.CONNECTED, "at": 0} | changes))  # pyright: ignore[reportArgumentType] - fields by name


async def test_the_welcome_carries_what_modules_add(enrol: Enrol, heard: list[StationReport]) -> None:
    assert not heard
    machine = await enrol()
    async with machine.linked() as link:
        assert link.welcome is not None
        assert link.welcome.lease_public_keys == {"key": bytes(32)}
        assert link.welcome.station == Station(station_id="seat-1", label="Seat 1")
        assert (await link.next(LeaseEnd)).session_id == "boot-1"


async def test_a_push_asks_the_modules_again(enrol: Enrol, heard: list[StationReport], world: World) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await link.next(LeaseEnd)
        heard += [report(), report()]
        async with world.context() as ctx:
            push(ctx, machine.id)
        assert (await link.next(LeaseEnd)).seq == 2


async def test_a_rolled_back_push_says_nothing(enrol: Enrol, heard: list[StationReport], world: World) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await link.next(LeaseEnd)
        with pytest.raises(NoSeat):
            async with world.context() as ctx:
                push(ctx, machine.id)
                raise NoSeat
        await link.answered()
        assert len([frame for frame in link.heard if isinstance(frame, LeaseEnd)]) == 1
    assert not heard


async def test_reports_are_heard_and_answered(enrol: Enrol, heard: list[StationReport]) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await link.next(LeaseEnd)
        await link.send(report())
        assert (await link.next(LeaseEnd)).session_id == "heard"
        # The heartbeat repeats it; only what is new in it is worth a transaction.
        await link.send(Heartbeat(uptime_s=1, station=report(remaining_ms=5)))
        await link.send(Heartbeat(uptime_s=2, station=report(Lock.UNLOCKED)))
        await link.answered()
        assert [each.lock for each in heard] == [Lock.LOCKED, Lock.UNLOCKED]


async def test_a_report_that_a_module_refuses_closes_nothing(enrol: Enrol, heard: list[StationReport]) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await link.send(report(Lock.UNKNOWN))
        refused = await link.next(Refused)
        assert (refused.code, refused.message) == ("no_seat", "There is no such seat.")
        await link.answered()
    assert not heard


@pytest.mark.parametrize("by_orm", [False, True])
async def test_a_frame_that_gave_way_to_another_transaction_is_heard_again(
    enrol: Enrol, heard: list[StationReport], monkeypatch: pytest.MonkeyPatch, *, by_orm: bool
) -> None:
    tries: list[StationReport] = []

    async def ear(ctx: Context, _device: Connected, frame: StationReport) -> Sequence[Frame]:
        tries.append(frame)
        if len(tries) == 1:
            give_way = "DO $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$"
            await (ctx.session.execute(text(give_way)) if by_orm else (await ctx.raw()).execute(give_way))
        return [LeaseEnd(session_id="heard", seq=len(tries))]

    assert not heard
    machine = await enrol()
    monkeypatch.setattr(hooks, "_ears", {StationReport: [ear]})
    async with machine.linked() as link:
        await link.next(LeaseEnd)
        await link.send(report())
        assert (await link.next(LeaseEnd)).seq == 2
        await link.answered()


async def test_facts_of_devices(enrol: Enrol, world: World) -> None:
    machine = await enrol()
    async with world.context() as ctx:
        found = await facts(ctx, machine.id)
        assert (found.connection, found.usable, found.has_overlay, found.is_connected) == (
            "never_seen",
            True,
            False,
            False,
        )
    async with world.context(world.rex) as ctx:
        assert await facts_of(ctx, [machine.id]) == {}
