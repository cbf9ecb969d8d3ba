"""An agent's log, as it is written and read back."""

import asyncio
from typing import Any

import httpx
import pytest

from gamekeeper.kernel.realtime import publish
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper.modules.fleet.permissions import May
from gamekeeper_wire.agent import LogLevel, LogLine, LogLines
from gamekeeper_wire.server import Intervals, Refused
from tests.modules.fleet.conftest import Enrol
from tests.page import browser
from tests.world import World


async def test_a_log_is_followed_stored_and_read_back(
    enrol: Enrol, client: httpx.AsyncClient, runtime: Runtime
) -> None:
    machine = await enrol()
    heard: list[Any] = []
    stop = runtime.hints.hear("live", heard.append)
    async with machine.linked() as link:
        url = f"/api/v1/devices/{machine.id}/logs"
        followed = await client.put(f"{url}/following", json={"level": "warning", "seconds": 60})
        assert followed.json()["level"] == "warning"
        assert (await link.next(Intervals)).log_level is LogLevel.WARNING
        lines = [LogLine(1_700_000_000_000, LogLevel.WARNING, f"line {number}") for number in range(3)]
        await link.send(LogLines(entries=[*lines, LogLine(1_700_000_000_000, LogLevel.ERROR, "broken")]))
        await link.answered()
        read = (await client.get(url, params={"limit": 3})).json()
        assert [line["message"] for line in read["items"]] == ["broken", "line 2", "line 1"]
        rest = (await client.get(url, params={"limit": 3, "after": read["next"]})).json()
        assert [line["message"] for line in rest["items"]] == ["line 0"]
        errors = (await client.get(url, params={"level": "error"})).json()
        assert len(errors["items"]) == 1
        await client.put(f"{url}/following", json={"level": "off"})
        assert (await link.next(Intervals)).log_level is None
    stop()
    shown = [each for each in heard if each["e"] == "device:log" and each["d"]["device_id"] == str(machine.id)]
    assert len(shown[0]["d"]["lines"]) == 4
    assert shown[0]["d"]["lines"][-1]["id"] == read["items"][0]["id"]


@pytest.mark.parametrize(("permission", "answer"), [(May.VIEW, "error"), (May.INSPECT, "subscribed")])
async def test_a_log_is_heard_by_whoever_may_read_it(
    enrol: Enrol, client: httpx.AsyncClient, address: str, world: World, permission: May, answer: str
) -> None:
    machine = await enrol()
    someone = world.someone(grants={permission: {machine.id}})
    async with machine.linked() as link, browser(address, world.token(someone)) as page:
        await page.send("subscribe", topics=[f"device-log:{machine.id}"])
        assert (await page.next())["event"] == answer
        await page.send("subscribe", topics=[f"device:{machine.id}"])
        await page.next()
        await client.put(f"/api/v1/devices/{machine.id}/logs/following", json={"level": "info", "seconds": 60})
        await link.next(Intervals)
        await link.send(LogLines(entries=[LogLine(0, LogLevel.INFO, "between us")]))
        await link.answered()
        # Values go in the order in which they were told: nothing of the log can follow this one.
        told = {"device_id": str(machine.id)}
        topics = (f"device:{machine.id}", f"device-log:{machine.id}")
        publish(world.runtime, world.lantern, topics, "device:metric", told, key=f"last:{machine.id}")
        heard: list[str] = []
        while "device:metric" not in heard:
            heard.append((await page.next())["event"])
        assert ("device:log" in heard) == (permission is May.INSPECT)


async def test_a_device_that_comes_back_goes_on(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    await client.put(f"/api/v1/devices/{machine.id}/logs/following", json={"level": "info", "seconds": 60})
    async with machine.linked() as link:
        assert link.welcome is not None
        assert link.welcome.log_level is LogLevel.INFO


async def test_following_ends_by_itself(enrol: Enrol, client: httpx.AsyncClient, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await client.put(f"/api/v1/devices/{machine.id}/logs/following", json={"level": "info", "seconds": 10})
        await link.next(Intervals)
        connection = gateway.registry.get(machine.id)
        assert connection is not None
        assert connection.log_until is not None
        connection.log_until = connection.not_after.min.replace(tzinfo=connection.not_after.tzinfo)
        async with asyncio.timeout(20):
            assert (await link.next(Intervals)).log_level is None
        await link.send(LogLines(entries=[LogLine(0, LogLevel.INFO, "late")]))
        assert (await link.next(Refused)).code == "log-unasked"
