"""Refresh tokens at the door: rotation, the race of two tabs, and a copy in somebody else's hands."""

import asyncio
from datetime import timedelta

import httpx
from sqlalchemy import update

from gamekeeper.kernel.identity.sessions.models import GRACE, AuthSession
from tests.people import ORIGIN, PASSWORD, People, events

COOKIE = "gamekeeper_refresh"


async def signed_in(people: People, browser: httpx.AsyncClient) -> tuple[str, str]:
    """(access token, refresh token) of a new sign-in by Ada."""
    answer = await browser.post("/api/v1/auth/login", json={"email": people.ada.email, "password": PASSWORD})
    return answer.json()["access_token"], browser.cookies[COOKIE]


async def show(people: People, token: str, *, page: bool = True) -> httpx.Response:
    """Somebody shows a refresh token: a page of ours, or a program."""
    async with people.browser() as browser:
        browser.cookies.set(COOKIE, token)
        return await browser.post("/api/v1/auth/refresh", headers={"origin": ORIGIN} if page else {})


async def let_time_pass(people: People) -> None:
    """The grace after the last rotation is over."""
    async with people.runtime.as_system(None) as ctx:
        earlier = AuthSession.advanced_at - GRACE - timedelta(seconds=1)
        statement = update(AuthSession).where(AuthSession.user_id == people.ada.id).values(advanced_at=earlier)
        await ctx.session.execute(statement.execution_options(synchronize_session=False))


async def test_each_use_gives_the_next_one(people: People) -> None:
    async with people.browser() as browser:
        _, first = await signed_in(people, browser)
        answer = await browser.post("/api/v1/auth/refresh")
        assert answer.status_code == 200
        assert answer.json()["user"]["email"] == people.ada.email
        second = browser.cookies[COOKIE]
        assert second != first
        me = await browser.get("/api/v1/me", headers={"authorization": f"Bearer {answer.json()['access_token']}"})
        assert me.status_code == 200


async def test_a_copy_that_is_shown_later_ends_the_whole_sign_in(people: People) -> None:
    async with people.browser() as browser:
        _, stolen = await signed_in(people, browser)
        access = (await browser.post("/api/v1/auth/refresh")).json()["access_token"]
        await let_time_pass(people)
        caught = await show(people, stolen)
        assert (caught.status_code, caught.json()["code"]) == (401, "session_over")
        assert 'gamekeeper_refresh=""' in caught.headers["set-cookie"]
        # The owner is out as well, at once, with every token of the family.
        assert (await browser.post("/api/v1/auth/refresh")).status_code == 401
        me = await browser.get("/api/v1/me", headers={"authorization": f"Bearer {access}"})
        assert me.json()["code"] == "signed_out"
    async with people.runtime.as_system(None) as ctx:
        recorded = await events(ctx, people.lantern, "signin:reused")
    assert [row["subject_id"] for row in recorded] == [people.ada.id]


async def test_a_program_that_shows_one_twice_is_caught_at_once(people: People) -> None:
    async with people.browser() as browser:
        _, stolen = await signed_in(people, browser)
        next_one = (await show(people, stolen, page=False)).cookies[COOKIE]
        assert (await show(people, stolen, page=False)).status_code == 401
        assert (await show(people, next_one, page=False)).status_code == 401, "the family has ended"


async def test_two_tabs_at_the_same_moment_both_go_on(people: People) -> None:
    async with people.browser() as browser:
        _, shared = await signed_in(people, browser)
        answers = await asyncio.gather(*(show(people, shared) for _ in range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        # Whichever cookie the browser kept works, and a tab that was slow does not end what the others have.
        for answer in answers:
            assert (await show(people, answer.cookies[COOKIE])).status_code == 200
        assert (await show(people, shared)).status_code == 200


async def test_a_lost_answer_is_given_again_but_only_for_a_moment(people: People) -> None:
    async with people.browser() as browser:
        _, token = await signed_in(people, browser)
        assert (await show(people, token)).status_code == 200
        assert (await show(people, token)).status_code == 200
        await let_time_pass(people)
        assert (await show(people, token)).status_code == 401


async def test_a_thief_within_that_moment_is_found_out_when_the_owner_goes_on(people: People) -> None:
    async with people.browser() as browser:
        _, token = await signed_in(people, browser)
        owners, thiefs = await show(people, token), await show(people, token)
        await let_time_pass(people)
        assert (await show(people, owners.cookies[COOKIE])).status_code == 200
        await let_time_pass(people)
        assert (await show(people, thiefs.cookies[COOKIE])).status_code == 401
        assert (await show(people, owners.cookies[COOKIE])).status_code == 401, "the family has ended"


async def test_ended_and_unknown_and_missing_tokens_are_the_same_answer(people: People) -> None:
    async with people.browser() as browser:
        _, token = await signed_in(people, browser)
        await browser.post("/api/v1/auth/logout")
    async with people.browser() as browser:
        missing = await browser.post("/api/v1/auth/refresh")
    for answer in (await show(people, token), await show(people, "gkr_unknown"), missing):
        assert (answer.status_code, answer.json()["code"]) == (401, "session_over")


async def test_an_expired_one_is_over(people: People) -> None:
    async with people.browser() as browser:
        _, token = await signed_in(people, browser)
    async with people.runtime.as_system(None) as ctx:
        past = AuthSession.expires_at - timedelta(days=8)
        statement = update(AuthSession).where(AuthSession.user_id == people.ada.id).values(expires_at=past)
        await ctx.session.execute(statement.execution_options(synchronize_session=False))
    assert (await show(people, token)).status_code == 401
