"""A log that is followed while its agent restarts or its connection breaks: no gap, no line twice."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.gateway.greeting import ahead_ms
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper_wire.agent import LogLevel, LogLine, LogLines
from gamekeeper_wire.server import Intervals
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Machine
from tests.modules.fleet.test_real_agent import agent, running, until
from tests.page import browser
from tests.world import World, key

DAY_MS = 86_400_000


def line(ts: int, message: str) -> LogLine:
    return LogLine(ts, LogLevel.INFO, message)


async def messages(client: httpx.AsyncClient, machine: Machine) -> list[str]:
    read = (await client.get(f"/api/v1/devices/{machine.id}/logs", params={"limit": 500})).json()
    return [each["message"] for each in reversed(read["items"])]


async def test_the_next_connection_sends_from_the_newest_line(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    url = f"/api/v1/devices/{machine.id}/logs/following"
    async with machine.linked() as link:
        await client.put(url, json={"level": "info", "seconds": 60})
        await link.next(Intervals)
        await link.send(LogLines(entries=[line(5, "a"), line(7, "b"), line(7, "b"), line(7, "c")]))
        await link.answered()
    async with machine.linked() as link:
        assert link.welcome is not None
        assert link.welcome.log_from == 7
        await link.send(LogLines(entries=[line(7, "b"), line(7, "b"), line(7, "c"), line(7, "b")]))
        await link.send(LogLines(entries=[line(6, "clock set back")]))
        await link.answered()
    assert await messages(client, machine) == ["a", "b", "b", "c", "b", "clock set back"]
    await client.put(url, json={"level": "off"})
    await client.put(url, json={"level": "info", "seconds": 60})
    # A machine whose clock is a day ahead: since when it is followed, as that clock says.
    now = time.time_ns() // 1_000_000 + DAY_MS
    async with machine.linked(time=now) as link:
        assert link.welcome is not None
        assert link.welcome.log_from is not None
        assert abs(link.welcome.log_from - now) < DAY_MS / 2


async def test_how_long_a_hello_has_waited_is_not_taken_for_the_machines_clock(
    enrol: Enrol, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = await enrol()
    async with machine.linked():
        connection = gateway.registry.get(machine.id)
        assert connection is not None
        now = connection.socket.loop.time()
        hello = msgspec.structs.replace(connection.device.hello, time=1_000_000)
        connection.device = replace(connection.device, hello=hello)
        monkeypatch.setattr(connection, "beat_at", now - 60)
        monkeypatch.setattr(connection.socket, "loop", SimpleNamespace(time=lambda: now))
        # It said 1,000 s, a minute ago; now it is 1,065 s here.
        ahead = ahead_ms(connection, datetime.fromtimestamp(1_065, UTC))
        monkeypatch.undo()
    assert ahead == -5_000


async def test_an_older_connection_writes_no_more(enrol: Enrol, client: httpx.AsyncClient, gateway: Gateway) -> None:
    machine = await enrol()
    await client.put(f"/api/v1/devices/{machine.id}/logs/following", json={"level": "info", "seconds": 60})
    async with machine.linked():
        older = gateway.registry.get(machine.id)
        assert older is not None
        async with machine.linked() as newer:
            # What had arrived of it and was not yet taken when the newer one came.
            await gateway.receiver.receive(older, LogLines(entries=[line(1, "sent twice")]))
            await newer.send(LogLines(entries=[line(1, "sent twice")]))
            await newer.answered()
    assert await messages(client, machine) == ["sent twice"]


@pytest.mark.slow
async def test_the_lines_of_a_restart_are_seen(
    client: httpx.AsyncClient,
    address: str,
    machine: Machine,
    runtime: Runtime,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime.settings, "agent_port", machine.gateway_port)
    token = await machine.claim(client, label="Counter")
    await (await agent(tmp_path, "enrol", "--server", f"http://{address}", "--token", token)).communicate()
    device_id = (await client.get("/api/v1/devices")).json()["items"][0]["id"]
    url = f"/api/v1/devices/{device_id}"
    async with running(tmp_path), browser(address, world.token(world.ada)) as page:

        async def is_online() -> bool:
            return (await client.get(url)).json()["status"] in {"online", "degraded"}

        await until(is_online)
        await page.send("subscribe", topics=[f"device-log:{device_id}"])
        await client.put(f"{url}/logs/following", json={"level": "info", "seconds": 300})
        written_before = len((tmp_path / "agent.log").read_text().splitlines())
        await client.post(f"{url}/actions", json={"action": "restart"}, headers=key())
        seen: list[dict[str, Any]] = []
        async with asyncio.timeout(60):
            while not any("connected as" in each["message"] for each in seen):
                frame = await page.next()
                if frame["event"] == "device:log":
                    seen += frame["data"]["lines"]
    written = (tmp_path / "agent.log").read_text().splitlines()[written_before:]
    expected = [each.split(" INFO ", 1)[1] for each in written if " INFO " in each]
    shown = [each["message"] for each in seen if each["level"] == "info"]
    assert shown == expected[: len(shown)]
    assert any("beginning anew" in each for each in shown)
    assert any(" starts: " in each for each in shown)
