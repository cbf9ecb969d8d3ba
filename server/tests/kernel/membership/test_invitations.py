"""Invitations at the door: sent, accepted once, revoked, over."""

import asyncio
import json
import secrets
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from gamekeeper.kernel.membership.invitations import service
from gamekeeper.kernel.membership.models import Invitation, Member
from gamekeeper.kernel.notifications.models import Mail
from gamekeeper.kernel.secrets import open_secret
from tests.people import PASSWORD, People, events, make_organization, make_person
from tests.world import key


async def invited(browser: httpx.AsyncClient, email: str, *roles: str) -> tuple[str, str]:
    """(id, token) of a new invitation."""
    sent = await browser.post("/api/v1/invitations", json={"email": email, "roles": roles or ["staff"]}, headers=key())
    assert sent.status_code == 201, sent.text
    link: str = sent.json()["link"]
    assert link.startswith("http://127.0.0.1:8470/invitation#gki_")
    return sent.json()["id"], link.partition("#")[2]


async def shift(people: People, column: InstrumentedAttribute[datetime], by: timedelta) -> None:
    """Let time pass for all of Lantern's invitations."""
    async with people.runtime.as_system(people.lantern) as ctx:
        statement = update(Invitation).values({column.key: column + by})
        await ctx.session.execute(statement.execution_options(synchronize_session=False))


def new_email() -> str:
    return f"new.{secrets.token_hex(6)}@example.com"


def account(token: str) -> dict[str, str]:
    return {"token": token, "name": "Nia", "password": PASSWORD}


async def test_a_new_person_joins_and_is_signed_in(people: People) -> None:
    email = new_email()
    async with people.browser(people.ada) as ada, people.browser() as page:
        _, token = await invited(ada, email.upper(), "staff", "moderator")
        offer = (await page.post("/api/v1/invitations/offer", json={"token": token})).json()
        assert (offer["organization"], offer["email"], offer["invited_by"]) == ("Lantern", email, "Ada")
        assert not offer["has_account"]
        weak = await page.post("/api/v1/invitations/account", json={**account(token), "password": "password123"})
        assert weak.json()["code"] == "weak_password"
        joined = await page.post("/api/v1/invitations/account", json=account(token))
        assert joined.status_code == 201
        headers = {"authorization": f"Bearer {joined.json()['signed_in']['access_token']}"}
        me = (await page.get("/api/v1/me", headers=headers)).json()
        assert (me["user"]["email"], me["organizations"][0]["roles"]) == (email, ["moderator", "staff"])
        assert (await page.post("/api/v1/auth/refresh")).status_code == 200
        listed = (await ada.get("/api/v1/invitations")).json()["items"]
        assert [one["state"] for one in listed] == ["accepted"]
    async with people.runtime.as_system(None) as ctx:
        accepted = await events(ctx, people.lantern, "invitation:accepted")
    assert accepted[0]["subject_label"] == email


async def test_somebody_with_an_account_signs_in_and_accepts(people: People) -> None:
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("owner",), rival)
    zoe = await people.person("Zoe")
    async with people.browser(people.ada) as ada, people.browser(rex) as browser, people.browser(zoe) as other:
        _, token = await invited(ada, rex.email, "viewer")
        assert (await browser.post("/api/v1/invitations/offer", json={"token": token})).json()["has_account"]
        taken = await browser.post("/api/v1/invitations/account", json=account(token))
        assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
        wrong = await other.post("/api/v1/invitations/acceptance", json={"token": token})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "invitation_for_other")
        async with people.browser() as stranger:
            nobody = await stranger.post("/api/v1/invitations/acceptance", json={"token": token})
            assert nobody.status_code == 401
        joined = await browser.post("/api/v1/invitations/acceptance", json={"token": token})
        assert joined.json() == {"organization_id": str(people.lantern), "organization": "Lantern"}
        places = (await browser.get("/api/v1/me")).json()["organizations"]
        assert [(place["name"], place["roles"]) for place in places] == [("Rival", ["owner"]), ("Lantern", ["viewer"])]
        here = {"gamekeeper-organization": str(people.lantern)}
        assert (await browser.get("/api/v1/organization", headers=here)).json()["name"] == "Lantern"
        assert (await browser.get("/api/v1/invitations", headers=here)).status_code == 403, "a viewer here, owner there"


