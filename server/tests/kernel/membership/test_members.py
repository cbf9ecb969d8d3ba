"""Members at the door, and the rules about who may change whom."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.people import PASSWORD, People, Person, events, make_organization, make_person
from tests.world import key


async def roles_of(people: People, person: Person) -> list[str]:
    async with people.browser(people.ada) as browser:
        return (await browser.get(f"/api/v1/users/{person.id}")).json()["roles"]


async def test_the_list_has_names_pages_and_filters(people: People) -> None:
    for name in ("Bea", "Cy", "Dan"):
        await people.person(name, "staff")
    async with people.browser(people.ada) as browser:
        first = (await browser.get("/api/v1/users?limit=3")).json()
        second = (await browser.get("/api/v1/users", params={"limit": 3, "after": first["next"]})).json()
        assert [user["name"] for user in first["items"] + second["items"]] == ["Ada", "Bea", "Cy", "Dan"]
        assert second["next"] is None
        found = (await browser.get("/api/v1/users?q=CY")).json()["items"]
        assert [user["name"] for user in found] == ["Cy"]  # letters that no address of theirs, in hex, has
        owners = (await browser.get("/api/v1/users?role=owner")).json()["items"]
        assert [(user["name"], user["sites"], user["mfa_enabled"]) for user in owners] == [("Ada", None, False)]
        for after in ("nonsense", "WzFd", "W10", "bnVsbA"):
            answer = await browser.get("/api/v1/users", params={"after": after})
            assert (answer.status_code, answer.json()["code"]) == (422, "malformed_cursor")
        assert (await browser.get("/api/v1/users", params={"q": "a\x00"})).status_code == 422


async def test_an_admin_makes_an_account(people: People) -> None:
    async with people.browser(people.ada) as browser, people.browser() as new:
        email = f"eve.{people.ada.id.hex}@Example.com"
        body = {"email": email, "name": "Eve", "password": "brass kite over moss", "roles": ["staff"]}
        made = await browser.post("/api/v1/users", json=body)
        assert made.status_code == 201
        assert made.json()["email"] == email.lower()
        login = {"email": email, "password": "brass kite over moss"}
        assert (await new.post("/api/v1/auth/login", json=login)).status_code == 200
        again = await browser.post("/api/v1/users", json=body)
        assert (again.status_code, again.json()["code"]) == (409, "email_taken")
        faults: tuple[tuple[dict[str, Any], str], ...] = (
            ({"password": "password123"}, "weak_password"),
            ({"roles": ["emperor"]}, "unknown_role"),
            ({"roles": [str(uuid4())]}, "unknown_role"),
            ({"roles": []}, "invalid"),
            ({"sites": [str(uuid4())]}, "unknown_site"),
            ({"roles": ["owner"], "sites": []}, "owner_limited"),
        )
        for other, code in faults:
            answer = await browser.post("/api/v1/users", json={**body, "email": "new." + email, **other})
            assert (answer.status_code, answer.json()["code"]) == (422, code)
    async with people.runtime.as_system(None) as ctx:
        assert len(await events(ctx, people.lantern, "user:created")) == 1


async def test_nobody_gives_more_than_they_have(people: People) -> None:
    admin, manager = await people.person("Adm", "admin"), await people.person("Man", "manager")
    cy = await people.person("Cy", "staff")
    async with people.browser(admin) as browser:
        refused = await browser.put(f"/api/v1/users/{cy.id}", json={"roles": ["owner"]})
        assert (refused.status_code, refused.json()["code"]) == (403, "more_than_own")
        assert "kernel.organization.create" in refused.json()["permissions"]
        assert (await browser.put(f"/api/v1/users/{admin.id}", json={"roles": ["owner"]})).status_code == 403
        assert (await browser.put(f"/api/v1/users/{cy.id}", json={"roles": ["admin"]})).status_code == 200
    async with people.browser(manager) as browser:
        body = {"email": "x@example.com", "roles": ["admin"]}
        assert (await browser.post("/api/v1/invitations", json=body, headers=key())).json()["code"] == "more_than_own"
        assert (await browser.put(f"/api/v1/users/{cy.id}", json={"roles": ["staff"]})).json()["code"] == "forbidden"


async def test_nobody_changes_who_may_do_more(people: People) -> None:
    admin = await people.person("Adm", "admin")
    async with people.browser(admin) as browser:
        path = f"/api/v1/users/{people.ada.id}"
        for answer in (
            await browser.put(path, json={"roles": ["viewer"]}),
            await browser.put(path, json={"password": "brass kite over moss"}),
            await browser.put(path, json={"name": "Somebody"}),
            await browser.delete(path),
            await browser.delete(f"{path}/mfa"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "member_outranks")


async def test_the_last_owner_stays(people: People) -> None:
    async with people.browser(people.ada) as browser:
        path = f"/api/v1/users/{people.ada.id}"
        for answer in (await browser.put(path, json={"roles": ["admin"]}), await browser.delete(path)):
            assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
        bea = await people.person("Bea", "owner")
        assert (await browser.put(path, json={"roles": ["admin"]})).status_code == 200
    async with people.browser(bea) as browser:
        assert (await browser.delete(f"/api/v1/users/{bea.id}")).status_code == 409


@pytest.mark.parametrize("how", ["demote themselves", "demote each other", "leave", "remove each other"])
async def test_of_two_owners_at_the_same_moment_one_stays(people: People, how: str) -> None:
    bea = await people.person("Bea", "owner")
    for _ in range(3):
        async with people.browser(people.ada) as one, people.browser(bea) as two:
            self_, other = (people.ada, bea), (bea, people.ada)
            targets = self_ if how in {"demote themselves", "leave"} else other
            requests = [
                browser.put(f"/api/v1/users/{target.id}", json={"roles": ["viewer"]})
                if how.startswith("demote")
                else browser.delete(f"/api/v1/users/{target.id}")
                for browser, target in zip((one, two), targets, strict=True)
            ]
            answers = await asyncio.gather(*requests)
        async with people.runtime.as_system(people.lantern) as ctx:
            owners = await (await ctx.raw()).fetchval("SELECT count(*) FROM member_roles WHERE builtin = 'owner'")
        assert owners >= 1, [answer.text for answer in answers]
        assert all(answer.status_code < 500 for answer in answers)
        if owners == 1:
            return
    pytest.fail("neither of them ever went through")


async def test_leaving_needs_no_permission(people: People) -> None:
    viewer = await people.person("Vic", "viewer")
    async with people.browser(viewer) as browser:
        assert (await browser.delete(f"/api/v1/users/{people.ada.id}")).status_code == 403
        assert (await browser.delete(f"/api/v1/users/{viewer.id}")).status_code == 204
        assert (await browser.get("/api/v1/me")).json()["obstacle"] == "no_organization_yet"


async def test_a_change_is_felt_at_once(people: People) -> None:
    bea = await people.person("Bea", "manager")
    async with people.browser(people.ada) as ada, people.browser(bea) as browser:
        assert (await browser.get("/api/v1/invitations")).status_code == 200
        await ada.put(f"/api/v1/users/{bea.id}", json={"roles": ["viewer"]})
        assert (await browser.get("/api/v1/invitations")).status_code == 403
        await ada.delete(f"/api/v1/users/{bea.id}")
        assert (await browser.get("/api/v1/users")).json()["code"] == "no_organization_yet"
    async with people.runtime.as_system(None) as ctx:
        joined, changed, removed = (
            await events(ctx, people.lantern, "member:joined", "member:changed", "member:removed")
        )[-3:]
    assert joined["data"]["roles"] == ["manager"]
    assert (changed["data"]["before"], changed["data"]["roles"]) == (["manager"], ["viewer"])
    assert (removed["subject_label"], removed["actor_id"]) == ("Bea", people.ada.id)


async def test_somebody_limited_to_a_site_sees_only_that(people: People) -> None:
    async with people.browser(people.ada) as ada:
        hall = (await ada.get("/api/v1/sites")).json()["items"][0]["id"]
        annex = (await ada.post("/api/v1/sites", json={"name": "Annex", "time_zone": "UTC"})).json()["id"]
        bea = await people.person("Bea", "manager")
        changed = await ada.put(f"/api/v1/users/{bea.id}", json={"roles": ["manager"], "sites": [annex]})
        assert changed.json()["sites"] == [annex]
        async with people.browser(bea) as browser:
            assert [site["id"] for site in (await browser.get("/api/v1/sites")).json()["items"]] == [annex]
            assert (await browser.get("/api/v1/users")).status_code == 403, "people are the organization's"
            me = (await browser.get("/api/v1/me")).json()
            assert me["permissions"] == []
            assert me["grants"]["kernel.site.read"] == [annex]
            # When the site goes, they are limited to nothing, and not to everything.
            assert (await ada.delete(f"/api/v1/sites/{annex}")).status_code == 204
            assert (await browser.get("/api/v1/sites")).status_code == 403
        assert (await ada.get(f"/api/v1/users/{bea.id}")).json()["sites"] == []
        assert hall


async def test_resetting_a_forgotten_password(people: People) -> None:
    bea = await people.person("Bea", "staff")
    async with people.browser(people.ada) as ada, people.browser(bea) as browser:
        reset = await ada.put(f"/api/v1/users/{bea.id}", json={"password": "brass kite over moss"})
        assert reset.status_code == 200
        assert (await browser.get("/api/v1/me")).json()["code"] == "signed_out"
        login = {"email": bea.email, "password": "brass kite over moss"}
        assert (await browser.post("/api/v1/auth/login", json=login)).status_code == 200
        missing = await ada.delete(f"/api/v1/users/{bea.id}/mfa")
        assert (missing.status_code, missing.json()["code"]) == (404, "mfa_not_started")


async def test_an_account_that_opens_another_organization_is_not_touched(people: People) -> None:
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("owner",), rival)
    async with people.browser(people.ada) as ada, people.browser(rex) as browser:
        body = {"email": rex.email, "roles": ["viewer"]}
        link = (await ada.post("/api/v1/invitations", json=body, headers=key())).json()["link"]
        joined = await browser.post("/api/v1/invitations/acceptance", json={"token": link.partition("#")[2]})
        assert joined.status_code == 200
        for body in ({"password": "brass kite over moss"}, {"name": "Not Rex"}):
            refused = await ada.put(f"/api/v1/users/{rex.id}", json=body)
            assert (refused.status_code, refused.json()["code"]) == (403, "account_shared")
        assert (await browser.post("/api/v1/auth/login", json={"email": rex.email, "password": PASSWORD})).is_success


async def test_other_organizations_members_do_not_exist_here(people: People) -> None:
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("staff",), rival)
    async with people.browser(people.ada) as browser:
        for user_id in (rex.id, uuid4()):
            path = f"/api/v1/users/{user_id}"
            answers: list[httpx.Response] = [
                await browser.get(path),
                await browser.put(path, json={"roles": ["viewer"]}),
                await browser.put(path, json={"password": "brass kite over moss"}),
                await browser.delete(path),
                await browser.delete(f"{path}/mfa"),
            ]
            assert [answer.status_code for answer in answers] == [404] * len(answers)
        listed = (await browser.get("/api/v1/users?q=rex")).json()["items"]
    assert listed == []
