"""One's own account at the door."""

from uuid import uuid4

from tests.people import PASSWORD, People, events, make_organization, make_person


async def test_who_am_i(people: People) -> None:
    bea = await people.person("Bea", "staff", "moderator")
    async with people.browser(bea) as browser:
        me = (await browser.get("/api/v1/me")).json()
    assert me["actor"] == {"kind": "user", "id": str(bea.id), "label": "Bea"}
    assert me["user"]["email"] == bea.email
    assert me["organization_id"] == str(people.lantern)
    assert [(place["name"], place["roles"]) for place in me["organizations"]] == [("Lantern", ["moderator", "staff"])]
    assert "kernel.member.read" in me["permissions"]
    assert "kernel.member.remove" not in me["permissions"]
    assert (me["obstacle"], me["grants"], me["mfa_enabled"]) == (None, {}, False)


async def test_without_a_credential_or_with_a_wrong_one(people: People) -> None:
    async with people.browser() as browser:
        for headers, code in (
            ({}, "unauthenticated"),
            ({"authorization": "Basic YTpi"}, "unauthenticated"),
            ({"authorization": "Bearer nonsense"}, "access_token_invalid"),
            ({"authorization": "Bearer gkt_nonsense"}, "api_token_invalid"),
        ):
            answer = await browser.get("/api/v1/me", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_switching_between_organizations(people: People) -> None:
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("viewer",), rival)
    async with people.browser(rex) as browser:
        own = await browser.get("/api/v1/organization")
        assert own.json()["name"] == "Rival"
        foreign = await browser.get("/api/v1/organization", headers={"gamekeeper-organization": str(people.lantern)})
        assert (foreign.status_code, foreign.json()["code"]) == (403, "no_organization")
        unknown = await browser.get("/api/v1/organization", headers={"gamekeeper-organization": str(uuid4())})
        assert unknown.json() == foreign.json(), "nobody learns which organizations there are"
        malformed = await browser.get("/api/v1/organization", headers={"gamekeeper-organization": "Lantern"})
        assert malformed.json()["code"] == "malformed_organization"


async def test_somebody_without_an_organization_is_told_so(people: People) -> None:
    zoe = await people.person("Zoe")
    async with people.browser(zoe) as browser:
        me = (await browser.get("/api/v1/me")).json()
        assert (me["organizations"], me["organization_id"]) == ([], None)
        assert me["obstacle"] == "no_organization_yet"
        refused = await browser.get("/api/v1/sites")
        assert (refused.status_code, refused.json()["code"]) == (403, "no_organization_yet")


async def test_the_list_of_sign_ins_and_ending_one(people: People) -> None:
    login = {"email": people.ada.email, "password": PASSWORD}
    async with people.browser(people.ada) as browser, people.browser() as phone:
        agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"
        token = (await phone.post("/api/v1/auth/login", json=login, headers={"user-agent": agent})).json()
        phone.headers["authorization"] = f"Bearer {token['access_token']}"
        items = (await browser.get("/api/v1/me/sessions")).json()["items"]
        assert [(item["device"], item["current"]) for item in items] == [
            ("Safari on iPhone", False),
            ("Unknown device", True),
        ]
        assert items[0]["ip"] == people.address
        assert (await phone.get("/api/v1/me")).status_code == 200
        assert (await browser.delete(f"/api/v1/me/sessions/{items[0]['id']}")).status_code == 204
        assert (await phone.get("/api/v1/me")).json()["code"] == "signed_out"
        assert (await phone.post("/api/v1/auth/refresh")).status_code == 401
        assert (await browser.get("/api/v1/me")).status_code == 200


async def test_nobody_ends_somebody_elses_sign_in(people: People) -> None:
    bea = await people.person("Bea", "owner")
    async with people.browser(people.ada) as browser:
        for session_id in (bea.session_id, uuid4()):
            assert (await browser.delete(f"/api/v1/me/sessions/{session_id}")).status_code == 404
    async with people.browser(bea) as browser:
        assert (await browser.get("/api/v1/me")).status_code == 200


async def test_signing_out_everywhere(people: People) -> None:
    login = {"email": people.ada.email, "password": PASSWORD}
    async with people.browser(people.ada) as browser, people.browser() as other:
        token = (await other.post("/api/v1/auth/login", json=login)).json()["access_token"]
        other.headers["authorization"] = f"Bearer {token}"
        assert (await browser.delete("/api/v1/me/sessions?keep_current=true")).status_code == 204
        assert (await other.get("/api/v1/me")).json()["code"] == "signed_out"
        assert (await browser.get("/api/v1/me")).status_code == 200
        assert (await browser.delete("/api/v1/me/sessions")).status_code == 204
        assert (await browser.get("/api/v1/me")).json()["code"] == "signed_out"


async def test_changing_the_password_ends_all_other_sign_ins(people: People) -> None:
    login = {"email": people.ada.email, "password": PASSWORD}
    async with people.browser(people.ada) as browser, people.browser() as other:
        token = (await other.post("/api/v1/auth/login", json=login)).json()["access_token"]
        other.headers["authorization"] = f"Bearer {token}"
        path = "/api/v1/me/password"
        wrong = await browser.put(path, json={"current": "not the password", "new": "brass kite over moss"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "current_password_wrong")
        assert wrong.json()["detail"] == "The current password is wrong."
        weak = await browser.put(path, json={"current": PASSWORD, "new": "password123"})
        assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
        changed = await browser.put(path, json={"current": PASSWORD, "new": "brass kite over moss"})
        assert changed.status_code == 204
        assert (await other.get("/api/v1/me")).json()["code"] == "signed_out"
        assert (await browser.get("/api/v1/me")).status_code == 200
        assert (await other.post("/api/v1/auth/login", json=login)).status_code == 401
        new = {**login, "password": "brass kite over moss"}
        assert (await other.post("/api/v1/auth/login", json=new)).status_code == 200
    async with people.runtime.as_system(None) as ctx:
        assert len(await events(ctx, people.lantern, "user:password-changed")) == 1


async def test_going_by_another_name(people: People) -> None:
    async with people.browser(people.ada) as browser:
        assert (await browser.put("/api/v1/me", json={"name": "Ada L."})).json()["name"] == "Ada L."
        assert (await browser.get("/api/v1/me")).json()["actor"]["label"] == "Ada L."
        for name in ("", "x" * 101, "two\nlines"):
            assert (await browser.put("/api/v1/me", json={"name": name})).status_code == 422
