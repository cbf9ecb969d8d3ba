"""Access to one resource, at the door."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import update

from gamekeeper.kernel.membership.models import Grant
from tests.people import People, events, make_organization, make_person


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
