"""Prepaid time ends in its time whatever happens: the real agent, its real overlay, the real gateway and worker."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from mss import MSS

from gamekeeper.modules.venue.card import Card, FloorState
from gamekeeper.modules.venue.ledger.check import check
from gamekeeper.modules.venue.pricing.service import make
from gamekeeper.modules.venue.sessions import service
from gamekeeper.modules.venue.sessions.models import PaymentMethod, Session
from gamekeeper.modules.venue.stations import service as stations
from tests.kernel.jobs.watching import working
from tests.modules.venue.enforcement.real_agent import Cable, RealAgent, real_agent
from tests.modules.venue.seats import RULE, Seat
from tests.world import World

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
PAPER = (15, 17, 20)
"""The lock's color; a bare display is black."""
SECOND = timedelta(seconds=1)


@dataclass
class Floor:
    """One seat with a real machine, and somebody at the desk."""

    world: World
    seat: Seat
    agent: RealAgent
    cable: Cable
    display: str

    async def until(self, true: Callable[[Card], bool], seconds: float = 45) -> Card:
        """Wait for the seat's card to become so."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    card = await self.seat.card()
                    if true(card):
                        return card
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"the seat stays {await self.seat.card()}\n{self.agent.log.read_text()[-3000:]}")

    async def start(self, left: timedelta) -> Session:
        """An hour of which so much is left: the desk sold it that long ago."""
        async with self.world.runtime.context(self.world.ada, now=datetime.now(UTC) + left - timedelta(hours=1)) as ctx:
            session = await service.start(ctx, self.seat.id, 60, PaymentMethod.CASH, guest="", expected=None)
        await self.until(lambda card: card.reported in {"unlocked", "warning"} and card.confirmed_at is not None)
        return session

    def is_locked(self) -> bool:
        """Whether the lock covers the display from corner to corner, as a camera would see it."""
        with closing(MSS(display=self.display)) as screens:
            shot = screens.grab((0, 0, 1280, 720))
        return all(shot.pixel(x, y) == PAPER for x, y in ((1, 1), (1278, 1), (1, 718), (1278, 718), (640, 600)))

    async def until_locked(self) -> None:
        try:
            async with asyncio.timeout(45):
                while not self.is_locked():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"the display never locked\n{self.agent.log.read_text()[-3000:]}")

    async def ended(self, session: Session) -> Session:
        async with self.world.context() as ctx:
            return await ctx.session.get_one(Session, (self.world.lantern, session.id), populate_existing=True)

    async def played(self, session: Session) -> list[dict[str, Any]]:
        async with self.world.runtime.database.read(self.world.lantern) as connection:
            rows = await connection.fetch(
                "SELECT kind, started_at, duration_ms, ended_by FROM seat_segments WHERE session_id = $1 ORDER BY seq",
                session.id,
            )
        return [dict(row) for row in rows]

    async def expect_once(self, session: Session) -> None:
        """One charge, true books, one end, and play that ended within a second of its time by the seat's own clock."""
        async with self.world.runtime.database.read(self.world.lantern) as connection:
            kinds = await connection.fetch("SELECT kind FROM ledger_transfers ORDER BY id")
            ends = await connection.fetchval("SELECT count(*) FROM events WHERE type = 'session:ended'")
        assert ([row["kind"] for row in kinds], ends) == (["sale"], 1)
        differences = (await check(self.world.runtime.database)).differences
        assert [each for each in differences if each.organization_id == self.world.lantern] == []
        ended = await self.ended(session)
        assert (ended.state, ended.ended_by, ended.ended_at) == ("ended", "time", session.ends_at)


