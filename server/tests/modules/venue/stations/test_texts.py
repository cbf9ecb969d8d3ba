"""Texts of the floor and of prices: a line is trimmed, and what is required is not made of spaces."""

from typing import Any

import httpx
import pytest

from tests.modules.venue.seats import Seat
from tests.world import World


@pytest.mark.parametrize("label", ["   ", " \t", "a\nb", ""])
async def test_a_label_of_nothing_is_none(client: httpx.AsyncClient, seat: Seat, label: str) -> None:
    answer = await client.patch(f"/api/v1/stations/{seat.id}", json={"label": label})
    assert answer.status_code == 422, answer.text


async def test_a_zone_is_trimmed_and_may_be_empty(client: httpx.AsyncClient, seat: Seat) -> None:
    for zone, kept in (("   ", ""), ("  Back room ", "Back room"), ("", "")):
        answer = await client.patch(f"/api/v1/stations/{seat.id}", json={"zone": zone})
        assert (answer.status_code, answer.json()["zone"]) == (200, kept)
    assert (await client.patch(f"/api/v1/stations/{seat.id}", json={"zone": "a\x00b"})).status_code == 422


async def test_a_reason_of_spaces_is_none(client: httpx.AsyncClient, seat: Seat) -> None:
    answer = await client.put(f"/api/v1/stations/{seat.id}/outage", json={"reason": "  "})
    assert answer.status_code == 422, answer.text


async def test_a_reason_is_kept_whole_or_refused_by_name(client: httpx.AsyncClient, seat: Seat) -> None:
    path = f"/api/v1/stations/{seat.id}/outage"
    longest = "ä" * 199 + "🪑"
    kept = await client.put(path, json={"reason": f" {longest} "})
    assert (kept.status_code, kept.json()["out_of_order"]) == (200, longest)
    refused = await client.put(path, json={"reason": longest + "!"})
    told = refused.json()
    assert (refused.status_code, told["code"], told["length"], told["most"]) == (422, "reason_too_long", 201, 200)
    assert (await client.get(f"/api/v1/stations/{seat.id}")).json()["out_of_order"] == longest


@pytest.mark.parametrize(
    "price",
    [
        {"name": "   "},
        {"rate": -1},
        {"rate": 10**12 + 1},
        {"presets": [{"minutes": 60, "amount": -1}]},
        {"presets": [{"minutes": 60, "amount": 10**12 + 1}]},
    ],
)
async def test_what_is_no_price_is_refused(client: httpx.AsyncClient, world: World, price: dict[str, Any]) -> None:
    made = await client.post("/api/v1/price-rules", json={"site_id": str(world.hall)} | price)
    assert made.status_code == 422, made.text
    rule = (await client.post("/api/v1/price-rules", json={"site_id": str(world.hall)})).json()
    changed = await client.patch(f"/api/v1/price-rules/{rule['id']}", json=price)
    assert changed.status_code == 422, changed.text


async def test_time_may_be_given_away_on_purpose(client: httpx.AsyncClient, world: World) -> None:
    body = {"site_id": str(world.hall), "rate": 0, "presets": [{"minutes": 60, "amount": 0}]}
    made = await client.post("/api/v1/price-rules", json=body)
    assert (made.status_code, made.json()["rate"]) == (201, 0)
