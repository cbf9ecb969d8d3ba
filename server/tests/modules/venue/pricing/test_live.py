"""Prices and house rules on the live socket: every desk that may read them hears that they changed, nobody else."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from gamekeeper.kernel.caller import Authenticated
from gamekeeper.modules.venue.permissions import May
from tests.page import browser
from tests.world import World

TOPICS = ["price-rules", "venue-policy"]


async def make(client: httpx.AsyncClient, site: UUID | str, rate: int = 500) -> str:
    answer = await client.post("/api/v1/price-rules", json={"site_id": str(site), "rate": rate})
    assert answer.is_success, answer.text
    return answer.json()["id"]


def at(rate: int) -> dict[str, Any]:
    """The changes that a new price of the hour makes to a rule whose offers are all at it."""
    return {
        "rate": rate,
        "presets": [{"minutes": minutes, "amount": rate * minutes // 60} for minutes in (30, 60, 120)],
    }


async def change(client: httpx.AsyncClient, path: str, **body: Any) -> None:
    answer = await client.patch(f"/api/v1/{path}", json=body)
    assert answer.is_success, answer.text


async def test_a_desk_hears_of_prices_and_house_rules(address: str, client: httpx.AsyncClient, world: World) -> None:
    desk = world.someone(May.VIEW)
    async with browser(address, world.token(desk)) as page:
        await page.send("subscribe", topics=TOPICS)
        bookmark = (await page.next())["id"]
        rule = await make(client, world.hall)
        await change(client, f"price-rules/{rule}", rate=600)
        await change(client, "venue-policy", grace_seconds=30)
        live = [await page.next() for _ in range(3)]
    assert [(frame["event"], frame["data"]["subject_id"]) for frame in live] == [
        ("price-rule:made", rule),
        ("price-rule:updated", rule),
        ("venue-policy:updated", str(world.lantern)),
    ]
    assert live[1]["data"]["changes"] == at(600)
    async with browser(address, world.token(desk)) as page:
        await page.send("subscribe", topics=TOPICS, since=bookmark)
        assert (await page.next())["event"] == "subscribed"
        assert [await page.next() for _ in range(3)] == live


async def test_a_desk_of_one_house_hears_its_prices_and_the_rules_of_all(
    address: str, client: httpx.AsyncClient, world: World
) -> None:
    annex = (await client.post("/api/v1/sites", json={"name": "Annex", "time_zone": "UTC"})).json()["id"]
    desk = world.someone(grants={May.VIEW: {world.hall}})
    async with browser(address, world.token(desk)) as page:
        await page.send("subscribe", topics=TOPICS)
        assert (await page.next())["event"] == "subscribed"
        await make(client, annex)
        ours = await make(client, world.hall)
        await change(client, "venue-policy", grace_seconds=30)
        heard = [await page.next(), await page.next()]
    assert [(frame["event"], frame["data"]["subject_id"]) for frame in heard] == [
        ("price-rule:made", ours),
        ("venue-policy:updated", str(world.lantern)),
    ]


async def test_one_rule_is_heard_of_alone(address: str, client: httpx.AsyncClient, world: World) -> None:
    rule = await make(client, world.hall)
    async with browser(address, world.token(world.someone(May.VIEW))) as page:
        await page.send("subscribe", topics=[f"price-rule:{rule}"])
        assert (await page.next())["event"] == "subscribed"
        await change(client, "venue-policy", grace_seconds=30)
        await change(client, f"price-rules/{rule}", rate=700)
        frame = await page.next()
    assert (frame["event"], frame["data"]["changes"]) == ("price-rule:updated", at(700))


@pytest.mark.parametrize("topic", TOPICS)
async def test_who_may_not_see_a_seat_hears_nothing(
    address: str, client: httpx.AsyncClient, world: World, topic: str
) -> None:
    async with browser(address, world.token(world.someone(May.START))) as page:
        await page.send("subscribe", topics=[topic])
        frame = await page.next()
        assert (frame["event"], frame["data"]["code"]) == ("error", "forbidden")
        await make(client, world.hall)
        await change(client, "venue-policy", grace_seconds=30)
        await page.send("unsubscribe", topics=[topic])
        assert (await page.next())["event"] == "unsubscribed"


async def test_another_organization_hears_only_its_own(address: str, client: httpx.AsyncClient, world: World) -> None:
    rivals: Authenticated = world.rex
    rule = await make(client, world.hall)
    async with browser(address, world.token(rivals)) as page:
        await page.send("subscribe", topics=[f"price-rule:{rule}"])
        assert (await page.next())["data"]["code"] == "not_found"
        await page.send("subscribe", topics=TOPICS)
        assert (await page.next())["event"] == "subscribed"
        await change(client, f"price-rules/{rule}", rate=700)
        await change(client, "venue-policy", grace_seconds=30)
        client.headers.update(world.headers(rivals))
        await change(client, "venue-policy", grace_seconds=45)
        frame = await page.next()
    assert frame["data"]["subject_id"] == str(world.rival)
    assert frame["data"]["changes"] == {"grace_seconds": 45}
