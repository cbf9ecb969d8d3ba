"""The live floor for who works in one house: its seats and sessions, and nothing of another house."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from gamekeeper.kernel.caller import Authenticated
from gamekeeper.modules.venue.permissions import May
from tests.modules.venue.seats import Seat, free_seat
from tests.modules.venue.sessions.test_doors import key, start
from tests.page import Browser, browser, caught_up
from tests.world import World


@pytest.fixture
async def elsewhere(app: FastAPI, address: str, client: httpx.AsyncClient, world: World, seat: Seat) -> Seat:
    """A free seat in another house of Lantern, made after the one in the hall."""
    del address, seat
    made = await client.post("/api/v1/sites", json={"name": "Annex", "time_zone": "UTC"})
    other = await free_seat(replace(world, hall=UUID(made.json()["id"])))
    await caught_up(app, world.lantern)
    return other


def watcher(world: World, *places: UUID) -> Authenticated:
    return world.someone(grants={May.VIEW: set(places)})


async def heard(page: Browser, frames: int) -> list[dict[str, Any]]:
    return [await page.next() for _ in range(frames)]


async def test_sales_of_ones_own_house(
    address: str, client: httpx.AsyncClient, world: World, seat: Seat, elsewhere: Seat
) -> None:
    async with browser(address, world.token(watcher(world, world.hall))) as page:
        await page.send("subscribe", topics=["stations", "sessions"])
        bookmark = (await page.next())["id"]
        for one in (elsewhere, seat):
            assert (await start(client, one)).is_success
        live = await heard(page, 3)
    assert [frame["event"] for frame in live] == ["payment:received", "session:started", "station:status"]
    assert {frame["data"].get("station_id", str(seat.id)) for frame in live} == {str(seat.id)}
    async with browser(address, world.token(watcher(world, world.hall))) as page:
        await page.send("subscribe", topics=["stations", "sessions"], since=bookmark)
        assert (await page.next())["event"] == "subscribed"
        assert await heard(page, 3) == live


async def test_one_seat_and_one_session(
    app: FastAPI, address: str, client: httpx.AsyncClient, world: World, seat: Seat, elsewhere: Seat
) -> None:
    sessions = [(await start(client, one)).json()["id"] for one in (elsewhere, seat)]
    await caught_up(app, world.lantern)
    async with (
        browser(address, world.token(watcher(world, seat.id))) as floor,
        browser(address, world.token(watcher(world, UUID(sessions[1])))) as bill,
    ):
        for page, topic in ((floor, "stations"), (bill, f"session:{sessions[1]}")):
            await page.send("subscribe", topics=[topic])
            assert (await page.next())["event"] == "subscribed"
        for session in sessions:
            answer = await client.put(f"/api/v1/sessions/{session}/end", headers=key())
            assert answer.is_success, answer.text
        told = await heard(floor, 3)
        assert {frame["data"]["subject_id"] for frame in told} == {sessions[1], str(seat.id)}
        assert {frame["data"]["subject_id"] for frame in await heard(bill, 2)} == {sessions[1]}


async def test_a_seat_that_is_added_or_removed(
    address: str, client: httpx.AsyncClient, world: World, seat: Seat, elsewhere: Seat
) -> None:
    async with browser(address, world.token(watcher(world, world.hall))) as page:
        await page.send("subscribe", topics=["stations"])
        await page.next()
        for one in (elsewhere, seat):
            assert (await client.delete(f"/api/v1/stations/{one.id}")).status_code == 204
        frame = await page.next()
    assert (frame["event"], frame["data"]["subject_id"]) == ("station:removed", str(seat.id))


async def test_house_rules_are_for_everybody_who_may_see_a_seat(client: httpx.AsyncClient, world: World) -> None:
    for who, status in ((watcher(world, world.hall), 200), (world.someone(), 403)):
        answer = await client.get("/api/v1/venue-policy", headers=world.headers(who))
        assert answer.status_code == status, answer.text
