"""API tokens at the door: what they may do, from where, how long, and for whom."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.membership.models import ApiToken
from gamekeeper.kernel.membership.tokens.text import PREFIX, new_text, organization_of
from tests.people import People, Person, events, make_organization, make_person


async def made(people: People, person: Person, *permissions: str, **other: Any) -> dict[str, Any]:
    async with people.browser(person) as browser:
        body = {"name": "Script", "permissions": permissions or ["kernel.site.read"], **other}
        answer = await browser.post("/api/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def script(people: People, token: dict[str, Any], address: str | None = None) -> httpx.AsyncClient:
    browser = people.browser(address=address)
    browser.headers["authorization"] = f"Bearer {token['token']}"
    return browser


def test_a_token_names_its_organization() -> None:
    organization_id = new_id()
    text = new_text(PREFIX, organization_id)
    assert organization_of(text) == organization_id
    assert len(text) == 68


@given(st.text(max_size=100))
def test_other_texts_name_none(text: str) -> None:
    assert organization_of(PREFIX + text) is None or len(text) == 64


async def test_a_token_does_what_it_is_for_and_nothing_else(people: People) -> None:
    token = await made(people, people.ada, "kernel.site.read")
    assert token["token"].startswith("gkt_")
    assert token["token"].endswith(token["hint"])
    async with script(people, token) as program:
        assert (await program.get("/api/v1/sites")).status_code == 200
        assert (await program.post("/api/v1/sites", json={"name": "X", "time_zone": "UTC"})).status_code == 403
        assert (await program.get("/api/v1/users")).status_code == 403
        me = (await program.get("/api/v1/me")).json()
        assert me["actor"] == {"kind": "api_token", "id": token["id"], "label": "Script (Ada)"}
        assert (me["permissions"], me["user"]) == (["kernel.site.read"], None)
        elsewhere = {"gamekeeper-organization": str(uuid4())}
        assert (await program.get("/api/v1/sites", headers=elsewhere)).json()["code"] == "no_organization"
    async with people.browser(people.ada) as ada:
        listed = (await ada.get("/api/v1/tokens")).json()["items"][0]
        assert "token" not in listed
        assert listed["last_used_at"] is not None
        assert listed["last_used_ip"] == people.address


async def test_a_token_is_no_person(people: People) -> None:
    token = await made(people, people.ada, "kernel.token.create", "kernel.site.read")
    async with script(people, token) as program:
        body = {"name": "Child", "permissions": ["kernel.site.read"]}
        for answer in (
            await program.post("/api/v1/tokens", json=body),
            await program.get("/api/v1/me/sessions"),
            await program.put("/api/v1/me/password", json={"current": "x", "new": "y"}),
            await program.put("/api/v1/me", json={"name": "x"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "only_for_people")


async def test_it_never_permits_more_than_its_maker_has_at_this_moment(people: People) -> None:
    bea = await people.person("Bea", "manager")
    async with people.browser(bea) as browser:
        body = {"name": "More", "permissions": ["kernel.member.remove"]}
        more = await browser.post("/api/v1/tokens", json=body)
        assert (more.status_code, more.json()["code"]) == (403, "more_than_own")
    token = await made(people, bea, "kernel.member.invite", "kernel.site.read")
    async with script(people, token) as program, people.browser(people.ada) as ada:
        assert (await program.get("/api/v1/invitations")).status_code == 200
        await ada.put(f"/api/v1/users/{bea.id}", json={"roles": ["viewer"]})
        assert (await program.get("/api/v1/invitations")).status_code == 403
        assert (await program.get("/api/v1/sites")).status_code == 200
        await ada.delete(f"/api/v1/users/{bea.id}")
        gone = await program.get("/api/v1/sites")
        assert (gone.status_code, gone.json()["code"]) == (401, "api_token_invalid")


async def test_only_from_the_networks_that_it_names(people: People) -> None:
    token = await made(people, people.ada, networks=["192.0.2.0/24", "2001:db8::1", "198.51.100.9/16"])
    assert token["networks"] == ["192.0.2.0/24", "2001:db8::1/128", "198.51.0.0/16"]
    for address, status in (
        ("192.0.2.77", 200),
        ("::ffff:192.0.2.77", 200),
        ("198.51.7.7", 200),
        ("2001:db8::1", 200),
        ("2001:db8::2", 403),
        ("192.0.3.1", 403),
    ):
        async with script(people, token, address) as program:
            answer = await program.get("/api/v1/sites")
            assert answer.status_code == status, address
    assert answer.json()["code"] == "address_not_allowed"


async def test_until_its_time(people: People) -> None:
    token = await made(people, people.ada, expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    async with script(people, token) as program:
        assert (await program.get("/api/v1/sites")).status_code == 200
        async with people.runtime.as_system(people.lantern) as ctx:
            earlier = ApiToken.expires_at - timedelta(hours=2)
            await ctx.session.execute(
                update(ApiToken).values(expires_at=earlier).execution_options(synchronize_session=False)
            )
            ctx.poke("access")
        over = await program.get("/api/v1/sites")
    assert (over.status_code, over.json()["code"]) == (401, "api_token_expired")


async def test_revoking_is_felt_at_once(people: People) -> None:
    bea = await people.person("Bea", "manager")
    mine, hers = await made(people, people.ada), await made(people, bea)
    async with people.browser(people.ada) as ada, people.browser(bea) as browser, script(people, hers) as program:
        assert [one["id"] for one in (await browser.get("/api/v1/tokens")).json()["items"]] == [hers["id"]]
        assert {one["id"] for one in (await ada.get("/api/v1/tokens")).json()["items"]} == {mine["id"], hers["id"]}
        assert (await browser.delete(f"/api/v1/tokens/{mine['id']}")).status_code == 404
        assert (await program.get("/api/v1/sites")).status_code == 200
        assert (await ada.delete(f"/api/v1/tokens/{hers['id']}")).status_code == 204
        assert (await program.get("/api/v1/sites")).json()["code"] == "api_token_invalid"
    async with people.runtime.as_system(None) as ctx:
        kinds = [row["type"] for row in await events(ctx, people.lantern, "token:created", "token:revoked")]
    assert kinds == ["token:created", "token:created", "token:revoked"]


async def test_what_is_checked(people: People) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    faults: tuple[tuple[dict[str, Any], str], ...] = (
        ({"permissions": []}, "invalid"),
        ({"permissions": ["kernel.secrets.read"]}, "unknown_permission"),
        ({"networks": ["everywhere"]}, "network_invalid"),
        ({"expires_at": past}, "token_over"),
        ({"name": ""}, "invalid"),
    )
    async with people.browser(people.ada) as ada:
        for other, code in faults:
            body = {"name": "Script", "permissions": ["kernel.site.read"], **other}
            answer = await ada.post("/api/v1/tokens", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_text_of_another_organization_opens_nothing(people: People) -> None:
    rival = await make_organization(people.runtime, "Rival")
    await make_person(people.runtime, "Rex", ("owner",), rival)
    token = await made(people, people.ada)
    secret = new_text(PREFIX, rival)
    async with people.browser() as program:
        for text in (secret, secret[:26] + token["token"][26:]):
            answer = await program.get("/api/v1/sites", headers={"authorization": f"Bearer {text}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "api_token_invalid")
