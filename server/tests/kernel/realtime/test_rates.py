"""What a signed-in socket asks for is counted with its person's requests."""

import httpx
import pytest

from gamekeeper.kernel.limits import ANONYMOUS_PER_MINUTE, stranger
from gamekeeper.kernel.runtime import Runtime
from tests.page import Browser, browser
from tests.world import World

COMMAND = {"device_id": "0192aaaa-0000-7000-8000-000000000000", "action": "logs"}


async def asks(page: Browser, event: str, **data: object) -> str:
    await page.send(event, **data)
    answer = await page.next()
    return answer["data"]["code"] if answer["event"] == "error" else answer["event"]


async def test_each_topic_counts_like_a_request(address: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamekeeper.kernel.limits.ACTOR_PER_MINUTE", 4)
    async with browser(address, world.token(world.ada)) as page:
        assert await asks(page, "subscribe", topics=["audit", "members", "jobs", "devices"]) == "too_many_requests"
        assert await asks(page, "subscribe", topics=["audit", "members", "jobs"]) == "subscribed"
        assert await asks(page, "subscribe", topics=["audit"]) == "too_many_requests"


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("subscribe", {"topics": ["audit"]}),
        ("subscribe", {"topics": ["audit"], "since": "1.1"}),
        ("command", COMMAND),
        ("authenticate", {}),
    ],
)
async def test_a_socket_is_no_way_around_the_limit(
    address: str, world: World, runtime: Runtime, event: str, data: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamekeeper.kernel.limits.ACTOR_PER_MINUTE", 2)  # so that nothing flows back meanwhile
    data = data or {"token": world.token(world.ada)}
    runtime.limits.forget()
    async with browser(address, world.token(world.ada)) as page:
        assert await asks(page, "subscribe", topics=["audit"]) == "subscribed"
        await page.send(event, **data)
        answer = await page.next()
        assert (answer["event"], answer["data"]["code"]) == ("error", "too_many_requests")
        assert answer["data"]["retry_after"] >= 1
        # It goes on, and what asks for nothing is free.
        assert await asks(page, "unsubscribe", topics=["audit"]) == "unsubscribed"
        await (await page.socket.ping())
        # A new one of the same person is told the same, and its address does not pay for it.
        async with browser(address) as another:
            assert (await another.sign_in(world.token(world.ada)))["data"]["code"] == "too_many_requests"
            ended = (await another.closed()).rcvd
    assert ended is not None
    assert ended.code == 4429
    assert (await runtime.limits.take(stranger("127.0.0.1"), ANONYMOUS_PER_MINUTE, 0)).left == ANONYMOUS_PER_MINUTE


async def test_a_socket_and_requests_share_a_bucket(
    address: str, world: World, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamekeeper.kernel.limits.ACTOR_PER_MINUTE", 2)
    async with browser(address, world.token(world.ada)) as page:
        assert (await client.get("/api/v1/teams")).status_code == 200
        assert await asks(page, "subscribe", topics=["audit"]) == "too_many_requests"
    assert (await client.get("/api/v1/teams")).status_code == 429
