"""A claim token that names a device puts a machine in the place of the one before, and that one is out."""

import asyncio

import httpx
import pytest

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.devices.service import REVOKED
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper_wire.agent import Renew
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.server import Refused
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Link, Machine, hello
from tests.world import World


async def turned_away(machine: Machine, chain: str = "") -> int:
    async with machine.raw(machine.tls(chain or machine.chain)) as opened:
        link = Link(opened)
        await link.send(hello())
        return await link.closed()


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


@pytest.mark.parametrize("way", ["automatic", "manual"])
async def test_the_machine_before_is_out_at_once(
    client: httpx.AsyncClient, enrol: Enrol, machine: Machine, way: str
) -> None:
    before = await enrol()
    async with before.linked() as open_link:
        token = await machine.claim(client, device_id=str(before.id), approval=way)
        await machine.ask(client, token)
        assert await open_link.closed() == CloseCode.REVOKED
    assert await turned_away(before) == CloseCode.REVOKED


async def test_the_machine_before_finds_no_way_back(
    client: httpx.AsyncClient, machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = Machine(tmp_path_factory.mktemp("before"), machine.gateway_port)
    old_token = await before.claim(client, approval="manual")
    waiting = await before.ask(client, old_token)
    device = (await client.get("/api/v1/devices", params={"approval": "pending"})).json()["items"][0]["id"]
    await client.put(f"/api/v1/devices/{device}/approval", json={"approved": True})
    poll = {"authorization": f"Bearer {waiting.json()['poll_secret']}"}
    before.take((await client.get(waiting.json()["poll_url"], headers=poll)).json())

    await machine.enrol(client, device_id=device)
    assert (await client.get(waiting.json()["poll_url"], headers=poll)).status_code == 403
    assert (await before.ask(client, old_token)).status_code == 403
    body = {"certificate": before.chain, "csr": before.csr}
    late = await client.post("/api/v1/enrolments/renewals", json=body, headers={"authorization": ""})
    assert late.json()["code"] == "renewal_refused"
    assert await approval(client, machine) == "approved"


async def test_a_repeated_claim_takes_nothing_from_the_machine_itself(
    client: httpx.AsyncClient, enrol: Enrol, machine: Machine
) -> None:
    device = (await enrol()).id
    token = await machine.claim(client, device_id=str(device))
    machine.take((await machine.ask(client, token)).json())
    async with machine.linked() as link:
        assert (await machine.ask(client, token)).status_code == 201
        await link.answered()


async def test_a_hint_that_comes_late_spares_the_machine_that_came_after(
    client: httpx.AsyncClient, enrol: Enrol, machine: Machine, runtime: Runtime
) -> None:
    device = (await enrol()).id
    await machine.enrol(client, device_id=str(device))
    async with machine.linked() as link:
        runtime.hints.poke(REVOKED, str(device))
        await asyncio.sleep(0)
        await link.answered()


async def test_a_hint_that_is_lost_is_made_good_by_the_flush(enrol: Enrol, world: World, gateway: Gateway) -> None:
    before = await enrol()
    async with before.linked() as link:
        async with world.context() as ctx:
            await (await ctx.raw()).execute(
                "UPDATE certificates SET revoked_at = now() WHERE device_id = $1", before.id
            )
        await link.send(Renew(csr=before.csr))
        assert (await link.next(Refused)).code == "renewal_refused"
        await gateway.upkeep.flush()
        assert await link.closed() == CloseCode.REVOKED
