"""Grants and sites of a member reach the open socket: what they open, and what ends with them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.page import Browser, browser, caught_up
from tests.people import People, Person

SEE = "fleet.device.view"


@dataclass
class Houses:
    """Two sites of Lantern with a device each."""

    ada: httpx.AsyncClient
    hall: str
    annex: str
    in_hall: str
    in_annex: str

    async def make(self, path: str, **body: Any) -> str:
        answer = await self.ada.post(f"/api/v1/{path}", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def grant(self, person: Person, kind: str, resource: str, **other: Any) -> str:
        return await self.make(
            "grants",
            user_id=str(person.id),
            resource_kind=kind,
            resource_id=resource,
            permissions=[SEE],
            **other,
        )

    async def limit(self, person: Person, *sites: str) -> None:
        body = {"roles": ["staff"], "sites": list(sites)}
        answer = await self.ada.put(f"/api/v1/users/{person.id}", json=body)
        assert answer.is_success, answer.text

    async def rename(self) -> None:
        """Something happens to the device in the hall, then to the one in the annex."""
        for device_id in (self.in_hall, self.in_annex):
            name = f"PC {datetime.now(UTC).timestamp()}"
            answer = await self.ada.put(f"/api/v1/devices/{device_id}", json={"name": name})
            assert answer.is_success, answer.text


@pytest.fixture
async def houses(people: People, real_address: str) -> AsyncGenerator[Houses]:
    del real_address  # only so that the app runs
    async with people.browser(people.ada) as ada:
        made = Houses(ada, "", "", "", "")
        made.hall = await made.make("sites", name="Hall", time_zone="UTC")
        made.annex = await made.make("sites", name="Annex", time_zone="UTC")
        made.in_hall = await made.make("devices", name="PC 1", site_id=made.hall)
        made.in_annex = await made.make("devices", name="PC 2", site_id=made.annex)
        await caught_up(people.app, people.lantern)
        yield made


@asynccontextmanager
async def listening(address: str, person: Person, **options: Any) -> AsyncGenerator[Browser]:
    async with browser(address, person.token) as page:
        await page.send("subscribe", topics=["devices"], **options)
        yield page


async def subject(page: Browser) -> str:
    frame = await page.next()
    assert frame["event"] == "device:updated", frame
    return frame["data"]["subject_id"]


async def changed(page: Browser) -> None:
    assert await page.next() == {"event": "snapshot-needed", "data": {"topics": ["devices"]}}
    assert await page.next() == {"event": "access-changed", "data": {}}


async def test_who_works_in_one_house_hears_that_house(people: People, real_address: str, houses: Houses) -> None:
    bea = await people.person("Bea", "staff")
    await houses.limit(bea, houses.annex)
    async with listening(real_address, bea) as page:
        assert (await page.next())["event"] == "subscribed"
        await houses.rename()
        assert await subject(page) == houses.in_annex


async def test_another_house_is_heard_from_then_on(people: People, real_address: str, houses: Houses) -> None:
    bea = await people.person("Bea", "staff")
    await houses.limit(bea, houses.annex)
    async with listening(real_address, bea) as page:
        await page.next()
        await houses.limit(bea, houses.hall)
        await changed(page)
        await houses.rename()
        assert await subject(page) == houses.in_hall
        await houses.rename()
        assert await subject(page) == houses.in_hall


async def test_a_grant_is_heard_when_it_is_made_and_not_after_it_is_taken_back(
    people: People, real_address: str, houses: Houses
) -> None:
    bea = await people.person("Bea", "staff")
    await houses.limit(bea, houses.annex)
    async with listening(real_address, bea) as page:
        await page.next()
        grant = await houses.grant(bea, "device", houses.in_hall)
        await changed(page)
        await houses.rename()
        assert [await subject(page), await subject(page)] == [houses.in_hall, houses.in_annex]
        assert (await houses.ada.delete(f"/api/v1/grants/{grant}")).is_success
        await changed(page)
        await houses.rename()
        assert await subject(page) == houses.in_annex


async def test_a_grant_that_ends_by_itself_is_over_on_the_socket_too(
    people: People, real_address: str, houses: Houses
) -> None:
    bea = await people.person("Bea", "staff")
    await houses.limit(bea, houses.annex)
    end = datetime.now(UTC) + timedelta(seconds=3)
    await houses.grant(bea, "device", houses.in_hall, ends_at=end.isoformat())
    async with listening(real_address, bea) as page:
        await page.next()
        await houses.rename()
        assert [await subject(page), await subject(page)] == [houses.in_hall, houses.in_annex]
        await changed(page)
        assert datetime.now(UTC) >= end
        await houses.rename()
        assert await subject(page) == houses.in_annex


async def test_with_the_last_grant_the_list_is_lost(people: People, real_address: str, houses: Houses) -> None:
    bea = await people.person("Bea", "customer")
    end = datetime.now(UTC) + timedelta(seconds=3)
    await houses.grant(bea, "device", houses.in_hall, ends_at=end.isoformat())
    async with listening(real_address, bea) as page:
        await page.next()
        lost = await page.next()
        assert (lost["event"], lost["data"]) == ("unsubscribed", {"topics": [], "lost": ["devices"]})
        assert (await page.next())["event"] == "access-changed"
        await page.send("subscribe", topics=["devices"])
        assert (await page.next())["data"]["code"] == "forbidden"


async def test_a_resume_over_a_change_of_access_loads_again(people: People, real_address: str, houses: Houses) -> None:
    bea = await people.person("Bea", "staff")
    await houses.limit(bea, houses.annex)
    async with listening(real_address, bea) as page:
        bookmark = (await page.next())["id"]
    await houses.rename()
    async with listening(real_address, bea, since=bookmark) as page:
        assert (await page.next())["event"] == "subscribed"
        assert await subject(page) == houses.in_annex
    await houses.grant(bea, "device", houses.in_hall)
    async with listening(real_address, bea, since=bookmark) as page:
        assert (await page.next())["event"] == "snapshot-needed"
        await houses.rename()
        assert await subject(page) == houses.in_hall


async def test_so_it_does_while_the_live_feed_has_not_come_to_that_change(
    people: People, real_address: str, houses: Houses
) -> None:
    bea = await people.person("Bea", "staff")
    await houses.limit(bea, houses.annex)
    async with listening(real_address, bea) as page:
        bookmark = (await page.next())["id"]
    async with people.runtime.database.write(None) as somebody_else:
        await somebody_else.execute("SELECT pg_current_xact_id()")  # readers of the log wait for whoever began first
        await houses.grant(bea, "device", houses.in_hall)
        async with listening(real_address, bea, since=bookmark) as page:
            assert (await page.next())["event"] == "snapshot-needed"


async def test_a_first_grant_is_told_so_that_the_page_asks_again(
    people: People, real_address: str, houses: Houses
) -> None:
    bea = await people.person("Bea", "customer")
    group = await houses.make("device-groups", name="Row A")
    answer = await houses.ada.put(f"/api/v1/devices/{houses.in_hall}", json={"group_id": group})
    assert answer.is_success, answer.text
    async with listening(real_address, bea) as page:
        assert (await page.next())["data"]["code"] == "forbidden"
        await houses.grant(bea, "devicegroup", group)
        assert (await page.next())["event"] == "access-changed"
        await page.send("subscribe", topics=["devices"])
        assert (await page.next())["event"] == "subscribed"
        await houses.rename()
        assert await subject(page) == houses.in_hall
