"""Offers at the price of an hour follow it through every door; those with a price of their own keep it."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest

from gamekeeper.modules.venue.pricing.amounts import MOST_AMOUNT, Rounding, at_rate
from gamekeeper.modules.venue.pricing.offers import following, follows, priced
from tests.world import World

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "at_rate.json").read_text())
"""Also what the web page shows while a price is typed."""


@pytest.mark.parametrize("case", CASES)
def test_the_price_of_minutes(case: dict[str, Any]) -> None:
    rounding = Rounding(case["rounding"])
    assert at_rate(case["rate"], Fraction(case["minutes"] * 60), rounding) == case["amount"]
    assert follows({"minutes": case["minutes"], "amount": case["amount"]}, case["rate"], rounding)
    assert not follows({"minutes": case["minutes"], "amount": case["amount"] + 1}, case["rate"], rounding)


def test_what_follows_is_priced_anew_at_any_other_rate() -> None:
    stored = [{"minutes": 20, "amount": 167}, {"minutes": 60, "amount": 500}, {"minutes": 120, "amount": 900}]
    open_ = following(stored, 500, Rounding.HALF_UP)
    assert [preset["amount"] for preset in open_] == [None, None, 900]
    assert priced(open_, 500, Rounding.HALF_UP) == stored
    assert [preset["amount"] for preset in priced(open_, 750, Rounding.HALF_UP)] == [250, 750, 900]


async def make(client: httpx.AsyncClient, world: World, **body: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/price-rules", json={"site_id": str(world.hall)} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def change(client: httpx.AsyncClient, rule: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = await client.patch(f"/api/v1/price-rules/{rule['id']}", json=body)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def offered(rule: dict[str, Any]) -> list[tuple[int, int, bool]]:
    return [(preset["minutes"], preset["amount"], preset["follows"]) for preset in rule["presets"]]


async def test_the_rate_alone_takes_its_offers_along(client: httpx.AsyncClient, world: World) -> None:
    rule = await make(client, world)
    assert offered(rule) == [(30, 300, False), (60, 500, True), (120, 900, False)]
    rule = await change(client, rule, rate=640)
    assert offered(rule) == [(30, 300, False), (60, 640, True), (120, 900, False)]
    assert offered(await change(client, rule, name="Evening")) == offered(rule)
    async with world.context() as ctx:
        told = await (await ctx.raw()).fetchval(
            "SELECT data->'changes' FROM events WHERE type = 'price-rule:updated' ORDER BY id LIMIT 1"
        )
    assert told["rate"] == 640
    assert told["presets"][1] == {"minutes": 60, "amount": 640}


async def test_an_offer_without_a_price_is_at_that_of_the_hour(client: httpx.AsyncClient, world: World) -> None:
    rule = await make(client, world, rate=600, presets=[{"minutes": 90}, {"minutes": 15, "amount": None}])
    assert offered(rule) == [(15, 150, True), (90, 900, True)]
    rule = await change(client, rule, rate=700, presets=[{"minutes": 90, "amount": 950}, {"minutes": 30}])
    assert offered(rule) == [(30, 350, True), (90, 950, False)]
    assert offered(await change(client, rule, presets=[{"minutes": 90}])) == [(90, 1050, True)]


async def test_offers_follow_the_rounding_as_well(client: httpx.AsyncClient, world: World) -> None:
    rule = await make(client, world, presets=[{"minutes": 20}, {"minutes": 40, "amount": 300}])
    assert offered(rule) == [(20, 167, True), (40, 300, False)]
    assert offered(await change(client, rule, money_rounding="down")) == [(20, 166, True), (40, 300, False)]


async def test_a_first_price_of_its_own_is_that_of_its_offers(client: httpx.AsyncClient, world: World) -> None:
    assert offered(await make(client, world, rate=800)) == [(30, 400, True), (60, 800, True), (120, 1600, True)]


async def test_an_offer_that_became_too_dear_is_refused(client: httpx.AsyncClient, world: World) -> None:
    body = {"site_id": str(world.hall), "rate": MOST_AMOUNT}
    refused = await client.post("/api/v1/price-rules", json=body)
    assert (refused.status_code, refused.json()["code"], refused.json()["minutes"]) == (422, "offer_too_dear", 120)
    rule = await make(client, world, rate=500)
    refused = await client.patch(f"/api/v1/price-rules/{rule['id']}", json={"rate": MOST_AMOUNT})
    assert (refused.status_code, refused.json()["code"]) == (422, "offer_too_dear")
    assert offered((await client.get(f"/api/v1/price-rules/{rule['id']}")).json()) == offered(rule)
