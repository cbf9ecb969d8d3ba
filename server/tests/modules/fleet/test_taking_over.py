"""A claim token that names a device puts a machine in the place of the one before."""

import httpx

from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Machine


async def approval(client: httpx.AsyncClient, machine: Machine) -> str:
    return (await client.get(f"/api/v1/devices/{machine.id}")).json()["approval"]


async def test_somebody_approves_a_machine_for_a_device_that_is_there(
    client: httpx.AsyncClient, machine: Machine
) -> None:
    device = (await client.post("/api/v1/devices", json={"name": "Kiosk"})).json()["id"]
    token = await machine.claim(client, device_id=device, approval="manual")
    waiting = await machine.ask(client, token)
    assert waiting.status_code == 202
    assert (await client.get(f"/api/v1/devices/{device}")).json()["approval"] == "pending"
    await client.put(f"/api/v1/devices/{device}/approval", json={"approved": True})
    poll = {"authorization": f"Bearer {waiting.json()['poll_secret']}"}
    answer = await client.get(waiting.json()["poll_url"], headers=poll)
    assert answer.status_code == 200
    machine.take(answer.json())
    # The same machine with the same key lost the answer: nobody is asked twice.
    assert (await machine.ask(client, token)).status_code == 201
    assert await approval(client, machine) == "approved"


async def test_a_token_without_approval_lets_in_who_was_declined_before(
    client: httpx.AsyncClient, enrol: Enrol, machine: Machine
) -> None:
    device = (await client.post("/api/v1/devices", json={"name": "Kiosk"})).json()["id"]
    await machine.ask(client, await machine.claim(client, device_id=device, approval="manual"))
    await client.put(f"/api/v1/devices/{device}/approval", json={"approved": False})
    other = await enrol(device_id=device)
    async with other.linked() as link:
        assert link.welcome is not None
