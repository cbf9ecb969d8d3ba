"""Who may arrange which seats."""

import httpx
import pytest

from gamekeeper.modules.fleet.permissions import May as FleetMay
from gamekeeper.modules.venue.permissions import May
from tests.modules.venue.seats import free_seat
from tests.world import World


@pytest.mark.parametrize("is_here", [True, False])
async def test_a_grant_on_a_site_is_enough_to_give_its_seat_another_machine(
    client: httpx.AsyncClient, world: World, *, is_here: bool
) -> None:
    seat = await free_seat(world)
    made = await client.post("/api/v1/devices", json={"name": "Another", "site_id": str(world.hall)})
    where = {world.hall if is_here else world.annex}
    keeper = world.headers(world.someone(grants={May.ARRANGE: where, May.VIEW: where, FleetMay.VIEW: where}))
    body = {"device_id": made.json()["id"]}
    answer = await client.patch(f"/api/v1/stations/{seat.id}", json=body, headers=keeper)
    assert answer.status_code == (200 if is_here else 404), answer.text


@pytest.mark.parametrize("way", ["add", "change"])
async def test_nobody_makes_a_seat_of_another_sites_machine(
    client: httpx.AsyncClient, world: World, *, way: str
) -> None:
    seat = await free_seat(world)
    office = (await client.post("/api/v1/sites", json={"name": "Office", "time_zone": "UTC"})).json()["id"]
    theirs = (await client.post("/api/v1/devices", json={"name": "Server", "site_id": office})).json()["id"]
    mine = (await client.post("/api/v1/devices", json={"name": "PC", "site_id": str(world.hall)})).json()["id"]
    where = {world.hall}
    keeper = world.headers(world.someone(grants={May.ARRANGE: where, May.VIEW: where, FleetMay.VIEW: where}))
    if way == "add":
        body = {"site_id": str(world.hall), "device_ids": [mine, theirs]}
        answer = await client.post("/api/v1/stations", json=body, headers=keeper)
    else:
        answer = await client.patch(f"/api/v1/stations/{seat.id}", json={"device_id": theirs}, headers=keeper)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
    assert answer.json()["id"] == theirs
    seats = (await client.get("/api/v1/stations")).json()["items"]
    assert [each["device_id"] for each in seats] == [str(seat.device_id)]


async def test_who_sees_no_device_makes_no_seat(client: httpx.AsyncClient, world: World) -> None:
    device = (await client.post("/api/v1/devices", json={"name": "PC", "site_id": str(world.hall)})).json()["id"]
    keeper = world.headers(world.someone(grants={May.ARRANGE: {world.hall}}))
    body = {"site_id": str(world.hall), "device_ids": [device]}
    answer = await client.post("/api/v1/stations", json=body, headers=keeper)
    assert (answer.status_code, answer.json()["id"]) == (404, device), answer.text


async def test_who_works_at_one_site_sees_its_prices_and_no_others(client: httpx.AsyncClient, world: World) -> None:
    await free_seat(world)
    other = await client.post("/api/v1/sites", json={"name": "Garden", "time_zone": "UTC"})
    await client.post("/api/v1/price-rules", json={"site_id": other.json()["id"], "name": "Elsewhere"})
    here = world.headers(world.someone(grants={May.VIEW: {world.hall}}))
    answer = await client.get("/api/v1/price-rules", headers=here)
    assert [rule["name"] for rule in answer.json()["items"]] == ["Standard"]
