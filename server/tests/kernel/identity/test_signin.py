"""Signing in and out at the door."""

import json
from typing import Any

import bcrypt
import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, select

from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.sessions.models import AuthSession
from gamekeeper.kernel.identity.users.service import dearest_bcrypt
from tests.people import ORIGIN, PASSWORD, People, events


async def test_signing_in_gives_a_token_for_memory_and_a_cookie_no_script_can_read(people: People) -> None:
    async with people.browser() as browser:
        answer = await browser.post(
            "/api/v1/auth/login", json={"email": people.ada.email.upper() + " ", "password": PASSWORD}
        )
        assert answer.status_code == 200
        body = answer.json()
        assert body["token_type"] == "Bearer"
        assert body["expires_in"] == 900
        assert body["user"] == {"id": str(people.ada.id), "email": people.ada.email, "name": "Ada"}
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("gamekeeper_refresh=gkr_")
        for part in ("HttpOnly", "Path=/api/v1/auth", "SameSite=strict"):
            assert part in cookie
        assert "Secure" not in cookie, "or a browser would not send it back over plain HTTP"
        me = await browser.get("/api/v1/me", headers={"authorization": f"Bearer {body['access_token']}"})
        assert me.json()["user"]["email"] == people.ada.email


async def test_over_https_the_cookie_is_secure(people: People) -> None:
    async with people.browser() as browser:
        browser.base_url = "https://gamekeeper.test"  # pyright: ignore[reportAttributeAccessIssue]
        answer = await browser.post("/api/v1/auth/login", json={"email": people.ada.email, "password": PASSWORD})
        assert "Secure" in answer.headers["set-cookie"]


async def test_a_wrong_password_and_no_account_are_the_same_answer_and_the_same_work(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not measured but shown: the same statements in the same order, and one hash computed."""
    work: list[str] = []
    real = PasswordHasher.verify

    def verify(self: PasswordHasher, *given: Any) -> bool:
        work.append("argon2id")
        return real(self, *given)

    def statement(_c: object, _u: object, sql: str, *_: object) -> None:
        work.append(sql)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    engine = people.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", statement)
    done: list[tuple[list[str], int, dict[str, object]]] = []
    try:
        for email in (people.ada.email, "nobody@example.com"):
            async with people.browser() as browser:
                answer = await browser.post("/api/v1/auth/login", json={"email": email, "password": "not the password"})
            done.append((work.copy(), answer.status_code, answer.json()))
            work.clear()
    finally:
        event.remove(engine, "before_cursor_execute", statement)
    assert done[0] == done[1]
    assert done[0][0].count("argon2id") == 1
    assert done[0][2]["code"] == "bad_credentials"


async def test_a_bcrypt_hash_is_taken_and_made_anew(people: People) -> None:
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$")
    async with people.runtime.as_system(None) as ctx:
        (await ctx.session.get_one(User, people.ada.id)).password_hash = old
    for expected in ("$argon2id$", "$argon2id$"):
        async with people.browser() as browser:
            login = {"email": people.ada.email, "password": PASSWORD}
            assert (await browser.post("/api/v1/auth/login", json=login)).status_code == 200
        async with people.runtime.as_system(None) as ctx:
            assert (await ctx.session.get_one(User, people.ada.id)).password_hash.startswith(expected)


async def test_what_is_brought_along_costs_a_wrong_password_no_more_and_no_less(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether there is an account, and which program made its hash, is not told by how long the refusal takes."""
    old = {cost: await people.person(f"Old{cost}", "staff") for cost in (4, 6)}
    async with people.runtime.as_system(None) as ctx:
        for cost, person in old.items():
            made = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(cost)).decode()
            (await ctx.session.get_one(User, person.id)).password_hash = made
        dearest = await dearest_bcrypt(ctx)
    assert dearest >= 6
    work: list[int] = []
    argon2 = 0
    check, make, verify = bcrypt.checkpw, bcrypt.hashpw, passwords._verify_argon2

    def counted_check(password: bytes, hashed: bytes) -> bool:
        work.append(2 ** int(hashed[4:6]))
        return check(password, hashed)

    def counted_make(password: bytes, salt: bytes) -> bytes:
        work.append(2 ** int(salt[4:6]))
        return make(password, salt)

    def counted_verify(password_hash: str | None, password: str) -> bool:
        nonlocal argon2
        argon2 += 1
        return verify(password_hash, password)

    monkeypatch.setattr(bcrypt, "checkpw", counted_check)
    monkeypatch.setattr(bcrypt, "hashpw", counted_make)
    monkeypatch.setattr(passwords, "_verify_argon2", counted_verify)
    for email in (old[4].email, old[6].email, people.ada.email, f"nobody.{people.address}@example.com"):
        work.clear()
        argon2 = 0
        async with people.browser() as browser:
            refused = await browser.post("/api/v1/auth/login", json={"email": email, "password": "not the password"})
        assert refused.status_code == 401
        assert (argon2, sum(work)) == (1, 2**dearest)