async def test_of_many_at_the_same_moment_one_joins(people: People) -> None:
    zoe = await people.person("Zoe")
    async with people.browser(people.ada) as ada, people.browser(zoe) as browser:
        _, token = await invited(ada, zoe.email)
        tries = [browser.post("/api/v1/invitations/acceptance", json={"token": token}) for _ in range(5)]
        codes = sorted(answer.status_code for answer in await asyncio.gather(*tries))
        assert codes == [200, 410, 410, 410, 410]
        _, token = await invited(ada, new_email())
        tries = [browser.post("/api/v1/invitations/account", json=account(token)) for _ in range(3)]
        codes = sorted(answer.status_code for answer in await asyncio.gather(*tries))
        assert codes[0] == 201
        assert set(codes[1:]) <= {409, 410}
    async with people.runtime.as_system(people.lantern) as ctx:
        assert await ctx.session.scalar(select(func.count()).select_from(Member)) == 3


async def test_sending_again_ends_the_old_link(people: People) -> None:
    async with people.browser(people.ada) as ada, people.browser() as page:
        invitation, old = await invited(ada, new_email())
        early = await ada.put(f"/api/v1/invitations/{invitation}/delivery", headers=key())
        assert (early.status_code, early.json()["code"]) == (429, "too_many_invitations")
        assert int(early.headers["retry-after"]) <= 61
        await shift(people, Invitation.sent_at, timedelta(minutes=-2))
        again = await ada.put(f"/api/v1/invitations/{invitation}/delivery", headers=key())
        new = again.json()["link"].partition("#")[2]
        gone = await page.post("/api/v1/invitations/offer", json={"token": old})
        assert (gone.status_code, gone.json()["code"]) == (410, "invitation_over")
        assert (await page.post("/api/v1/invitations/account", json=account(new))).status_code == 201
        late = await ada.put(f"/api/v1/invitations/{invitation}/delivery", headers=key())
        assert (late.status_code, late.json()["code"]) == (410, "invitation_over")


async def test_revoked_expired_and_invented_ones_are_over(people: People) -> None:
    async with people.browser(people.ada) as ada, people.browser() as page:
        invitation, revoked = await invited(ada, new_email())
        assert (await ada.delete(f"/api/v1/invitations/{invitation}")).status_code == 204
        assert (await ada.delete(f"/api/v1/invitations/{invitation}")).status_code == 410
        email = new_email()
        _, expired = await invited(ada, email)
        open_ = await ada.post("/api/v1/invitations", json={"email": email, "roles": ["staff"]}, headers=key())
        assert (open_.status_code, open_.json()["code"]) == (409, "invitation_open")
        await shift(people, Invitation.expires_at, timedelta(days=-8))
        assert (await ada.get("/api/v1/invitations")).json()["items"][0]["state"] == "expired"
        for token in (revoked, expired, expired[:-4] + "AAAA", "gki_", "", "gki_" + "A" * 64, "\N{SNOWMAN}"):
            for path in ("offer", "account"):
                answer = await page.post(f"/api/v1/invitations/{path}", json=account(token))
                assert (answer.status_code, answer.json()["code"]) == (410, "invitation_over")
        await invited(ada, email)  # an expired one makes room


async def test_a_member_is_not_invited(people: People) -> None:
    async with people.browser(people.ada) as ada:
        body = {"email": people.ada.email.upper(), "roles": ["staff"]}
        answer = await ada.post("/api/v1/invitations", json=body, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (409, "member_exists")


async def test_what_somebody_promised_ends_with_them(people: People) -> None:
    manager = await people.person("Man", "manager")
    async with people.browser(people.ada) as ada, people.browser(manager) as browser, people.browser() as page:
        _, token = await invited(browser, new_email())
        await ada.delete(f"/api/v1/users/{manager.id}")
        assert (await page.post("/api/v1/invitations/account", json=account(token))).status_code == 410


async def test_an_offer_for_a_site_that_is_gone_does_not_become_an_offer_for_all(people: People) -> None:
    zoe = await people.person("Zoe")
    async with people.browser(people.ada) as ada, people.browser(zoe) as browser:
        site = (await ada.post("/api/v1/sites", json={"name": "Annex", "time_zone": "UTC"})).json()["id"]
        body = {"email": zoe.email, "roles": ["manager"], "sites": [site]}
        link = (await ada.post("/api/v1/invitations", json=body, headers=key())).json()["link"]
        await ada.delete(f"/api/v1/sites/{site}")
        token = link.partition("#")[2]
        assert (await browser.post("/api/v1/invitations/acceptance", json={"token": token})).status_code == 200
        me = (await browser.get("/api/v1/me")).json()
        assert me["permissions"] == []
        assert not any(me["grants"].values())


async def test_other_organizations_invitations_do_not_exist_here(people: People) -> None:
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("owner",), rival)
    async with people.browser(people.ada) as ada, people.browser(rex) as browser:
        invitation, _ = await invited(ada, new_email())
        for one in (invitation, uuid4()):
            assert (await browser.delete(f"/api/v1/invitations/{one}")).status_code == 404
            assert (await browser.put(f"/api/v1/invitations/{one}/delivery", headers=key())).status_code == 404
        assert (await browser.get("/api/v1/invitations")).json()["items"] == []


