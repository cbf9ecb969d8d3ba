"""Invitations are worth what their maker may promise at the moment when somebody accepts."""

import secrets
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from gamekeeper.kernel.membership.invitations import service
from gamekeeper.kernel.membership.models import Invitation
from tests.people import PASSWORD, People, Person
from tests.world import key

INVITE = "/api/v1/invitations"


def account(token: str) -> dict[str, str]:
    return {"token": token, "name": "Back", "password": PASSWORD}


async def script(people: People, owner: Person) -> httpx.AsyncClient:
    """A program with a token that may do everything that its owner may."""
    permissions = sorted((await people.as_caller(owner)).access.permissions)
    async with people.browser(owner) as browser:
        answer = await browser.post("/api/v1/tokens", json={"name": "Script", "permissions": permissions})
    program = people.browser()
    program.headers["authorization"] = f"Bearer {answer.json()['token']}"
    return program


async def invited(browser: httpx.AsyncClient, role: str = "manager") -> tuple[str, str]:
    """(id, token) of an invitation for somebody without an account."""
    sent = await browser.post(
        INVITE, json={"email": f"back.{secrets.token_hex(6)}@example.com", "roles": [role]}, headers=key()
    )
    assert sent.status_code == 201, sent.text
    return sent.json()["id"], sent.json()["link"].partition("#")[2]


async def refused(people: People, token: str) -> None:
    async with people.browser() as page:
        for path in ("offer", "account"):
            answer = await page.post(f"{INVITE}/{path}", json=account(token))
            assert (answer.status_code, answer.json()["code"]) == (410, "invitation_over")


async def test_what_a_token_promised_ends_with_its_person(people: People) -> None:
    mia = await people.person("Mia", "manager")
    async with await script(people, mia) as program, people.browser(people.ada) as ada:
        _, token = await invited(program)
        assert (await ada.delete(f"/api/v1/users/{mia.id}")).status_code == 204
        assert [one["state"] for one in (await ada.get(INVITE)).json()["items"]] == ["revoked"]
        [letter] = (await ada.get("/api/v1/mails")).json()["items"]
        again = await ada.put(f"/api/v1/mails/{letter['id']}/delivery", headers=key())
        assert (again.status_code, again.json()["code"]) == (409, "mail_not_sendable")
    await refused(people, token)


async def test_a_token_answers_with_its_persons_name(people: People) -> None:
    mia = await people.person("Mia", "manager")
    async with await script(people, mia) as program:
        invitation, _ = await invited(program)
    async with people.runtime.as_system(people.lantern) as ctx:
        row = await ctx.session.scalar(select(Invitation).where(Invitation.id == UUID(invitation)))
    assert row is not None
    assert row.invited_by == mia.id


@pytest.mark.parametrize("by_token", [False, True])
async def test_a_demoted_person_makes_nobody_what_they_are_not(people: People, *, by_token: bool) -> None:
    mia = await people.person("Mia", "manager")
    async with await script(people, mia) as program, people.browser(mia) as browser:
        _, token = await invited(program if by_token else browser)
    async with people.browser(people.ada) as ada:
        assert (await ada.put(f"/api/v1/users/{mia.id}", json={"roles": ["viewer"]})).status_code == 200
    await refused(people, token)


async def test_a_person_who_may_still_invite_promises_no_more_than_they_have(people: People) -> None:
    mia = await people.person("Mia", "admin")
    async with people.browser(mia) as browser:
        _, token = await invited(browser, "admin")
    async with people.browser(people.ada) as ada:
        assert (await ada.put(f"/api/v1/users/{mia.id}", json={"roles": ["manager"]})).status_code == 200
    await refused(people, token)


async def test_a_person_who_is_limited_to_a_site_invites_nobody_everywhere(people: People) -> None:
    mia = await people.person("Mia", "manager")
    async with people.browser(mia) as browser:
        _, token = await invited(browser, "viewer")
    async with people.browser(people.ada) as ada:
        site = (await ada.post("/api/v1/sites", json={"name": "Branch", "time_zone": "UTC"})).json()["id"]
        body = {"roles": ["manager"], "sites": [site]}
        assert (await ada.put(f"/api/v1/users/{mia.id}", json=body)).status_code == 200
    await refused(people, token)


async def test_who_sends_it_again_answers_for_it(people: People) -> None:
    mia = await people.person("Mia", "manager")
    async with people.browser(mia) as browser:
        invitation, _ = await invited(browser)
    async with people.runtime.as_system(people.lantern) as ctx:
        earlier = update(Invitation).values(sent_at=Invitation.sent_at - 2 * service.PAUSE)
        await ctx.session.execute(earlier.execution_options(synchronize_session=False))
    async with people.browser(people.ada) as ada, people.browser() as page:
        again = await ada.put(f"{INVITE}/{invitation}/delivery", headers=key())
        assert again.json()["invited_by"] == "Ada"
        assert (await ada.delete(f"/api/v1/users/{mia.id}")).status_code == 204
        token = again.json()["link"].partition("#")[2]
        joined = await page.post(f"{INVITE}/account", json=account(token))
    assert joined.status_code == 201, joined.text
