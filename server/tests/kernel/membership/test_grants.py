"""Access to one resource, at the door."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import select, update

from gamekeeper.kernel.membership.models import Grant, Member
from tests.people import People, Person, events, make_organization, make_person


async def annex(people: People) -> str:
    async with people.browser(people.ada) as ada:
        return (await ada.post("/api/v1/sites", json={"name": "Annex", "time_zone": "UTC"})).json()["id"]


def body(user_id: object, site: str, *permissions: str, **other: Any) -> dict[str, Any]:
    return {
        "user_id": str(user_id),
        "resource_kind": "site",
        "resource_id": site,
        "permissions": permissions or ["kernel.site.read"],
        **other,
    }


async def test_one_site_for_somebody_without_any_role_for_it(people: People) -> None:
    site = await annex(people)
    bea = await people.person("Bea", "customer")
    async with people.browser(people.ada) as ada, people.browser(bea) as browser:
        assert (await browser.get("/api/v1/sites")).status_code == 403
        made = await ada.post("/api/v1/grants", json=body(bea.id, site))
        assert made.status_code == 201
        assert [one["id"] for one in (await browser.get("/api/v1/sites")).json()["items"]] == [site]
        listed = (await ada.get("/api/v1/grants", params={"user_id": str(bea.id)})).json()["items"]
        assert [(one["resource_id"], one["over"]) for one in listed] == [(site, False)]
        assert (await ada.delete(f"/api/v1/grants/{made.json()['id']}")).status_code == 204
        assert (await browser.get("/api/v1/sites")).status_code == 403
    async with people.runtime.as_system(None) as ctx:
        recorded = await events(ctx, people.lantern, "grant:made", "grant:ended")
    assert [(row["type"], row["subject_label"]) for row in recorded] == [("grant:made", "Bea"), ("grant:ended", "Bea")]


async def test_it_ends_by_itself(people: People) -> None:
    site = await annex(people)
    bea = await people.person("Bea", "customer")
    end = datetime.now(UTC) + timedelta(hours=1)
    async with people.browser(people.ada) as ada, people.browser(bea) as browser:
        await ada.post("/api/v1/grants", json=body(bea.id, site, ends_at=end.isoformat()))
        assert (await browser.get("/api/v1/sites")).status_code == 200
        async with people.runtime.as_system(people.lantern) as ctx:
            earlier = Grant.ends_at - timedelta(hours=2)
            await ctx.session.execute(
                update(Grant).values(ends_at=earlier).execution_options(synchronize_session=False)
            )
            ctx.poke("access")
        assert (await browser.get("/api/v1/sites")).status_code == 403
        assert (await ada.get("/api/v1/grants")).json()["items"][0]["over"]


async def test_what_is_checked(people: People) -> None:
    site = await annex(people)
    bea = await people.person("Bea", "customer")
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    faults: tuple[tuple[dict[str, Any], int, str], ...] = (
        (body(bea.id, site, ends_at=past), 422, "grant_over"),
        (body(bea.id, site, ends_at="2030-01-01T00:00:00"), 422, "invalid"),
        (body(bea.id, site, "kernel.secrets.read"), 422, "unknown_permission"),
        (body(bea.id, site, resource_kind="castle"), 422, "unknown_resource"),
        (body(bea.id, site, resource_kind="user"), 422, "unknown_resource"),
        (body(bea.id, str(uuid4())), 404, "not_found"),
        (body(uuid4(), site), 404, "not_found"),
    )
    async with people.browser(people.ada) as ada:
        for wrong, status, code in faults:
            answer = await ada.post("/api/v1/grants", json=wrong)
            assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_manager_gives_only_what_a_manager_has(people: People) -> None:
    site = await annex(people)
    bea, manager = await people.person("Bea", "customer"), await people.person("Man", "manager")
    async with people.browser(manager) as browser:
        assert (await browser.post("/api/v1/grants", json=body(bea.id, site))).status_code == 201
        more = await browser.post("/api/v1/grants", json=body(bea.id, site, "kernel.site.manage"))
        assert (more.status_code, more.json()["code"]) == (403, "more_than_own")


async def test_other_organizations_things_do_not_exist_here(people: People) -> None:
    site = await annex(people)
    bea = await people.person("Bea", "customer")
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("owner",), rival)
    async with people.browser(people.ada) as ada, people.browser(rex) as browser:
        grant = (await ada.post("/api/v1/grants", json=body(bea.id, site))).json()["id"]
        assert (await browser.post("/api/v1/grants", json=body(rex.id, site))).status_code == 404
        assert (await browser.post("/api/v1/grants", json=body(bea.id, site))).status_code == 404
        assert (await browser.delete(f"/api/v1/grants/{grant}")).status_code == 404
        assert (await browser.get("/api/v1/grants")).json()["items"] == []


async def test_nobody_gives_for_longer_than_they_have(people: People) -> None:
    site = await annex(people)
    bea, manager = await people.person("Bea", "customer"), await people.person("Man", "manager")

    def ending(hours: float | None) -> str | None:
        return None if hours is None else (datetime.now(UTC) + timedelta(hours=hours)).isoformat()

    async with people.browser(people.ada) as ada, people.browser(manager) as browser:

        async def give(giver: httpx.AsyncClient, to: Person, hours: float | None) -> tuple[int, str | None]:
            wanted = body(to.id, site, "kernel.site.manage", ends_at=ending(hours))
            answer = await giver.post("/api/v1/grants", json=wanted)
            return answer.status_code, answer.json().get("code")

        assert await give(ada, manager, 2) == (201, None)
        for to in (manager, bea):
            for longer in (3, None):
                assert await give(browser, to, longer) == (403, "longer_than_own")
            assert await give(browser, to, 1) == (201, None)
        token = await browser.post(
            "/api/v1/tokens", json={"name": "Script", "permissions": ["kernel.grant.manage", "kernel.site.manage"]}
        )
        async with people.browser() as script:
            script.headers["authorization"] = f"Bearer {token.json()['token']}"
            assert await give(script, manager, 3) == (403, "longer_than_own")
        # What one has by a role, or by a grant without an end, one has for good.
        assert (await browser.post("/api/v1/grants", json=body(bea.id, site))).status_code == 201
        assert await give(ada, manager, None) == (201, None)
        assert await give(browser, bea, None) == (201, None)


async def test_who_is_limited_to_a_site_has_it_there_for_good(people: People) -> None:
    site = await annex(people)
    bea, manager = await people.person("Bea", "customer"), await people.person("Man", "manager")
    roles = {"roles": ["manager"], "sites": [site]}
    async with people.browser(people.ada) as ada, people.browser(manager) as browser:
        wanted = body(
            manager.id, site, "kernel.grant.manage", resource_kind="member", resource_id=await member(people, bea)
        )
        assert (await ada.put(f"/api/v1/users/{manager.id}", json=roles)).status_code in {200, 204}
        assert (await ada.post("/api/v1/grants", json=wanted)).status_code == 201
        assert (await browser.post("/api/v1/grants", json=body(bea.id, site))).status_code == 201


async def member(people: People, person: Person) -> str:
    async with people.runtime.as_system(people.lantern) as ctx:
        return str(await ctx.session.scalar(select(Member.id).where(Member.user_id == person.id)))
