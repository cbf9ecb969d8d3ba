"""Rate limits over several processes, and what is left of them while Redis is away."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from gamekeeper.kernel.errors import TooManyRequests
from gamekeeper.kernel.limits import ALONE, Answer, Counts, Limits, SharedCounts, neighborhood, stranger
from gamekeeper.kernel.runtime import Runtime, open_runtime
from gamekeeper.kernel.settings import Settings
from tests.conftest import MASTER_KEY
from tests.kernel.conftest import open_app
from tests.redis_server import Redis


@pytest.fixture
async def pair(redis: Redis) -> AsyncGenerator[list[Limits]]:
    """The limits of two processes."""
    made = [Limits(SharedCounts(redis.url, "test")) for _ in range(2)]
    await until_together(made)
    yield made
    for limits in made:
        await limits.close()


async def until_together(limits: list[Limits]) -> None:
    async with asyncio.timeout(15):
        while [await each.reason() for each in limits] != [None] * len(limits):
            await asyncio.sleep(0.05)


def test_tokens_flow_back_over_a_minute() -> None:
    counts = Counts()
    assert [counts.take("door", 2, 0.0) for _ in range(3)] == [
        Answer(allowed=True, left=1, seconds=30),
        Answer(allowed=True, left=0, seconds=60),
        Answer(allowed=False, left=0, seconds=30),
    ]
    assert not counts.take("door", 2, 29.0).allowed
    assert counts.take("door", 2, 30.0).allowed


def test_a_dear_request_takes_more_and_what_is_given_back_fills_no_bucket_over_its_brim() -> None:
    counts = Counts()
    assert counts.take("door", 60, 0.0, 50) == Answer(allowed=True, left=10, seconds=50)
    assert counts.take("door", 60, 0.0, 30) == Answer(allowed=False, left=10, seconds=20)
    assert counts.take("door", 60, 0.0, -1).left == 11
    assert counts.take("door", 60, 0.0, -100).left == 60


async def test_what_one_process_gives_back_the_others_have(pair: list[Limits]) -> None:
    [here, there] = pair
    assert (await here.take("door", 50, 40)).left == 10
    refused = await there.take("door", 50, 30)
    assert (refused.allowed, there._own._buckets["door"].tokens < 21) == (False, True)
    for _ in range(20):
        await here.give_back("door", 50)
    assert 30 <= (await there.take("door", 50, 0)).left <= 35
    assert (await there.take("door", 50, -1000)).left == 50, "no bucket is fuller than full"


async def test_two_processes_count_together_and_none_is_lost(pair: list[Limits]) -> None:
    # A few may flow back while the test runs.
    answers = await asyncio.gather(*(pair[number % 2].take("door", 50) for number in range(80)))
    assert 50 <= sum(answer.allowed for answer in answers) <= 55
    refused = await pair[0].take("door", 50)
    assert not refused.allowed
    assert 0 < refused.seconds <= 1.2
    assert (await pair[0].take("other door", 50)).left == 49


async def test_without_redis_each_counts_for_itself_and_says_so_once(redis: Redis, pair: list[Limits]) -> None:
    [here, there] = pair
    await here.take("door", 3)
    redis.kill()
    with capture_logs() as lines:
        allowed = [(await each.take("door", 3)).allowed for each in (here, here, here, there, there, there, there)]
    assert allowed == [True, True, False, True, True, True, False]
    assert len([line for line in lines if "each process alone" in line["event"]]) == 2
    assert (await here.reason(), await there.reason()) == (ALONE, ALONE)
    redis.again()
    await until_together(pair)
    for each in (here, there, here):
        await each.take("new door", 3)
    assert not (await there.take("new door", 3)).allowed


@pytest.fixture
async def nodes(
    redis: Redis, database_url: str, settings: Settings
) -> AsyncGenerator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """A stranger's way to two web processes with one Redis."""
    shared = settings.model_copy(update={"redis_url": SecretStr(redis.url)})
    async with (
        open_runtime(shared, database_url, MASTER_KEY) as here,
        open_runtime(shared, database_url, MASTER_KEY) as there,
        unknown(here) as first,
        unknown(there) as second,
    ):
        await until_together([here.limits, there.limits])
        yield first, second


def unknown(runtime: Runtime) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=open_app(runtime), raise_app_exceptions=False, client=("10.9.8.7", 50000))
    return httpx.AsyncClient(transport=transport, base_url="http://gamekeeper.test")


async def test_a_stranger_gains_nothing_by_asking_another_web_process(
    redis: Redis, nodes: tuple[httpx.AsyncClient, httpx.AsyncClient]
) -> None:
    [here, there] = nodes
    answers = [await client.get("/api/v1/me") for _ in range(60) for client in nodes]
    assert {answer.status_code for answer in answers} == {401, 429}
    assert answers[99].status_code == 401
    refused = await here.get("/api/v1/me")
    while refused.status_code != 429:  # a slow machine gave a token back
        refused = await here.get("/api/v1/me")
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["ratelimit-remaining"] == "0"

    redis.kill()
    # What each counted for itself stands: 60 of 100.
    assert (await here.get("/api/v1/me")).status_code == 401
    assert (await there.get("/api/v1/me")).status_code == 401
    ready = (await here.get("/ready")).json()
    assert {"name": "limits", "ready": True, "reason": ALONE} in ready["parts"]


@pytest.mark.parametrize(
    ("ip", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_whole_connection_is_counted_not_its_addresses(ip: str, counted: str) -> None:
    assert neighborhood(ip) == counted
    assert stranger(ip) == f"ip:{counted}"


async def test_neighbors_share_a_bucket() -> None:
    limits = Limits()
    with pytest.raises(TooManyRequests):
        for number in range(2000):
            await limits.spend_as_stranger(f"2001:db8::{number:x}")
