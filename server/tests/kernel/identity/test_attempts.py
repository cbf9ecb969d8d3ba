"""Failed sign-ins slow down the next ones, and never keep the owner out."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from gamekeeper.kernel.caller import Authenticated, RequestFacts
from gamekeeper.kernel.identity.signin.attempts import TooManyAttempts, charge, forgive
from gamekeeper.kernel.identity.signin.models import ACCOUNT, ADDRESS, FORGET, PAIR
from gamekeeper.kernel.runtime import Runtime
from tests.people import PASSWORD, People

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_wait_doubles_from_one_second_and_has_an_end() -> None:
    waits = [PAIR.wait(failures, NOON, NOON).total_seconds() for failures in range(5, 20)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == 900
    assert PAIR.wait(4, NOON, NOON) == timedelta(0)
    assert PAIR.wait(10**9, NOON, NOON) == timedelta(minutes=15)


def test_everything_is_forgiven_after_an_hour() -> None:
    for brake in (PAIR, ADDRESS, ACCOUNT):
        assert brake.wait(10**6, NOON, NOON + FORGET) <= timedelta(0)


async def attempt(runtime: Runtime, email: str, ip: str, now: datetime = NOON) -> None:
    async with runtime.context(Authenticated(), RequestFacts(ip=ip), now) as ctx:
        await charge(ctx, email)


async def test_one_address_trying_one_account_must_wait(people: People) -> None:
    email, ip = people.ada.email, people.address
    for _ in range(5):
        await attempt(people.runtime, email, ip)
    with pytest.raises(TooManyAttempts) as refused:
        await attempt(people.runtime, email, ip)
    assert refused.value.details == {"retry_after": 2}
    # Hammering on does not make the wait longer.
    with pytest.raises(TooManyAttempts):
        await attempt(people.runtime, email, ip, NOON + timedelta(seconds=0.9))
    await attempt(people.runtime, email, ip, NOON + timedelta(seconds=1.1))


async def test_many_at_once_are_counted_one_by_one(people: People) -> None:
    email, ip = people.ada.email, people.address
    tries = [attempt(people.runtime, email, ip) for _ in range(20)]
    outcomes = Counter(type(outcome) for outcome in await asyncio.gather(*tries, return_exceptions=True))
    assert outcomes == {type(None): 5, TooManyAttempts: 15}


async def test_one_address_trying_many_accounts_must_wait(people: People) -> None:
    for number in range(20):
        await attempt(people.runtime, f"guess{number}.{people.address}@example.com", people.address)
    with pytest.raises(TooManyAttempts):
        await attempt(people.runtime, people.ada.email, people.address)


async def test_a_crowd_of_strangers_slows_strangers_down_and_not_the_owner(people: People) -> None:
    async with people.browser() as browser:
        known = {"email": people.ada.email, "password": PASSWORD}
        assert (await browser.post("/api/v1/auth/login", json=known)).status_code == 200
    now = datetime.now(UTC)
    for number in range(10):
        await attempt(people.runtime, people.ada.email, f"{people.address[:-1]}{number}0", now)
    with pytest.raises(TooManyAttempts):
        await attempt(people.runtime, people.ada.email, "192.0.2.200", now)
    async with people.browser() as browser:
        assert (await browser.post("/api/v1/auth/login", json=known)).status_code == 200
    # And for a stranger's address, which the owner may have on a journey, the wait is short.
    assert ACCOUNT.wait(10**6, now, now) == timedelta(seconds=30)


async def test_success_forgives_the_account_and_says_how_often_it_failed(people: People) -> None:
    for _ in range(4):
        await attempt(people.runtime, people.ada.email, people.address)
    async with people.runtime.context(Authenticated(), RequestFacts(ip=people.address), NOON) as ctx:
        assert await forgive(ctx, people.ada.email) == 3
    for _ in range(5):
        await attempt(people.runtime, people.ada.email, people.address)


async def test_the_door_says_how_long_to_wait(people: People) -> None:
    async def fail(browser: httpx.AsyncClient, email: str) -> httpx.Response:
        return await browser.post("/api/v1/auth/login", json={"email": email, "password": "not the password"})

    answers: list[httpx.Response] = []
    for email in (people.ada.email, f"nobody.{people.address}@example.com"):
        async with people.browser() as browser:
            assert [(await fail(browser, email)).status_code for _ in range(5)] == [401] * 5
            answers.append(await fail(browser, email))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
        assert answer.headers["retry-after"] == str(answer.json()["retry_after"])