async def test_a_password_changed_meanwhile_is_not_proven(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    real = passwords.matches

    async def slow(password_hash: str | None, password: str, dearest: int) -> bool:
        answer = await real(password_hash, password, dearest)
        async with people.runtime.as_system(None) as ctx:
            (await ctx.session.get_one(User, people.ada.id)).password_hash = await passwords.hashed("something else")
        return answer

    monkeypatch.setattr(passwords, "matches", slow)
    async with people.browser() as browser:
        answer = await browser.post("/api/v1/auth/login", json={"email": people.ada.email, "password": PASSWORD})
    assert answer.json()["code"] == "bad_credentials"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada", "password": "x"},
        {"email": "a@b", "password": 5},
        {"email": "a\x00@example.com", "password": "x"},
        {"email": "a@example.com", "password": "\ud800"},
        {"email": "a@example.com", "password": "x" * 300},
        {"email": "x" * 400 + "@example.com", "password": "x"},
        {"email": "a@example.com", "password": "x", "code": "1" * 100},
        [],
    ],
)
async def test_malformed_bodies_are_named(people: People, body: object) -> None:
    async with people.browser() as browser:
        # Written here, because a surrogate is escaped in JSON and cannot be sent as it is.
        answer = await browser.post(
            "/api/v1/auth/login", content=json.dumps(body), headers={"content-type": "application/json"}
        )
    assert answer.status_code == 422
    assert answer.json()["code"] in {"invalid", "text_unwritable"}
    assert "xxxxxxxx" not in answer.text, "what was typed is not sent back"


async def test_another_sites_page_cannot_sign_anybody_in_or_out(people: People) -> None:
    async with people.browser() as browser:
        for path in ("login", "refresh", "logout"):
            for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
                answer = await browser.post(f"/api/v1/auth/{path}", json={}, headers=headers)
                assert answer.status_code == 403
                assert answer.json()["code"] == "foreign_origin"
        login = {"email": people.ada.email, "password": PASSWORD}
        assert (await browser.post("/api/v1/auth/login", json=login, headers={"origin": ORIGIN})).status_code == 200


async def test_signing_out_ends_the_token_at_once_and_takes_the_cookie_away(people: People) -> None:
    async with people.browser() as browser:
        login = {"email": people.ada.email, "password": PASSWORD}
        token = (await browser.post("/api/v1/auth/login", json=login)).json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        assert (await browser.get("/api/v1/me", headers=headers)).status_code == 200
        out = await browser.post("/api/v1/auth/logout")
        assert out.status_code == 204
        assert "gamekeeper_refresh" not in browser.cookies
        over = await browser.get("/api/v1/me", headers=headers)
        assert (over.status_code, over.json()["code"]) == (401, "signed_out")
        assert (await browser.post("/api/v1/auth/logout")).status_code == 204, "signing out twice is no error"


async def test_a_program_without_cookies_signs_out_by_its_token(people: People) -> None:
    async with people.browser(people.ada) as program:
        assert (await program.post("/api/v1/auth/logout")).status_code == 204
        assert (await program.get("/api/v1/me")).json()["code"] == "signed_out"


async def test_signing_in_again_ends_what_this_browser_was_before(people: People) -> None:
    bea = await people.person("Bea", "staff")
    async with people.browser() as browser:
        first = await browser.post("/api/v1/auth/login", json={"email": people.ada.email, "password": PASSWORD})
        await browser.post("/api/v1/auth/login", json={"email": bea.email, "password": PASSWORD})
        headers = {"authorization": f"Bearer {first.json()['access_token']}"}
        assert (await browser.get("/api/v1/me", headers=headers)).json()["code"] == "signed_out"


async def test_the_organization_hears_of_it_and_of_the_failures_before(people: People) -> None:
    async with people.browser() as browser:
        agent = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
        for password in ("wrong one here", "wrong again yes", PASSWORD):
            await browser.post(
                "/api/v1/auth/login", json={"email": people.ada.email, "password": password}, headers=agent
            )
        await browser.post("/api/v1/auth/logout")
    async with people.runtime.as_system(None) as ctx:
        started, ended = (await events(ctx, people.lantern, "signin:started", "signin:ended"))[-2:]
        sessions = await ctx.scalars(select(AuthSession).where(AuthSession.user_id == people.ada.id))
    assert (started["type"], started["actor_id"], started["actor_kind"]) == ("signin:started", people.ada.id, "user")
    assert started["data"]["failures_before"] == 2
    assert started["data"]["device"] == "Firefox on Linux"
    assert ended["data"]["reason"] == "signed_out"
    assert {session.end_reason for session in sessions} == {None, "signed_out"}


async def test_nothing_secret_is_stored_or_told(people: People) -> None:
    async with people.browser() as browser:
        answer = await browser.post("/api/v1/auth/login", json={"email": people.ada.email, "password": PASSWORD})
        secrets = [PASSWORD, answer.json()["access_token"], browser.cookies["gamekeeper_refresh"]]
    async with people.runtime.as_system(people.lantern) as ctx:
        connection = await ctx.raw()
        for table in ("users", "auth_sessions", "refresh_tokens", "signin_failures", "events"):
            stored = await connection.fetchval(f"SELECT coalesce(string_agg(t::text, ''), '') FROM {table} t")
            assert not any(secret in stored for secret in secrets), table
