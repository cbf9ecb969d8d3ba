"""Live lists for members who may see a part of the fleet: their part as it happens, and nothing of the rest."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from gamekeeper.kernel.caller import Authenticated
from gamekeeper.kernel.realtime import publish
from gamekeeper.modules.fleet.devices import logs
from gamekeeper.modules.fleet.permissions import May
from tests.page import Browser, browser, caught_up
from tests.world import World, key

MINE = ["site", "group", "device"]
"""What a member may have access to: a whole site, a group, or one device."""


@dataclass
class Place:
    """One device that a member may see, and one that the member may not."""

    client: httpx.AsyncClient
    world: World
    site: str
    group: str
    mine: str
    """In the site and the group."""
    other: str
    """In the hall."""

    def member(self, kind: str, permission: May = May.VIEW) -> Authenticated:
        resource = {"site": self.site, "group": self.group, "device": self.mine}[kind]
        return self.world.someone(grants={permission: {UUID(resource)}})

    async def edit(self, device_id: str, **changes: Any) -> None:
        answer = await self.client.put(f"/api/v1/devices/{device_id}", json=changes)
        assert answer.status_code == 200, answer.text

    def measure(self, device_id: str) -> None:
        data: dict[str, Any] = {"device_id": device_id, "ts": 0, "metrics": {}}
        self.publish(("devices", f"device:{device_id}"), "device:metric", data, f"metric:{device_id}")

    def publish(self, topics: tuple[str, ...], event: str, data: dict[str, Any], key: str) -> None:
        publish(self.world.runtime, self.world.lantern, topics, event, data, key=key)


@pytest.fixture
async def place(app: FastAPI, address: str, client: httpx.AsyncClient, world: World) -> Place:
    del address  # only so that the app runs
    site = (await made(client, "sites", name="Annex", time_zone="UTC"))["id"]
    group = (await made(client, "device-groups", name="Row A"))["id"]
    mine = (await made(client, "devices", name="Mine", site_id=site, group_id=group))["id"]
    other = (await made(client, "devices", name="Other", site_id=str(world.hall)))["id"]
    await caught_up(app, world.lantern)
    return Place(client, world, site, group, mine, other)


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@asynccontextmanager
async def listening(address: str, world: World, who: Authenticated, topic: str = "devices") -> AsyncGenerator[Browser]:
    async with browser(address, world.token(who)) as page:
        await page.send("subscribe", topics=[topic])
        assert (await page.next())["event"] == "subscribed"
        yield page


def told(frame: dict[str, Any]) -> tuple[str, str]:
    return frame["event"], frame["data"].get("device_id") or frame["data"]["subject_id"]


@pytest.mark.parametrize("kind", MINE)
async def test_facts_of_ones_own_part_and_of_nothing_else(address: str, place: Place, kind: str) -> None:
    async with listening(address, place.world, place.member(kind)) as page:
        await place.edit(place.other, name="Other 2")
        await place.edit(place.mine, name="Mine 2")
        frame = await page.next()
    assert told(frame) == ("device:updated", place.mine)
    assert UUID(frame["id"])


@pytest.mark.parametrize("kind", MINE)
async def test_resuming_brings_ones_own_part_and_nothing_else(address: str, place: Place, kind: str) -> None:
    who = place.member(kind)
    async with listening(address, place.world, who) as page:
        await place.edit(place.mine, name="Mine 2")
        last = (await page.next())["id"]
    for round_ in ("3", "4"):
        await place.edit(place.other, name=f"Other {round_}")
        await place.edit(place.mine, name=f"Mine {round_}")
    async with browser(address, place.world.token(who)) as page:
        await page.send("subscribe", topics=["devices"], since=last)
        assert (await page.next())["event"] == "subscribed"
        heard = [(await page.next())["data"]["changes"]["name"] for _ in range(2)]
    assert heard == ["Mine 3", "Mine 4"]


@pytest.mark.parametrize("kind", MINE)
async def test_readings_of_ones_own_part_and_of_nothing_else(address: str, place: Place, kind: str) -> None:
    async with listening(address, place.world, place.member(kind)) as page:
        for device_id in (place.other, place.mine):
            place.measure(device_id)
        assert told(await page.next()) == ("device:metric", place.mine)


async def test_what_a_command_does_is_seen_by_who_may_see_its_device(address: str, place: Place) -> None:
    async with listening(address, place.world, place.member("site")) as page:
        for device_id in (place.other, place.mine):
            answer = await place.client.post(
                f"/api/v1/devices/{device_id}/actions", json={"action": "logs"}, headers=key()
            )
            assert answer.is_success, answer.text
            progress = {"id": "1", "device_id": device_id, "percent": 1, "text": ""}
            place.publish(("devices", f"device:{device_id}"), "command:progress", progress, f"progress:{device_id}")
        heard = [told(await page.next()) for _ in range(2)]
    assert sorted(heard) == [("command:progress", place.mine), ("command:queued", place.mine)]


async def test_a_device_that_is_moved_away_is_told_of_once_and_not_seen_again(address: str, place: Place) -> None:
    async with listening(address, place.world, place.member("site")) as page:
        await place.edit(place.mine, site_id=str(place.world.hall), name="A secret of the hall")
        gone = await page.next()
        place.measure(place.mine)
        await place.edit(place.mine, name="Another one")
        newcomer = (await made(place.client, "devices", name="Newcomer", site_id=place.site))["id"]
        after = await page.next()
    assert told(gone) == ("device:moved", place.mine)
    assert "changes" not in gone["data"]
    assert told(after) == ("device:registered", newcomer)


async def test_a_device_that_is_moved_here_appears(address: str, place: Place) -> None:
    async with listening(address, place.world, place.member("site")) as page:
        await place.edit(place.other, site_id=place.site)
        assert told(await page.next()) == ("device:updated", place.other)
        place.measure(place.other)
        assert told(await page.next()) == ("device:metric", place.other)


async def test_a_deleted_device_is_told_of_where_it_was(address: str, place: Place) -> None:
    async with listening(address, place.world, place.member("group")) as page:
        for device_id in (place.other, place.mine):
            assert (await place.client.delete(f"/api/v1/devices/{device_id}")).status_code == 204
        assert told(await page.next()) == ("device:deleted", place.mine)


async def test_devices_of_a_deleted_group_leave_its_members(address: str, place: Place) -> None:
    async with listening(address, place.world, place.member("group")) as page:
        assert (await place.client.delete(f"/api/v1/device-groups/{place.group}")).status_code == 204
        assert told(await page.next()) == ("device:moved", place.mine)


async def test_a_single_device_goes_silent_when_it_is_moved_away(address: str, place: Place) -> None:
    who = place.member("site")
    async with listening(address, place.world, who, f"device:{place.mine}") as page:
        await page.send("subscribe", topics=["devices"])
        await page.next()
        await place.edit(place.mine, site_id=None)
        assert told(await page.next()) == ("device:moved", place.mine)
        await place.edit(place.mine, name="Elsewhere")
        await place.edit(place.mine, site_id=place.site)
        assert (await page.next())["data"]["changes"] == {"site_id": place.site}


async def test_a_log_needs_its_own_right_on_the_device(address: str, place: Place) -> None:
    topic = f"{logs.TOPIC}:{place.mine}"
    async with listening(address, place.world, place.member("site", May.INSPECT), topic) as page:
        place.publish((topic,), "device:log", {"device_id": place.mine, "lines": []}, "log:1")
        assert told(await page.next()) == ("device:log", place.mine)


async def test_who_sees_everything_hears_everything_at_once(address: str, place: Place) -> None:
    async with (
        listening(address, place.world, place.member("site")) as part,
        listening(address, place.world, place.world.someone(May.VIEW)) as whole,
    ):
        for device_id in (place.other, place.mine):
            await place.edit(device_id, name=f"Renamed {device_id[-4:]}")
            place.measure(device_id)
        heard = sorted([told(await whole.next()) for _ in range(4)])
        assert sorted([told(await part.next()) for _ in range(2)]) == [one for one in heard if one[1] == place.mine]
    assert len(heard) == 4


async def test_groups_are_listed_as_far_as_one_may_see(place: Place) -> None:
    hall = (await made(place.client, "device-groups", name="Hall"))["id"]
    inner = (await made(place.client, "device-groups", name="Inner", parent_id=hall))["id"]
    await place.edit(place.mine, group_id=inner)
    whole = (await place.client.get("/api/v1/device-groups")).json()
    assert [(row["name"], row["devices"]) for row in whole] == [("Hall", 0), ("Inner", 1), ("Row A", 0)]
    assert whole[1]["parent_id"] == hall
    seen: dict[str, list[tuple[str, str | None, int]]] = {}
    for kind in MINE:
        headers = place.world.headers(place.member(kind))
        rows = (await place.client.get("/api/v1/device-groups", headers=headers)).json()
        seen[kind] = [(row["name"], row["parent_id"], row["devices"]) for row in rows]
    assert seen == {"site": [("Inner", None, 1)], "device": [("Inner", None, 1)], "group": [("Row A", None, 0)]}
    nobody = place.world.headers(place.world.someone())
    assert (await place.client.get("/api/v1/device-groups", headers=nobody)).status_code == 403
