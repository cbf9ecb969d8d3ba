"""Who gets a connection, on real TLS handshakes."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from gamekeeper.kernel.database.databases import renamed
from gamekeeper.kernel.database.roles import app_password, app_url
from gamekeeper.kernel.runtime import Runtime, open_runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.modules.fleet.authority import profile
from gamekeeper.modules.fleet.authority.profile import Signer
from gamekeeper.modules.fleet.authority.service import Authority, AuthorityMissing, load
from gamekeeper.modules.fleet.gateway.server import Gateway, serve_gateway
from gamekeeper_wire.agent import CommandAck, CommandResult, Renew
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.limits import SERVER_NAME
from gamekeeper_wire.server import CommandRequest, Renewed
from tests.conftest import MASTER_KEY, ROLES
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Link, Machine
from tests.world import World, key

REFUSED = (OSError, EOFError, ssl.SSLError, ConnectionClosed, InvalidHandshake)


@pytest.fixture
async def authority(runtime: Runtime, gateway: Gateway) -> Authority:
    assert gateway.tls.minimum_version is ssl.TLSVersion.TLSv1_3
    return await load(runtime, datetime.now(UTC))


def leaf(
    machine: Machine,
    signer: Signer,
    organization_id: UUID,
    *,
    start: timedelta = timedelta(),
    life: timedelta = timedelta(days=14),
) -> str:
    now = datetime.now(UTC) + start
    made = profile.make_device_leaf(signer, machine.key.public_key(), organization_id, machine.id, now, life)
    return profile.pem(made, signer.certificate)


def leaf_for(machine: Machine, signer: Signer, organization_id: UUID, purpose: x509.ObjectIdentifier) -> str:
    uri = f"spiffe://{signer.trust_domain}/organization/{organization_id}/device/{machine.id}"
    made = profile.make_leaf(
        signer,
        machine.key.public_key(),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(machine.id))]),
        [x509.UniformResourceIdentifier(uri)],
        purpose,
        datetime.now(UTC),
        timedelta(days=14),
    )
    return profile.pem(made, signer.certificate)


async def refused_by_tls(machine: Machine, context: ssl.SSLContext) -> None:
    with pytest.raises(REFUSED) as caught:
        async with machine.raw(context) as opened:
            await opened.recv()
    # A close code would mean that the socket was opened first.
    assert not (isinstance(caught.value, ConnectionClosed) and caught.value.rcvd)


async def code_of(machine: Machine, chain: str) -> int:
    async with machine.raw(machine.tls(chain)) as opened:
        return await Link(opened).closed()


async def test_without_a_certificate(enrol: Enrol) -> None:
    machine = await enrol()
    await refused_by_tls(machine, machine.tls(shows=False))


async def test_of_another_authority(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    key = profile.make_key()
    root = profile.make_root(key, authority.trust_domain, datetime.now(UTC))
    await refused_by_tls(machine, machine.tls(leaf(machine, Signer(root, key, authority.trust_domain), world.lantern)))


async def test_of_the_sister_authority(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    await refused_by_tls(machine, machine.tls(leaf(machine, authority.gateways[0], world.lantern)))


async def test_expired(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    chain = leaf(machine, authority.devices[0], world.lantern, start=timedelta(days=-20))
    await refused_by_tls(machine, machine.tls(chain))


async def test_not_yet_valid(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    chain = leaf(machine, authority.devices[0], world.lantern, start=timedelta(days=1))
    await refused_by_tls(machine, machine.tls(chain))


async def test_a_clock_five_minutes_slow_is_forgiven(enrol: Enrol) -> None:
    machine = await enrol()
    assert machine.leaf.not_valid_before_utc <= datetime.now(UTC) - timedelta(minutes=4)


async def test_for_servers_only(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    chain = leaf_for(machine, authority.devices[0], world.lantern, ExtendedKeyUsageOID.SERVER_AUTH)
    await refused_by_tls(machine, machine.tls(chain))


async def test_for_anything(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    chain = leaf_for(machine, authority.devices[0], world.lantern, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    await refused_by_tls(machine, machine.tls(chain))


async def test_of_another_tenant(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    chain = leaf(machine, authority.devices[0], world.rival)
    assert await code_of(machine, chain) == CloseCode.UNKNOWN_DEVICE


async def test_of_another_installation(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    signer = authority.devices[0]
    elsewhere = Signer(signer.certificate, signer.key, "elsewhere.gamekeeper.internal")
    assert await code_of(machine, leaf(machine, elsewhere, world.lantern)) == CloseCode.UNKNOWN_DEVICE


async def test_a_serial_that_was_never_given(enrol: Enrol, world: World, authority: Authority) -> None:
    machine = await enrol()
    assert await code_of(machine, leaf(machine, authority.devices[0], world.lantern)) == CloseCode.UNKNOWN_DEVICE


async def test_revoked(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    await client.put(f"/api/v1/devices/{machine.id}/revocation")
    assert await code_of(machine, machine.chain) == CloseCode.REVOKED


async def test_a_deleted_device(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await client.delete(f"/api/v1/devices/{machine.id}")
        assert await link.closed() == CloseCode.REVOKED
    assert await code_of(machine, machine.chain) == CloseCode.UNKNOWN_DEVICE


async def test_revoked_while_connected(enrol: Enrol, client: httpx.AsyncClient, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        # By the hint alone: the flush that would find it too is put off.
        gateway.upkeep.flushed_at = asyncio.get_running_loop().time()
        await client.put(f"/api/v1/devices/{machine.id}/revocation")
        assert await link.closed() == CloseCode.REVOKED
    read = (await client.get(f"/api/v1/devices/{machine.id}")).json()
    assert read["status"] == "revoked"


async def test_a_lost_hint_only_delays_the_revocation(enrol: Enrol, gateway: Gateway, world: World) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        async with world.context() as ctx:
            raw = await ctx.raw()
            await raw.execute("UPDATE devices SET revoked_at = now() WHERE id = $1", machine.id)
        await gateway.upkeep.flush()
        assert await link.closed() == CloseCode.REVOKED


def _handshake(
    machine: Machine, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[bool, ssl.SSLSession | None]:
    with (
        socket.create_connection(("127.0.0.1", machine.gateway_port), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=SERVER_NAME, session=session) as tls,
    ):
        tls.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        while tls.recv(4096):
            pass
        return bool(tls.session_reused), tls.session


async def test_nothing_is_resumed(enrol: Enrol) -> None:
    machine = await enrol()
    context = machine.tls()
    reused, session = await asyncio.to_thread(_handshake, machine, context, None)
    assert not reused
    assert session is None or not session.has_ticket
    reused, _ = await asyncio.to_thread(_handshake, machine, context, session)
    assert not reused


async def test_older_tls_is_refused(enrol: Enrol) -> None:
    machine = await enrol()
    context = machine.tls()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    await refused_by_tls(machine, context)


async def test_headers_of_a_proxy_say_nothing(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine, other = await enrol(), await enrol()
    await client.put(f"/api/v1/devices/{machine.id}/revocation")
    async with connect(
        f"wss://127.0.0.1:{machine.gateway_port}/agent",
        ssl=machine.tls(),
        server_hostname=SERVER_NAME,
        proxy=None,
        additional_headers={"Client-Cert": other.chain.replace("\n", ""), "X-Forwarded-For": "10.0.0.1"},
    ) as opened:
        assert await Link(opened).closed() == CloseCode.REVOKED


async def test_another_path_is_no_gateway(enrol: Enrol) -> None:
    machine = await enrol()
    with pytest.raises(InvalidStatus) as caught:
        async with machine.raw(path="/ws"):
            pass
    assert caught.value.response.status_code == 404


async def test_the_gateway_shows_its_internal_name(enrol: Enrol) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        der = link.socket.transport.get_extra_info("ssl_object").getpeercert(True)
    names = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert SERVER_NAME in names.get_values_for_type(x509.DNSName)
    usage = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


async def test_a_certificate_is_renewed_during_a_command(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    old = machine.chain
    async with machine.linked() as link:
        url = f"/api/v1/devices/{machine.id}"
        made = (await client.post(f"{url}/actions", json={"action": "restart"}, headers=key())).json()
        request = await link.next(CommandRequest)
        await link.send(CommandAck(command_id=request.command_id), Renew(csr=machine.csr))
        renewed = await link.next(Renewed)
        await link.send(CommandResult(command_id=request.command_id, ok=True, code="ok"))
        await link.answered()
        assert (await client.get(f"{url}/commands/{made['id']}")).json()["state"] == "succeeded"
        async with machine.linked(machine.tls(old)):  # for as long as the new one was not shown: it may be lost
            pass
        machine.chain = renewed.chain
        async with machine.linked():
            pass
    assert await code_of(machine, old) == CloseCode.REVOKED


async def test_a_certificate_that_was_shown_ends_those_before_it(enrol: Enrol) -> None:
    machine = await enrol()
    first = machine.chain
    async with machine.linked() as link:
        await link.send(Renew(csr=machine.csr))
        machine.chain = (await link.next(Renewed)).chain
    async with machine.linked() as link:
        await link.send(Renew(csr=machine.csr))
        await link.next(Renewed)
    assert await code_of(machine, first) == CloseCode.REVOKED
    async with machine.linked():
        pass


async def test_the_socket_ends_with_its_certificate(enrol: Enrol, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        connection = gateway.registry.get(machine.id)
        assert connection is not None
        connection.not_after = datetime.now(UTC)
        assert await link.closed() == CloseCode.CERTIFICATE_EXPIRED


async def test_without_an_authority_the_gateway_does_not_start(cluster: str, settings: Settings) -> None:
    owner = await asyncpg.connect(cluster)
    await owner.execute("CREATE DATABASE without_authority TEMPLATE gamekeeper_template")
    await owner.close()
    url = app_url(renamed(cluster, "without_authority"), ROLES, app_password(MASTER_KEY))
    sock = socket.create_server(("127.0.0.1", 0))
    async with open_runtime(settings, url, MASTER_KEY) as empty:
        with pytest.raises(AuthorityMissing):
            await serve_gateway(empty, [sock], asyncio.Event())
    sock.close()
