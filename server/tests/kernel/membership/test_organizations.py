"""Organizations, sites and teams at the door."""

from uuid import uuid4

from tests.people import People, events, make_organization, make_person


async def test_name_and_settings(people: People) -> None:
    async with people.browser(people.ada) as browser:
        changed = await browser.put("/api/v1/organization", json={"name": "Lantern Hall", "currency": "GBP"})
        assert (changed.json()["name"], changed.json()["currency"], changed.json()["time_zone"]) == (
            "Lantern Hall",
            "GBP",
            "UTC",
        )
        for body, code in (
            ({"currency": "euro"}, "invalid"),
            ({"time_zone": "Mars/Olympus"}, "unknown_time_zone"),
            ({"require_mfa": "some"}, "invalid"),
            ({"name": ""}, "invalid"),
        ):
            answer = await browser.put("/api/v1/organization", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, code)
        viewer = await people.person("Vic", "viewer")
        async with people.browser(viewer) as other:
            assert (await other.get("/api/v1/organization")).status_code == 200
            assert (await other.put("/api/v1/organization", json={"name": "Mine"})).status_code == 403
    async with people.runtime.as_system(None) as ctx:
        recorded = await events(ctx, people.lantern, "organization:changed")
    assert [row["data"]["changed"] for row in recorded] == [{"name": "Lantern Hall", "currency": "GBP"}]


async def test_an_owner_opens_another_one(people: People) -> None:
    admin = await people.person("Adm", "admin")
    async with people.browser(people.ada) as browser, people.browser(admin) as other:
        assert (await other.post("/api/v1/organizations", json={"name": "Mine"})).status_code == 403
        opened = await browser.post("/api/v1/organizations", json={"name": "Second", "time_zone": "Europe/Berlin"})
        assert opened.status_code == 201
        places = (await browser.get("/api/v1/me")).json()["organizations"]
        assert [(place["name"], place["roles"]) for place in places] == [("Lantern", ["owner"]), ("Second", ["owner"])]
        there = {"gamekeeper-organization": opened.json()["id"]}
        assert [site["name"] for site in (await browser.get("/api/v1/sites", headers=there)).json()["items"]] == [
            "Main"
        ]
        assert len((await browser.get("/api/v1/users", headers=there)).json()["items"]) == 1


async def test_sites(people: People) -> None:
    async with people.browser(people.ada) as browser:
        main = (await browser.get("/api/v1/sites")).json()["items"][0]["id"]
        last = await browser.delete(f"/api/v1/sites/{main}")
        assert (last.status_code, last.json()["code"]) == (409, "last_site")
        body = {"name": "Annex", "time_zone": "Europe/Berlin"}
        annex = (await browser.post("/api/v1/sites", json=body)).json()["id"]
        taken = await browser.post("/api/v1/sites", json=body)
        assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
        renamed = await browser.put(f"/api/v1/sites/{main}", json=body)
        assert (renamed.status_code, renamed.json()["code"]) == (409, "name_taken")
        assert (await browser.put(f"/api/v1/sites/{annex}", json={**body, "name": "Attic"})).json()["name"] == "Attic"
        first = (await browser.get("/api/v1/sites?limit=1")).json()
        second = (await browser.get("/api/v1/sites", params={"limit": 1, "after": first["next"]})).json()
        assert [site["name"] for site in first["items"] + second["items"]] == ["Attic", "Main"]
        assert (await browser.delete(f"/api/v1/sites/{annex}")).status_code == 204


async def test_teams(people: People) -> None:
    bea = await people.person("Bea", "staff")
    async with people.browser(people.ada) as browser:
        site = (await browser.get("/api/v1/sites")).json()["items"][0]["id"]
        body = {"name": "Night", "site_id": site, "user_ids": [str(bea.id)]}
        team = (await browser.post("/api/v1/teams", json=body)).json()
        assert (team["site_id"], team["user_ids"]) == (site, [str(bea.id)])
        changed = await browser.put(f"/api/v1/teams/{team['id']}", json={"name": "Day", "user_ids": []})
        assert (changed.json()["name"], changed.json()["user_ids"], changed.json()["site_id"]) == ("Day", [], None)
        for other, status, code in (
            ({"user_ids": [str(uuid4())]}, 422, "unknown_member"),
            ({"site_id": str(uuid4())}, 404, "not_found"),
            ({"name": "Day"}, 409, "name_taken"),
        ):
            answer = await browser.post("/api/v1/teams", json={**body, **other})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        await browser.put(f"/api/v1/teams/{team['id']}", json={"name": "Day", "user_ids": [str(bea.id)]})
        await browser.delete(f"/api/v1/users/{bea.id}")
        assert (await browser.get("/api/v1/teams")).json()["items"][0]["user_ids"] == []
        assert (await browser.delete(f"/api/v1/teams/{team['id']}")).status_code == 204


async def test_other_organizations_places_do_not_exist_here(people: People) -> None:
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("owner",), rival)
    async with people.browser(people.ada) as ada, people.browser(rex) as browser:
        site = (await ada.get("/api/v1/sites")).json()["items"][0]["id"]
        team = (await ada.post("/api/v1/teams", json={"name": "Night"})).json()["id"]
        for path, body in (
            (f"sites/{site}", {"name": "X", "time_zone": "UTC"}),
            (f"teams/{team}", {"name": "X"}),
            (f"sites/{uuid4()}", {"name": "X", "time_zone": "UTC"}),
        ):
            assert (await browser.put(f"/api/v1/{path}", json=body)).status_code == 404
            assert (await browser.delete(f"/api/v1/{path}")).status_code == 404
        assert (await browser.post("/api/v1/teams", json={"name": "Mine", "site_id": site})).status_code == 404
        mine = {"name": "Mine", "user_ids": [str(people.ada.id)]}
        assert (await browser.post("/api/v1/teams", json=mine)).json()["code"] == "unknown_member"
