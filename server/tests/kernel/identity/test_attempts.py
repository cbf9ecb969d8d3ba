"""Failed sign-ins slow down the next ones, and never keep the owner out."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest

from gamekeeper.kernel.caller import Authenticated, RequestFacts
from gamekeeper.kernel.identity.signin.attempts import TooManyAttempts, charge, forgive
from gamekeeper.kernel.identity.signin.devices import known_device, marked
from gamekeeper.kernel.identity.signin.models import ACCOUNT, ADDRESS, FORGET, PAIR
from gamekeeper.kernel.runtime import Runtime
from tests.people import PASSWORD, People, slowed

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_wait_doubles_from_one_second_and_has_an_end() -> None:
    waits = [PAIR.wait(failures, NOON, NOON).total_seconds() for failures in range(5, 20)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == 900
    assert PAIR.wait(4, NOON, NOON) == timedelta(0)
    assert PAIR.wait(10**9, NOON, NOON) == timedelta(minutes=15)


def test_a_clock_that_ran_ahead_makes_no_wait_longer() -> None:
    ahead = NOON + timedelta(hours=2)
    assert PAIR.wait(5, ahead, NOON) == timedelta(seconds=1)
    assert ACCOUNT.wait(10**6, ahead, NOON) == timedelta(seconds=30)


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


async def test_a_crowd_of_strangers_does_not_keep_the_owner_out(people: People) -> None:
    """Not even strangers behind the owner's own address, as the guests of a venue are."""
    known = {"email": people.ada.email, "password": PASSWORD}
    async with people.browser() as browser:
        assert (await browser.post("/api/v1/auth/login", json=known)).status_code == 200
        now = datetime.now(UTC)
        for number in range(15):  # each after the wait of the one before; the last one just now
            ip = people.address if number >= 10 else f"{people.address[:-1]}{number}0"
            await attempt(people.runtime, people.ada.email, ip, now - timedelta(seconds=40 * (14 - number)))
        async with people.browser() as stranger:
            assert (await stranger.post("/api/v1/auth/login", json=known)).json()["code"] == "too_many_attempts"
        await browser.post("/api/v1/auth/logout")
        assert (await browser.post("/api/v1/auth/login", json=known)).status_code == 200, "where Ada was before"
    # And where the owner never was before, the wait is short however many strangers try.
    assert ACCOUNT.wait(10**6, now, now) == timedelta(seconds=30)


async def test_a_known_device_may_not_guess_for_ever_either(people: People) -> None:
    async with people.browser() as browser:
        login = {"email": people.ada.email, "password": PASSWORD}
        await browser.post("/api/v1/auth/login", json=login)
        wrong = {**login, "password": "not the password"}
        answers = await slowed(lambda: browser.post("/api/v1/auth/login", json=wrong))
    codes = [answer.json()["code"] for answer in answers]
    assert codes[:5] == ["bad_credentials"] * 5
    assert codes[-1] == "too_many_attempts"


def test_a_mark_is_of_one_device_and_its_accounts() -> None:
    key, mark = bytes(32), marked(bytes(32), None, "ada@example.com")
    assert known_device(key, mark, "Ada@Example.com") == mark.partition(".")[0]
    assert known_device(key, mark, "bea@example.com") is None
    assert known_device(bytes(31) + b"x", mark, "ada@example.com") is None
    for other in (None, "", ".", "a", "a.b", "\N{SNOWMAN}." + mark.partition(".")[2], "x" + mark, "." * 50):
        assert known_device(key, other, "ada@example.com") is None
    for number in range(10):
        mark = marked(key, mark, f"guest{number}@example.com")
    assert known_device(key, mark, "guest9@example.com") == known_device(key, mark, "guest2@example.com") is not None
    assert known_device(key, mark, "ada@example.com") is None, "only the last few"


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
            tried = await slowed(partial(fail, browser, email))
            assert len(tried) > 5
            answers.append(tried[-1])
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
        assert answer.headers["retry-after"] == str(answer.json()["retry_after"])


async def test_attempts_on_different_accounts_never_wait_for_one_another(people: People) -> None:
    """Also where both have failed long ago: forgetting is nobody's business who signs in."""
    runtime, long_ago = people.runtime, datetime.now(UTC) - 25 * FORGET
    mine, theirs = ("one@example.com", "10.1.1.1"), ("two@example.com", "10.2.2.2")
    for email, ip in (mine, theirs):
        await attempt(runtime, email, ip, long_ago)
    async with runtime.context(Authenticated(), RequestFacts(ip=mine[1])) as ctx:
        await charge(ctx, mine[0])
        async with runtime.context(Authenticated(), RequestFacts(ip=theirs[1])) as other:
            await (await other.raw()).execute("SET LOCAL lock_timeout = '2s'")
            await charge(other, theirs[0])
