"""Renewing on an open connection: whatever answer is lost, the machine keeps a certificate that is believed."""

import httpx

from gamekeeper_wire.agent import Renew
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.server import Renewed
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Link, Machine, hello


async def turned_away(machine: Machine, chain: str = "") -> int:
    async with machine.raw(machine.tls(chain or machine.chain)) as opened:
        link = Link(opened)
        await link.send(hello())
        return await link.closed()


async def test_a_renewal_whose_answer_was_lost_locks_nobody_out(enrol: Enrol) -> None:
    machine = await enrol()
    first = machine.chain
    async with machine.linked() as link:
        await link.send(Renew(csr=machine.csr))
        kept = (await link.next(Renewed)).chain
        await link.send(Renew(csr=machine.csr))
        await link.next(Renewed)  # never reached the machine's disk
    async with machine.linked(machine.tls(kept)) as link:
        assert link.welcome is not None
        # What it showed has replaced what came before.
        assert await turned_away(machine, first) == CloseCode.REVOKED
        await link.answered()


async def test_a_renewal_alone_takes_nothing_away(client: httpx.AsyncClient, enrol: Enrol) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        for _ in range(3):
            await link.send(Renew(csr=machine.csr))
            await link.next(Renewed)
    body = {"certificate": machine.chain, "csr": machine.csr}
    late = await client.post("/api/v1/enrolments/renewals", json=body, headers={"authorization": ""})
    assert late.status_code == 200
    async with machine.linked() as link:
        assert link.welcome is not None