@pytest.fixture
async def floor(
    world: World, client: httpx.AsyncClient, tmp_path: Path, cable: Cable, display: str
) -> AsyncGenerator[Floor]:
    """A locked, free seat."""
    async with (
        working(world.runtime),
        real_agent(client, tmp_path, cable, display, site_id=str(world.hall)) as (agent, machine),
    ):
        async with world.context() as ctx:
            await make(ctx, world.hall, dict(RULE))
            [station] = await stations.add(ctx, world.hall, [machine.id], "Main hall")
        shift = tmp_path / "faketime"
        shift.write_text("+0")
        if FAKETIME.exists():
            agent.environment |= {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(shift),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        await agent.start()
        floor = Floor(world, Seat(world, station.id, machine.id), agent, cable, display)
        await floor.until(lambda card: card.state is FloorState.FREE)
        await floor.until_locked()
        yield floor


@pytest.mark.slow
async def test_a_whole_session(floor: Floor) -> None:
    session = await floor.start(8 * SECOND)
    await floor.until_locked()
    card = await floor.until(lambda card: card.state is FloorState.FREE)
    assert card.reported == "locked"
    await floor.expect_once(session)


@pytest.mark.slow
async def test_the_cable_is_cut(floor: Floor) -> None:
    session = await floor.start(8 * SECOND)
    floor.cable.cut()
    await floor.until(lambda card: card.device_state == "offline")
    await floor.until_locked()
    # Over for us as well, but not free: nobody has told us of the lock.
    card = await floor.until(lambda card: card.session is None)
    assert card.state is FloorState.OFFLINE
    floor.cable.mend()
    await floor.until(lambda card: card.state is FloorState.FREE)
    [play] = await until_merged(floor, session)
    assert (play["kind"], play["ended_by"]) == ("play", "expired")
    assert abs(play["started_at"] + play["duration_ms"] * SECOND / 1000 - session.ends_at) < SECOND
    await floor.expect_once(session)


@pytest.mark.slow
async def test_the_agent_is_killed_and_begun_again(floor: Floor) -> None:
    session = await floor.start(20 * SECOND)
    await floor.agent.kill()
    await floor.agent.start()
    await floor.until_locked()
    await floor.until(lambda card: card.state is FloorState.FREE)
    [play] = await until_merged(floor, session)
    # The server is there again and says at the same moment that the time is over; whichever is first ends it.
    assert play["kind"] == "play"
    assert play["ended_by"] in {"expired", "ended"}
    assert abs(play["started_at"] + play["duration_ms"] * SECOND / 1000 - session.ends_at) < SECOND
    await floor.expect_once(session)


@pytest.mark.slow
async def test_the_agent_is_killed_and_never_comes_back(floor: Floor) -> None:
    session = await floor.start(8 * SECOND)
    await floor.agent.kill()
    await floor.until_locked()
    card = await floor.until(lambda card: card.session is None)
    assert card.state in {FloorState.OFFLINE, FloorState.LOCKING, FloorState.FAULT}
    await floor.expect_once(session)


@pytest.mark.slow
@pytest.mark.parametrize("shift", ["-7200", "+7200"])
async def test_the_wall_clock_is_moved(floor: Floor, tmp_path: Path, shift: str) -> None:
    if not FAKETIME.exists():
        pytest.skip("libfaketime is not installed, so the clock cannot be moved here")
    session = await floor.start(8 * SECOND)
    (tmp_path / "faketime").write_text(shift)
    await floor.until_locked()
    await floor.until(lambda card: card.state is FloorState.FREE)
    [play] = await until_merged(floor, session)
    # The server is there and says at the same moment that the time is over; whichever is first ends it.
    assert play["ended_by"] in {"expired", "ended"}
    assert abs(play["duration_ms"] * SECOND / 1000 - 8 * SECOND) < 4 * SECOND
    await floor.expect_once(session)


@pytest.mark.slow
async def test_an_extension_and_an_early_end_reach_the_seat(floor: Floor) -> None:
    session = await floor.start(50 * SECOND)
    async with floor.world.context() as ctx:
        await service.extend(ctx, session.id, 60, PaymentMethod.CASH, expected=450)
    await floor.until(lambda card: card.reported == "unlocked")
    assert not floor.is_locked()
    async with floor.world.context() as ctx:
        await service.end(ctx, session.id)
    await floor.until_locked()
    await floor.until(lambda card: card.state is FloorState.FREE)
    [play] = await until_merged(floor, session)
    assert play["ended_by"] == "ended"


async def until_merged(floor: Floor, session: Session) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while not (found := await floor.played(session)) or floor.agent.waiting_segments():
            await asyncio.sleep(0.05)
    return found
