"""Everything that can happen to a seat, in any order, with retries and deaths: the books and the seat stay true."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict
from gamekeeper.modules.venue.enforcement import merge, reports
from gamekeeper.modules.venue.ledger.check import check
from gamekeeper.modules.venue.sessions import ending, service
from gamekeeper.modules.venue.sessions.bill import earned, facts
from gamekeeper.modules.venue.sessions.models import PaymentMethod, Session
from gamekeeper_wire.station import Lock, Reason, SegmentKind, SegmentLog, StationReport
from tests.modules.venue.seats import Seat, free_seat
from tests.world import World, make_world

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CASH = PaymentMethod.CASH
VERBS = st.sampled_from(["start", "extend", "end", "undo", "expire", "locked", "unlocked", "expired", "off", "again"])
SECONDS = st.integers(0, 10) | st.integers(0, 40 * 60)
STEPS = st.lists(
    st.tuples(VERBS, SECONDS, st.sampled_from([1, 30, 45, 60]), st.sampled_from(["", "kill"])),
    min_size=3,
    max_size=14,
)


class Killed(Exception):
    """The process died before its commit."""


class Evening:
    """One seat and a clock that only goes forward."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.now = NOW
        self._log = seat.log_id
        self._sent = [seat.stretch(SegmentKind.PLAY, NOW, timedelta(), None)]

    async def session(self, ctx: Context) -> Session:
        found: Session | None = (await ctx.scalars(ctx.rows(Session, service.May.VIEW).order_by(Session.id.desc())))[0]
        assert found is not None
        return found

    async def act(self, verb: str, minutes: int) -> None:
        world = self.seat.world
        async with world.runtime.context(world.ada, now=self.now) as ctx:
            await self._verbs()[verb](ctx, minutes)
            self._maybe_die()

    def _maybe_die(self) -> None:
        if self.is_killed:
            raise Killed

    is_killed = False

    def _verbs(self) -> dict[str, Callable[[Context, int], Awaitable[object]]]:
        return {
            "start": lambda ctx, minutes: service.start(ctx, self.seat.id, minutes, CASH, guest="", expected=None),
            "extend": self._extend,
            "end": self._end,
            "undo": self._undo,
            "expire": self._expire,
            "locked": lambda ctx, _: self._report(ctx, Lock.LOCKED, Reason.HEARTBEAT),
            "unlocked": lambda ctx, _: self._report(ctx, Lock.UNLOCKED, Reason.HEARTBEAT),
            "expired": lambda ctx, _: self._report(ctx, Lock.LOCKED, Reason.EXPIRED),
            "off": self._off,
            "again": self._again,
        }

    async def _extend(self, ctx: Context, minutes: int) -> None:
        await service.extend(ctx, (await self.session(ctx)).id, minutes, CASH, expected=None)

    async def _end(self, ctx: Context, _: int) -> None:
        await service.end(ctx, (await self.session(ctx)).id)

    async def _undo(self, ctx: Context, _: int) -> None:
        session = await self.session(ctx)
        await service.undo(ctx, session.id, (await facts(ctx, session)).purchases[-1].id)

    async def _expire(self, ctx: Context, _: int) -> None:
        await ending.expire(ctx, (await self.session(ctx)).id)

    async def _report(self, ctx: Context, lock: Lock, reason: Reason) -> None:
        session = await self.session(ctx)
        report = StationReport(lock=lock, reason=reason, at=0, station_id=str(self.seat.id), session_id=str(session.id))
        await reports.hear(ctx, self.seat.device, report)

    async def _off(self, ctx: Context, minutes: int) -> None:
        session = await self.session(ctx)
        lost = self.seat.stretch(SegmentKind.OFF, self.now - minutes * MINUTE, minutes * MINUTE, session.id)
        self._sent.append(lost)
        await self._again(ctx, 0)

    async def _again(self, ctx: Context, _: int) -> None:
        await merge.hear(ctx, self.seat.device, SegmentLog(log_id=self._log, entries=self._sent))


async def expect_true(world: World, now: datetime) -> None:
    async with world.runtime.context(world.ada, now=now) as ctx:
        sessions: list[Session] = list(await ctx.scalars(ctx.rows(Session, service.May.VIEW)))
        assert sum(session.is_open for session in sessions) <= 1
        revenue = 0
        for session in sessions:
            loaded = await facts(ctx, session)
            bill = loaded.bill(now)
            revenue += bill.total
            assert await earned(ctx, session.id) == bill.total
            assert 0 <= bill.total <= sum(each.amount for each in loaded.purchases)
            edges = [(each.started_at, each.ended_at) for each in loaded.segments]
            assert all(left[1] == right[0] for left, right in pairwise(edges))
            assert [edge[1] is None for edge in edges].count(True) == (1 if session.is_open else 0)
        rows = await (await ctx.raw()).fetch("SELECT name, balance FROM ledger_accounts")
        balances = {row["name"]: row["balance"] for row in rows}
    owed = sum(balance for name, balance in balances.items() if name.startswith("liability:"))
    assert balances.get("revenue:time", 0) == -revenue
    assert balances.get("asset:cash:main", 0) == revenue - owed
    differences = (await check(world.runtime.database)).differences
    assert [each for each in differences if each.organization_id == world.lantern] == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_an_evening_in_any_order(world: World, steps: list[tuple[str, int, int, str]]) -> None:
    evening = Evening(await free_seat(await make_world(world.runtime)))
    async with evening.seat.world.runtime.context(evening.seat.world.ada, now=NOW) as ctx:
        await service.start(ctx, evening.seat.id, 60, CASH, guest="", expected=None)
    for verb, seconds, minutes, death in steps:
        evening.now += timedelta(seconds=seconds)
        evening.is_killed = bool(death)
        # Whoever is killed comes back and asks again; whoever was refused is refused.
        with suppress(Conflict, Killed):
            await evening.act(verb, minutes)
        if death:
            evening.is_killed = False
            with suppress(Conflict):
                await evening.act(verb, minutes)
    await expect_true(evening.seat.world, evening.now)


async def test_everybody_at_once(world: World, seat: Seat) -> None:
    evening = Evening(seat)
    async with world.runtime.context(world.ada, now=NOW) as ctx:
        await service.start(ctx, seat.id, 60, CASH, guest="", expected=None)

    async def one(verb: str) -> None:
        with suppress(Conflict):
            await evening.act(verb, 30)

    evening.now += timedelta(minutes=60)
    await asyncio.gather(
        *(one(verb) for verb in ("extend", "end", "expire", "expired", "unlocked", "off", "again") * 3)
    )
    await expect_true(world, evening.now)
