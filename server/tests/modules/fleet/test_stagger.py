"""Many devices one after the other, so that a house does not go dark at once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper_wire.server import CommandRequest
from tests.modules.fleet.conftest import Enrol
from tests.world import World


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_each_is_asked_when_it_is_its_turn(
    enrol: Enrol, client: httpx.AsyncClient, world: World, gateway: Gateway, runtime: Runtime
) -> None:
    machines = [await enrol(site_id=str(world.hall)) for _ in range(3)]
    for number, machine in enumerate(machines):
        await client.put(f"/api/v1/devices/{machine.id}", json={"name": f"Seat {number}"})
    body: dict[str, Any] = {
        "action": "reboot",
        "filter": {"site_id": str(world.hall)},
        "ttl": 60,
        "stagger_seconds": 3600,
    }
    seen = (await client.post("/api/v1/actions", json=body)).json()
    assert (seen["total"], seen["last_after_seconds"], seen["names"]) == (3, 3600, ["Seat 0", "Seat 1", "Seat 2"])

    async with machines[0].linked() as first, machines[1].linked() as second:
        done = await client.post("/api/v1/actions", json=body | {"preview": False}, headers={"idempotency-key": "s"})
        assert done.status_code == 201, done.text
        assert (await first.next(CommandRequest)).action == "reboot"
        made = (await client.get(f"/api/v1/actions/{done.json()['bulk_id']}/commands")).json()["items"]
        turns = {command["device_id"]: command for command in made}
        [now, later, last] = [turns[str(machine.id)] for machine in machines]
        assert now["not_before"] is None
        assert at(last["not_before"]) - at(later["not_before"]) == timedelta(minutes=30)
        for command in (later, last):
            assert at(command["expires_at"]) - at(command["not_before"]) == timedelta(seconds=60)

        # Neither a hint nor a flush nor a new connection brings it forward.
        runtime.hints.poke("commands", str(machines[1].id))
        await gateway.upkeep.flush()
        await second.answered()
        async with machines[2].linked() as third:
            await third.answered()
            assert not [frame for link in (second, third) for frame in link.heard if isinstance(frame, CommandRequest)]

        async with world.context() as ctx:
            raw = await ctx.raw()
            await raw.execute("UPDATE commands SET not_before = now() WHERE id = $1", UUID(later["id"]))
        await gateway.upkeep.flush()
        assert (await second.next(CommandRequest)).command_id == later["id"]


async def test_one_device_needs_no_turn(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    body = {"action": "restart", "device_ids": [str(machine.id)], "stagger_seconds": 600, "preview": False}
    done = await client.post("/api/v1/actions", json=body, headers={"idempotency-key": "one"})
    assert done.json()["last_after_seconds"] == 0
    [command] = (await client.get(f"/api/v1/devices/{machine.id}/commands")).json()["items"]
    assert command["not_before"] is None


@pytest.mark.parametrize("seconds", [-1, 86_401, 1.5, "soon"])
async def test_a_spread_has_bounds(enrol: Enrol, client: httpx.AsyncClient, seconds: object) -> None:
    machine = await enrol()
    body = {"action": "restart", "device_ids": [str(machine.id)], "stagger_seconds": seconds}
    answer = await client.post("/api/v1/actions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
