"""Becoming a device: tokens, certificates, approval, renewal."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gamekeeper.kernel.housekeeping.jobs import sweep
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority import profile
from gamekeeper.modules.fleet.authority.service import AuthorityMissing, ensure, load, rotate
from gamekeeper.modules.fleet.enrolment import secret
from gamekeeper_wire.agent import Renew
from gamekeeper_wire.server import Refused
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Link, Machine, make_csr
from tests.world import World


async def test_the_leaf_has_our_profile_and_nothing_of_the_request(
    enrol: Enrol, world: World, runtime: Runtime
) -> None:
    machine = await enrol()
    leaf = machine.leaf
    authority = await load(runtime, datetime.now(UTC))
    name = profile.name_of(leaf, authority.trust_domain)
    assert (name.organization_id, name.device_id) == (world.lantern, machine.id)
    assert "whatever" not in leaf.subject.rfc4514_string()
    assert list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert life == timedelta(days=14, minutes=5)
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


async def test_the_chain_is_root_then_a_devices_authority_that_signs_leaves_only(runtime: Runtime) -> None:
    authority = await ensure(runtime, datetime.now(UTC))
    root, devices = authority.root, authority.devices[0].certificate
    devices.verify_directly_issued_by(root)
    assert root.not_valid_after_utc - root.not_valid_before_utc >= timedelta(days=3650)
    assert devices.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert devices.not_valid_after_utc - datetime.now(UTC) <= timedelta(days=731)


async def test_the_token_pins_the_authority(client: httpx.AsyncClient, machine: Machine) -> None:
    token = await machine.claim(client)
    await machine.enrol(client)
    root = x509.load_pem_x509_certificate(machine.ca.encode())
    assert token.endswith(f".{profile.fingerprint(root)}")


async def test_a_token_comes_with_the_address_that_machines_reach(
    client: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ensure(runtime, datetime.now(UTC))
    monkeypatch.setattr(runtime.settings, "public_url", "")
    assert (await client.post("/api/v1/claim-tokens", json={})).json()["server"] is None
    monkeypatch.setattr(runtime.settings, "public_url", "https://play.example.org/")
    assert (await client.post("/api/v1/claim-tokens", json={})).json()["server"] == "https://play.example.org"


async def test_only_the_hash_of_a_token_is_kept(client: httpx.AsyncClient, machine: Machine, world: World) -> None:
    token = await machine.claim(client)
    async with world.context() as ctx:
        raw = await ctx.raw()
        rows = await raw.fetch("SELECT to_jsonb(t)::text AS row FROM claim_tokens t")
    carried = secret.read(secret.CLAIM, token)
    assert carried is not None
    assert any(carried.hash in row["row"] for row in rows)
    assert not any(token[4:40] in row["row"] for row in rows)


async def test_of_many_machines_with_one_token_exactly_one_wins(
    client: httpx.AsyncClient, machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    token = await machine.claim(client)
    rivals = [Machine(tmp_path_factory.mktemp("rival"), 0) for _ in range(6)]
    answers = await asyncio.gather(*(rival.ask(client, token) for rival in rivals))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403, 403, 403]
    assert len((await client.get("/api/v1/devices")).json()["items"]) == 1


async def test_a_machine_that_lost_the_answer_asks_again(client: httpx.AsyncClient, machine: Machine) -> None:
    token = await machine.claim(client)
    first, second = await machine.ask(client, token), await machine.ask(client, token)
    assert first.json()["device_id"] == second.json()["device_id"]
    assert first.json()["certificate"] != second.json()["certificate"]


async def test_a_used_token_does_not_bring_a_revoked_machine_back(client: httpx.AsyncClient, machine: Machine) -> None:
    token = await machine.claim(client)
    machine.take((await machine.ask(client, token)).json())
    await client.put(f"/api/v1/devices/{machine.id}/revocation")
    again = await machine.ask(client, token)
    assert (again.status_code, again.json()["code"]) == (403, "claim_refused")
    assert (await client.get(f"/api/v1/devices/{machine.id}")).json()["status"] == "revoked"


async def test_a_declined_machine_is_not_asked_about_again(client: httpx.AsyncClient, machine: Machine) -> None:
    token = await machine.claim(client, approval="manual")
    assert (await machine.ask(client, token)).status_code == 202
    waiting = (await client.get("/api/v1/devices", params={"approval": "pending"})).json()["items"]
    await client.put(f"/api/v1/devices/{waiting[0]['id']}/approval", json={"approved": False})
    assert (await machine.ask(client, token)).status_code == 403


async def test_who_never_came_back_for_the_answer_is_forgotten(
    client: httpx.AsyncClient, machine: Machine, world: World
) -> None:
    await machine.ask(client, await machine.claim(client, approval="manual"))
    count = "SELECT count(*) FROM enrolment_requests"
    await sweep(world.runtime)
    async with world.context() as ctx:
        raw = await ctx.raw()
        assert await raw.fetchval(count) == 1
        await raw.execute("UPDATE enrolment_requests SET expires_at = now() - interval '1 second'")
    await sweep(world.runtime)
    async with world.context() as ctx:
        assert await (await ctx.raw()).fetchval(count) == 0


async def test_a_socket_about_to_close_renews_nothing(enrol: Enrol, world: World) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        async with world.context() as ctx:
            # The moment between the revocation and the end of the socket.
            await (await ctx.raw()).execute("UPDATE devices SET revoked_at = now() WHERE id = $1", machine.id)
        await link.send(Renew(csr=machine.csr))
        assert (await link.next(Refused)).code == "renewal_refused"


async def test_the_same_answer_for_unknown_used_revoked_and_expired(
    client: httpx.AsyncClient, machine: Machine, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    used, revoked, expired = [await machine.claim(client) for _ in range(3)]
    unknown = secret.make(secret.CLAIM, world.lantern)[0]
    nowhere = secret.make(secret.CLAIM, UUID(int=7))[0]
    await Machine(tmp_path_factory.mktemp("other"), 0).ask(client, used)
    listed = (await client.get("/api/v1/claim-tokens")).json()["items"]
    states = {row["state"] for row in listed}
    assert states == {"used", "open"}
    still_open = [row["id"] for row in listed if row["state"] == "open"]
    assert (await client.delete(f"/api/v1/claim-tokens/{still_open[1]}")).status_code == 204
    async with world.context() as ctx:
        raw = await ctx.raw()
        await raw.execute("UPDATE claim_tokens SET expires_at = now() WHERE id = $1", UUID(still_open[0]))
    answers = [
        await machine.ask(client, token) for token in (used, revoked, expired, unknown, nowhere, "gkc_x", "nonsense")
    ]
    assert {(answer.status_code, answer.json()["code"], answer.json()["detail"]) for answer in answers} == {
        (403, "claim_refused", answers[0].json()["detail"])
    }


async def test_a_used_token_cannot_be_taken_back(client: httpx.AsyncClient, machine: Machine) -> None:
    await machine.enrol(client)
    token_id = (await client.get("/api/v1/claim-tokens")).json()["items"][0]["id"]
    assert (await client.delete(f"/api/v1/claim-tokens/{token_id}")).json()["code"] == "claim_token_used"


async def test_another_tenants_tokens_and_places_do_not_exist(
    client: httpx.AsyncClient, machine: Machine, world: World
) -> None:
    await machine.claim(client)
    token_id = (await client.get("/api/v1/claim-tokens")).json()["items"][0]["id"]
    rex = world.headers(world.rex)
    assert (await client.get("/api/v1/claim-tokens", headers=rex)).json()["items"] == []
    assert (await client.delete(f"/api/v1/claim-tokens/{token_id}", headers=rex)).status_code == 404
    answer = await client.post("/api/v1/claim-tokens", json={"site_id": str(world.annex)})
    assert answer.json()["code"] == "place_unknown"


def _rsa_request() -> str:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([])
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _unproven_request() -> str:
    mine, stolen = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    der = x509.load_pem_x509_csr(make_csr(mine).encode()).public_bytes(Encoding.DER)
    forged = der.replace(_spki(mine), _spki(stolen))
    return x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize("csr", ["nonsense", _rsa_request(), _unproven_request()])
async def test_a_request_must_prove_a_p256_key(client: httpx.AsyncClient, machine: Machine, csr: str) -> None:
    token = await machine.claim(client)
    answer = await machine.ask(client, token, csr=csr)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_malformed")
    # Whoever sends rubbish does not use the token up.
    assert (await machine.ask(client, token)).status_code == 201


async def test_a_machine_waits_for_its_approval(client: httpx.AsyncClient, machine: Machine) -> None:
    waiting = await machine.ask(client, await machine.claim(client, approval="manual"))
    assert waiting.status_code == 202
    poll = {"authorization": f"Bearer {waiting.json()['poll_secret']}"}
    url = waiting.json()["poll_url"]
    assert (await client.get(url, headers=poll)).status_code == 202
    row = (await client.get("/api/v1/devices", params={"approval": "pending"})).json()["items"][0]
    assert (await client.get("/api/v1/devices/counts")).json()["pending"] == 1
    approved = await client.put(f"/api/v1/devices/{row['id']}/approval", json={"approved": True})
    assert approved.json()["approval"] == "approved"
    answer = await client.get(url, headers=poll)
    assert answer.status_code == 200
    machine.take(answer.json())
    assert str(machine.id) == row["id"]
    async with machine.linked() as link:
        assert link.welcome is not None
    again = await client.put(f"/api/v1/devices/{row['id']}/approval", json={"approved": True})
    assert again.json()["code"] == "device_not_pending"


async def test_a_declined_machine_hears_so(client: httpx.AsyncClient, machine: Machine) -> None:
    waiting = (await machine.ask(client, await machine.claim(client, approval="manual"))).json()
    row = (await client.get("/api/v1/devices", params={"approval": "pending"})).json()["items"][0]
    await client.put(f"/api/v1/devices/{row['id']}/approval", json={"approved": False})
    answer = await client.get(waiting["poll_url"], headers={"authorization": f"Bearer {waiting['poll_secret']}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "enrolment_rejected")
    for secret_text in ("", "gkp_x", waiting["poll_secret"][:-2] + "AA"):
        answer = await client.get(waiting["poll_url"], headers={"authorization": f"Bearer {secret_text}"})
        assert answer.json()["code"] == "claim_refused"


async def test_a_revoked_device_enrols_again_with_a_token_of_its_own(client: httpx.AsyncClient, enrol: Enrol) -> None:
    machine = await enrol()
    await client.put(f"/api/v1/devices/{machine.id}/revocation")
    old = machine.chain
    again = await machine.enrol(client, device_id=str(machine.id))
    read = (await client.get(f"/api/v1/devices/{again.id}")).json()
    assert read["revoked_at"] is None
    async with again.linked():
        pass
    async with again.raw(again.tls(old)) as opened:
        assert await Link(opened).closed() == 4003


async def test_an_expired_certificate_is_renewed_by_its_key(
    client: httpx.AsyncClient, enrol: Enrol, runtime: Runtime, world: World
) -> None:
    machine = await enrol()
    stranger = {"authorization": ""}
    other = make_csr(ec.generate_private_key(ec.SECP256R1()))
    body: dict[str, Any] = {"certificate": machine.chain, "csr": machine.csr}
    refused = await client.post("/api/v1/enrolments/renewals", json=body | {"csr": other}, headers=stranger)
    assert refused.json()["code"] == "renewal_refused"

    authority = await load(runtime, datetime.now(UTC))
    long_ago = datetime.now(UTC) - timedelta(days=60)
    expired = authority.issue(machine.key.public_key(), world.lantern, machine.id, long_ago, timedelta(days=14))
    unknown = await client.post(
        "/api/v1/enrolments/renewals", json=body | {"certificate": profile.pem(expired)}, headers=stranger
    )
    assert unknown.json()["code"] == "renewal_refused"
    async with world.context() as ctx:
        raw = await ctx.raw()
        await raw.execute(
            "UPDATE certificates SET serial = $2, not_after = $3 WHERE device_id = $1",
            machine.id,
            profile.serial_of(expired),
            expired.not_valid_after_utc,
        )
    renewed = await client.post(
        "/api/v1/enrolments/renewals", json=body | {"certificate": profile.pem(expired)}, headers=stranger
    )
    assert renewed.status_code == 200, renewed.text
    machine.take(renewed.json())
    async with machine.linked():
        pass


async def test_after_too_long_on_the_shelf_somebody_must_approve(
    client: httpx.AsyncClient, enrol: Enrol, runtime: Runtime, world: World
) -> None:
    machine = await enrol()
    authority = await load(runtime, datetime.now(UTC))
    long_ago = datetime.now(UTC) - timedelta(days=200)
    expired = authority.issue(machine.key.public_key(), world.lantern, machine.id, long_ago, timedelta(days=14))
    async with world.context() as ctx:
        raw = await ctx.raw()
        await raw.execute(
            "UPDATE certificates SET serial = $2 WHERE device_id = $1", machine.id, profile.serial_of(expired)
        )
    body = {"certificate": profile.pem(expired), "csr": machine.csr}
    answer = await client.post("/api/v1/enrolments/renewals", json=body, headers={"authorization": ""})
    assert answer.status_code == 202
    assert (await client.get(f"/api/v1/devices/{machine.id}")).json()["approval"] == "pending"


async def test_a_revoked_device_renews_nothing(client: httpx.AsyncClient, enrol: Enrol) -> None:
    machine = await enrol()
    await client.put(f"/api/v1/devices/{machine.id}/revocation")
    body = {"certificate": machine.chain, "csr": machine.csr}
    answer = await client.post("/api/v1/enrolments/renewals", json=body, headers={"authorization": ""})
    assert answer.json()["code"] == "renewal_refused"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(
        st.sampled_from(["token", "csr", "hostname", "mode", "machine"]),
        st.none() | st.text(max_size=300) | st.integers() | st.dictionaries(st.text(max_size=20), st.text(max_size=20)),
    )
)
async def test_no_rubbish_breaks_the_door(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    for path in ("/api/v1/enrolments", "/api/v1/enrolments/renewals"):
        answer = await client.post(path, json=body, headers={"authorization": ""})
        assert 400 <= answer.status_code < 500
        assert answer.json()["code"]


async def test_strangers_are_limited_by_address(client: httpx.AsyncClient) -> None:
    body = {"token": "gkc_x", "csr": "x"}
    for _ in range(1000):
        answer = await client.post("/api/v1/enrolments", json=body, headers={"authorization": ""})
        if answer.status_code == 429:
            return
        assert answer.status_code == 403
    pytest.fail("nobody was stopped")


async def test_there_is_one_root_however_many_start_at_once(runtime: Runtime) -> None:
    found = await asyncio.gather(*(ensure(runtime, datetime.now(UTC)) for _ in range(5)))
    assert len({authority.fingerprint for authority in found}) == 1


async def test_rotation_keeps_what_was_signed_before(runtime: Runtime, enrol: Enrol) -> None:
    before = await enrol()
    authority = await rotate(runtime, datetime.now(UTC))
    after = await enrol()
    assert before.leaf.issuer != after.leaf.issuer
    assert authority.is_ours(before.leaf)
    assert authority.is_ours(after.leaf)
    async with before.linked():
        pass
    async with after.linked():
        pass


async def test_without_an_authority_nothing_is_loaded(runtime: Runtime) -> None:
    with pytest.raises(AuthorityMissing):
        await load(runtime, datetime.now(UTC) + timedelta(days=40 * 365))
