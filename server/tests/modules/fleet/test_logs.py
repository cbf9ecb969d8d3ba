"""An agent's log, as it is written and read back."""

import asyncio
from typing import Any

import httpx

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper_wire.agent import LogLevel, LogLine, LogLines
from gamekeeper_wire.server import Intervals, Refused
from tests.modules.fleet.conftest import Enrol


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
