"""The organization's own roles at the door."""

from typing import Any
from uuid import uuid4

from tests.people import People, events, make_organization, make_person


async def test_a_role_of_ones_own(people: People) -> None:
    async with people.browser(people.ada) as browser:
        body = {"name": "Night shift", "permissions": ["kernel.site.read", "kernel.audit.read", "kernel.site.read"]}
        made = await browser.post("/api/v1/roles", json=body)
        assert made.status_code == 201
        key = made.json()["key"]
        assert made.json()["permissions"] == ["kernel.audit.read", "kernel.site.read"]
        bea = await people.person("Bea", key)
        async with people.browser(bea) as hers:
            assert (await hers.get("/api/v1/me")).json()["permissions"] == ["kernel.audit.read", "kernel.site.read"]
            smaller = {"name": "Night shift", "permissions": ["kernel.site.read"]}
            assert (await browser.put(f"/api/v1/roles/{key}", json=smaller)).status_code == 200
            assert (await hers.get("/api/v1/events")).status_code == 403, "at once, for everybody who has it"
        in_use = await browser.delete(f"/api/v1/roles/{key}")
        assert (in_use.status_code, in_use.json()["code"]) == (409, "role_in_use")
        await browser.put(f"/api/v1/users/{bea.id}", json={"roles": ["viewer"]})
        offer = {"email": "new@example.com", "roles": [key]}
        offered = await browser.post("/api/v1/invitations", json=offer, headers={"idempotency-key": "offer"})
        assert (await browser.delete(f"/api/v1/roles/{key}")).json()["code"] == "role_in_use"
        await browser.delete(f"/api/v1/invitations/{offered.json()['id']}")
        assert (await browser.delete(f"/api/v1/roles/{key}")).status_code == 204
    async with people.runtime.as_system(None) as ctx:
        kinds = [
            row["type"] for row in await events(ctx, people.lantern, "role:created", "role:changed", "role:deleted")
        ]
    assert kinds == ["role:created", "role:changed", "role:deleted"]


async def test_the_list_begins_with_the_built_in_ones(people: People) -> None:
    async with people.browser(people.ada) as browser:
        roles = (await browser.get("/api/v1/roles")).json()["items"]
        permissions = (await browser.get("/api/v1/permissions")).json()["items"]
    assert [role["key"] for role in roles] == ["owner", "admin", "manager", "staff", "moderator", "viewer", "customer"]
    assert roles[0]["permissions"] == sorted(permission["value"] for permission in permissions)


async def test_names_and_permissions_are_checked(people: People) -> None:
    async with people.browser(people.ada) as browser:
        await browser.post("/api/v1/roles", json={"name": "Cashier", "permissions": []})
        faults: tuple[tuple[dict[str, Any], int, str], ...] = (
            ({"name": "Cashier", "permissions": []}, 409, "role_exists"),
            ({"name": "Owner", "permissions": []}, 409, "role_exists"),
            ({"name": "Spy", "permissions": ["kernel.secrets.read"]}, 422, "unknown_permission"),
            ({"name": "", "permissions": []}, 422, "invalid"),
        )
        for body, status, code in faults:
            answer = await browser.post("/api/v1/roles", json=body)
            assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_no_role_is_made_that_permits_more_than_its_maker(people: People) -> None:
    admin = await people.person("Adm", "admin")
    async with people.browser(people.ada) as ada, people.browser(admin) as browser:
        body = {"name": "Boss", "permissions": ["kernel.organization.create"]}
        assert (await browser.post("/api/v1/roles", json=body)).json()["code"] == "more_than_own"
        key = (await ada.post("/api/v1/roles", json=body)).json()["key"]
        # Neither taken over, nor emptied, nor removed by somebody below it.
        for answer in (
            await browser.put(f"/api/v1/roles/{key}", json={"name": "Boss", "permissions": []}),
            await browser.delete(f"/api/v1/roles/{key}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "more_than_own")


async def test_other_organizations_roles_do_not_exist_here(people: People) -> None:
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("owner",), rival)
    async with people.browser(people.ada) as ada, people.browser(rex) as browser:
        key = (await ada.post("/api/v1/roles", json={"name": "Night", "permissions": []})).json()["key"]
        for role_id in (key, uuid4()):
            body: dict[str, Any] = {"name": "Mine", "permissions": []}
            assert (await browser.put(f"/api/v1/roles/{role_id}", json=body)).status_code == 404
            assert (await browser.delete(f"/api/v1/roles/{role_id}")).status_code == 404
            given = await browser.put(f"/api/v1/users/{rex.id}", json={"roles": ["owner", str(role_id)]})
            assert given.json()["code"] == "unknown_role"
        assert len((await browser.get("/api/v1/roles")).json()["items"]) == 7
