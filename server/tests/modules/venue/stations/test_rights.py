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
