"""The agent itself, as a program of its own, against the gateway itself."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper_wire.close import CloseCode
from tests.modules.fleet.machines import Machine
from tests.world import World, key


async def agent(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gamekeeper_agent",
        *arguments,
        env={**os.environ, "GAMEKEEPER_AGENT_STATE": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await agent(folder, "run")
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def until(told: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(60):
        while not (found := await told()):
            await asyncio.sleep(0.05)
        return found


@pytest.mark.slow
async def test_enrol_report_obey_revoke(
    client: httpx.AsyncClient,
    address: str,
    gateway: Gateway,
    machine: Machine,
    runtime: Runtime,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime.settings, "agent_port", machine.gateway_port)
    token = await machine.claim(client, label="Counter")
    enrolling = await agent(tmp_path, "enrol", "--server", f"http://{address}", "--token", token)
    output, _ = await enrolling.communicate()
    assert enrolling.returncode == 0, output.decode()
    row = (await client.get("/api/v1/devices")).json()["items"][0]
    assert (row["name"], row["status"], row["mode"]) == ("Counter", "never_seen", "observe")
    device_id, url = UUID(row["id"]), f"/api/v1/devices/{row['id']}"

    async def state() -> str:
        return (await client.get(url)).json()["status"]

    async with running(tmp_path) as process:

        async def is_online() -> bool:
            return await state() in {"online", "degraded"}

        await until(is_online)

        async def readings() -> int:
            async with world.context() as ctx:
                raw = await ctx.raw()
                return await raw.fetchval("SELECT count(*) FROM device_metrics WHERE device_id = $1", device_id)

        await until(readings)
        facts = (await client.get(url)).json()
        assert facts["machine"]["cpu_count"] >= 1
        assert facts["agent_version"]

        made = (
            await client.post(f"{url}/actions", json={"action": "logs", "params": {"lines": 5}}, headers=key())
        ).json()

        async def finished() -> dict[str, Any] | None:
            command = (await client.get(f"{url}/commands/{made['id']}")).json()
            return command if command["finished_at"] else None

        command = await until(finished)
        assert (command["state"], command["code"]) == ("succeeded", "ok"), command
        assert command["data"]["media_type"] == "text/plain"

        refused = await client.post(f"{url}/actions", json={"action": "reboot"}, headers=key())
        assert refused.json()["code"] == "refused_by_machine"

        connection = gateway.registry.get(device_id)
        assert connection is not None
        await client.put(f"{url}/revocation")

        async def is_gone() -> bool:
            return gateway.registry.get(device_id) is None

        await until(is_gone)
        assert connection.socket.close_code == CloseCode.REVOKED
        assert await state() == "revoked"
        assert process.returncode is None, "a revoked agent waits to be enrolled again"
