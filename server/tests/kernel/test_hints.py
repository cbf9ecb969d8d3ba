"""Hints between processes, through PostgreSQL and through Redis, also when the carrier dies in between."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import asyncpg
import pytest

from gamekeeper.kernel.hints import Hints
from gamekeeper.kernel.transports import PostgresTransport, RedisTransport
from tests.redis_server import Redis

Make = Callable[[], Hints]


@pytest.fixture(params=["postgres", "redis"])
async def pair(request: pytest.FixtureRequest, database_url: str) -> AsyncGenerator[tuple[Hints, Hints]]:
    """Two processes' hints on one carrier."""
    if request.param == "redis":
        server: Redis = request.getfixturevalue("redis")
        made = [Hints(RedisTransport(f"redis://127.0.0.1:{server.port}", "test")) for _ in range(2)]
    else:
        made = [Hints(PostgresTransport(database_url)) for _ in range(2)]
    for hints in made:
        await hints.open()
    await until(lambda: all(hints.connected for hints in made))
    yield made[0], made[1]
    for hints in made:
        await hints.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_poke_wakes_here_at_once_and_elsewhere_soon(pair: tuple[Hints, Hints]) -> None:
    here, there = pair
    heard: list[str] = []
    here.listen("doors", lambda keys: heard.append(f"here {sorted(keys)}"))
    there.listen("doors", lambda keys: heard.append(f"there {sorted(keys)}"))
    here.poke("doors", "1", "2")
    assert heard == ["here ['1', '2']"]
    await until(lambda: "there ['1', '2']" in heard)
    await asyncio.sleep(0.05)
    assert heard.count("here ['1', '2']") == 1  # one's own message is not taken twice


async def test_many_pokes_travel_together_without_losing_a_key(pair: tuple[Hints, Hints]) -> None:
    here, there = pair
    heard: set[str] = set()
    calls = 0

    def listen(keys: frozenset[str]) -> None:
        nonlocal calls, heard
        heard |= keys
        calls += 1

    there.listen("doors", listen)
    keys = {f"key {number:04}" for number in range(2000)}
    for key in keys:
        here.poke("doors", key)
    await until(lambda: heard == keys)
    assert calls < 100


async def test_of_values_told_at_once_the_newest_arrives(pair: tuple[Hints, Hints]) -> None:
    here, there = pair
    heard: list[dict[str, int]] = []
    there.hear("angles", heard.append)
    for angle in range(5):
        here.tell("angles", "door 1", {"angle": angle})
    await until(lambda: heard)
    await asyncio.sleep(0.05)
    assert heard == [{"angle": 4}]


async def test_after_redis_died_hints_go_on(redis: Redis) -> None:
    here, there = (Hints(RedisTransport(f"redis://127.0.0.1:{redis.port}", "test")) for _ in range(2))
    heard: list[frozenset[str]] = []
    there.listen("doors", heard.append)
    for hints in (here, there):
        await hints.open()
    await until(lambda: here.connected and there.connected)
    redis.kill()
    await until(lambda: not there.connected)
    here.poke("doors", "lost")
    redis.again()
    await until(lambda: here.connected and there.connected)
    # Whatever happened meanwhile may have been missed, and so everybody is woken.
    assert frozenset() in heard
    await until(lambda: here.poke("doors", "found") or frozenset({"found"}) in heard)
    for hints in (here, there):
        await hints.close()


async def test_closing_ends_whatever_the_carrier_is_about(redis: Redis) -> None:
    async def once(number: int) -> None:
        hints = Hints(RedisTransport(f"redis://127.0.0.1:{redis.port}", "test"))
        await hints.open()
        # Each closes at another point of connecting, subscribing and sending.
        for _ in range(number):
            hints.poke("doors", "1")
            await asyncio.sleep(0.0005)
        async with asyncio.timeout(15):
            await hints.close()

    for base in range(0, 100, 20):
        await asyncio.gather(*(once(base + number) for number in range(20)))


async def test_after_its_connection_was_cut_postgres_carries_hints_again(database_url: str) -> None:
    here, there = (Hints(PostgresTransport(database_url)) for _ in range(2))
    heard: list[frozenset[str]] = []
    there.listen("doors", heard.append)
    for hints in (here, there):
        await hints.open()
    await until(lambda: here.connected and there.connected)
    app = await asyncpg.connect(database_url)
    # Only this test's own: others of the same database would be cut off as well.
    for hints in (here, there):
        pid: int = getattr(getattr(hints, "_transport"), "_connection").get_server_pid()  # noqa: B009
        await app.execute("SELECT pg_terminate_backend($1)", pid)
    await app.close()
    heard.clear()
    await until(lambda: here.poke("doors", "found") or frozenset({"found"}) in heard)
    for hints in (here, there):
        await hints.close()


async def test_what_is_too_large_to_travel_takes_nothing_along(pair: tuple[Hints, Hints]) -> None:
    here, there = pair
    told: list[object] = []
    poked: set[str] = set()
    there.hear("live", told.append)
    there.listen("doors", poked.update)
    here.poke("doors", "1")
    here.tell("live", "large", "\N{SNOWMAN}" * 3000)
    here.tell("live", "small", "x")
    await until(lambda: told and poked)
    assert (told, poked) == (["x"], {"1"})