async def test_with_a_mail_server_the_link_is_mailed_and_nothing_of_it_is_stored_in_plain_text(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = people.runtime.settings
    email = new_email()
    async with people.browser(people.ada) as ada:
        without = await ada.post("/api/v1/invitations", json={"email": new_email(), "roles": ["staff"]}, headers=key())
        assert not without.json()["mailed"]  # but written, so that it is seen among the mails and can be sent later
        configured = settings.model_copy(update={"smtp_url": SecretStr("smtp://mail.example")})
        monkeypatch.setattr(people.runtime, "settings", configured)
        sent = (await ada.post("/api/v1/invitations", json={"email": email, "roles": ["staff"]}, headers=key())).json()
        assert sent["mailed"]
    async with people.runtime.as_system(people.lantern) as ctx:
        (row,) = await ctx.scalars(select(Mail).where(Mail.recipient == email))
        assert (row.recipient, row.subject) == (email, "Invitation to Lantern")
        text, html = json.loads(await open_secret(ctx, row.body_id, "mail"))
        assert sent["link"] in text
        assert html is None
        stored = await (await ctx.raw()).fetchval("SELECT string_agg(m::text, '') FROM mails m")
    assert sent["link"] not in stored


async def test_a_letter_whose_link_is_void_can_be_sent_no_more(people: People) -> None:
    async def unsent() -> list[bool]:
        async with people.runtime.as_system(people.lantern) as ctx:
            return [row.can_be_sent_again(ctx.now) for row in await ctx.scalars(select(Mail).order_by(Mail.id))]

    async with people.browser(people.ada) as ada:
        invitation, _ = await invited(ada, new_email())
        async with people.runtime.as_system(people.lantern) as ctx:
            await ctx.session.execute(update(Mail).values(status="not_configured"))
        [listed] = (await ada.get("/api/v1/invitations")).json()["items"]
        assert (listed["mail"], await unsent()) == ("not_configured", [True])
        await shift(people, Invitation.sent_at, timedelta(minutes=-2))
        again = await ada.put(f"/api/v1/invitations/{invitation}/delivery", headers=key())
        assert again.json()["mail_id"] != listed["mail_id"]
        async with people.runtime.as_system(people.lantern) as ctx:
            await ctx.session.execute(update(Mail).values(status="failed"))
        assert await unsent() == [False, True]
        assert (await ada.delete(f"/api/v1/invitations/{invitation}")).is_success
        assert await unsent() == [False, False]


async def test_an_organization_does_not_become_a_source_of_spam(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_A_DAY", 2)
    async with people.browser(people.ada) as ada:
        for _ in range(2):
            await invited(ada, new_email())
        more = await ada.post("/api/v1/invitations", json={"email": new_email(), "roles": ["staff"]}, headers=key())
        assert (more.status_code, more.json()["code"]) == (429, "too_many_invitations")
        await shift(people, Invitation.sent_at, timedelta(days=-1))
        await invited(ada, new_email())


async def test_an_invitation_that_is_asked_for_twice_is_sent_once(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = people.runtime.settings.model_copy(update={"smtp_url": SecretStr("smtp://mail.example")})
    monkeypatch.setattr(people.runtime, "settings", configured)
    body, same = {"email": new_email(), "roles": ["staff"]}, key()
    async with people.browser(people.ada) as ada:
        first, again = [await ada.post("/api/v1/invitations", json=body, headers=same) for _ in range(2)]
        assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
        await shift(people, Invitation.sent_at, timedelta(minutes=-2))
        path, same = f"/api/v1/invitations/{first.json()['id']}/delivery", key()
        sent, resent = [await ada.put(path, headers=same) for _ in range(2)]
        assert (sent.status_code, resent.json()) == (200, sent.json())
        for missing in (await ada.post("/api/v1/invitations", json=body), await ada.put(path)):
            assert (missing.status_code, missing.json()["code"]) == (422, "idempotency_key_missing")
    async with people.runtime.as_system(people.lantern) as ctx:
        assert await ctx.session.scalar(select(func.count()).select_from(Mail)) == 2
        stored = await (await ctx.raw()).fetchval(
            "SELECT string_agg(coalesce(encode(answer, 'escape'), ''), ' ') FROM idempotency_keys"
        )
    assert stored
    assert "gki_" not in stored, "the link is shown once and kept nowhere that a dump could tell"
