"""Sockets of strangers: few at a time, few failures a minute; and nobody who is known pays for them."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from itertools import islice
from uuid import UUID

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs
from websockets import InvalidStatus, Response

from gamekeeper.kernel.caller import NO_REQUEST, Authenticated, RequestFacts
from gamekeeper.kernel.limits import ANONYMOUS_PER_MINUTE, Limits, stranger
from gamekeeper.kernel.realtime import socket
from gamekeeper.kernel.realtime.anteroom import (
    MOST_WAITING_SOCKETS,
    OPENINGS_PER_MINUTE,
    Anteroom,
    TooManyOpenedSockets,
    TooManyWaitingSockets,
)
from gamekeeper.kernel.realtime.client import Client
from gamekeeper.kernel.realtime.frames import Close
from gamekeeper.kernel.runtime import Runtime
from tests.page import browser
from tests.world import World

HERE = "127.0.0.1"


@pytest.fixture(autouse=True)
async def no_counts(runtime: Runtime) -> AsyncGenerator[None]:
    """All tests' sockets come from one address."""
    runtime.limits.forget()
    yield
    runtime.limits.forget()


async def left(runtime: Runtime) -> int:
    """What a stranger of this address has left, after this look."""
    return (await runtime.limits.take(stranger(HERE), ANONYMOUS_PER_MINUTE)).left


@pytest.mark.parametrize(
    "first",
    [
        {"event": "authenticate", "data": {"token": "made up"}},
        {"event": "authenticate", "data": {}},
        {"event": "subscribe", "data": {"topics": ["audit"]}},
        {"event": 5},
    ],
)
async def test_failures_are_counted_and_then_refused(address: str, runtime: Runtime, first: dict[str, object]) -> None:
    async def fails() -> tuple[int, str]:
        async with browser(address) as page:
            await page.socket.send(json.dumps(first))
            told = await page.next()
            ended = (await page.closed()).rcvd
            assert ended is not None
            return ended.code, told["data"]["code"]

    assert (await fails())[0] == Close.UNAUTHENTICATED
    assert await left(runtime) == ANONYMOUS_PER_MINUTE - 2
    while await left(runtime):
        continue
    assert await fails() == (Close.TOO_MANY, "too_many_requests")


async def test_who_signs_in_is_not_charged_to_the_address_nor_refused_for_it(
    address: str, world: World, runtime: Runtime
) -> None:
    token = world.token(world.ada)
    async with browser(address, token):
        assert await left(runtime) == ANONYMOUS_PER_MINUTE - 1
    while await left(runtime):
        continue
    async with browser(address, token) as page:
        await page.send("subscribe", topics=["audit"])
        assert (await page.next())["event"] == "subscribed"


async def test_who_says_nothing_is_sent_away(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "AUTHENTICATE_SECONDS", 0.1)
    async with browser(address) as page:
        ended = (await page.closed()).rcvd
    assert ended is not None
    assert (ended.code, ended.reason) == (4408, "The first frame must authenticate, within 10 seconds.")


async def test_of_each_address_only_some_sockets_wait_to_sign_in(address: str, world: World, app: FastAPI) -> None:
    async with AsyncExitStack() as opened:
        waiting = [await opened.enter_async_context(browser(address)) for _ in range(MOST_WAITING_SOCKETS)]
        with pytest.raises(InvalidStatus) as refused:
            await opened.enter_async_context(browser(address))
        answer = refused.value.response
        assert (answer.status_code, json.loads(answer.body or b"")["code"]) == (429, "too_many_waiting_sockets")
        assert answer.headers["retry-after"] == "5"
        await waiting[0].sign_in(world.token(world.ada))
        assert await (await opened.enter_async_context(browser(address, world.token(world.ada)))).socket.ping()
    async with asyncio.timeout(10):
        while app.state.hub.anteroom._waiting:
            await asyncio.sleep(0.01)


async def test_another_address_has_a_room_of_its_own() -> None:
    async def send(_message: dict[str, object]) -> None:
        await asyncio.sleep(0)

    room = Anteroom(Limits())
    first = Client(send, NO_REQUEST)
    await room.enter(first)
    for _ in range(MOST_WAITING_SOCKETS - 1):
        await room.enter(Client(send, NO_REQUEST))
    with pytest.raises(TooManyWaitingSockets):
        await room.enter(Client(send, NO_REQUEST))
    await room.enter(Client(send, RequestFacts(ip="192.0.2.9")))
    room.leave(first)
    room.leave(first)
    await room.enter(Client(send, NO_REQUEST))


async def open_and_leave(address: str) -> Response | None:
    """The refusal, if it was one."""
    try:
        async with browser(address):
            return None
    except InvalidStatus as error:
        return error.response


async def test_sockets_that_are_opened_and_left_are_counted_and_then_refused(
    address: str, world: World, runtime: Runtime
) -> None:
    while (await runtime.limits.take(f"socket:{HERE}", OPENINGS_PER_MINUTE)).left > 3:
        continue
    for _ in range(20):  # whoever signs in costs the address nothing
        async with browser(address, world.token(world.ada)):
            pass
    # Each takes a moment, in which a part of one flows back: several at a time.
    answer = None
    while answer is None:
        opened = await asyncio.gather(*(open_and_leave(address) for _ in range(10)))
        answer = next((refused for refused in opened if refused is not None), None)
    assert (answer.status_code, json.loads(answer.body or b"")["code"]) == (429, "too_many_opened_sockets")
    assert int(answer.headers["retry-after"]) >= 1
    assert await left(runtime) == ANONYMOUS_PER_MINUTE - 1, "their requests are counted by themselves"


async def test_neighbors_open_sockets_together_and_what_signs_in_is_given_back() -> None:
    async def send(_message: dict[str, object]) -> None:
        await asyncio.sleep(0)

    room = Anteroom(Limits())
    clients = (Client(send, RequestFacts(ip=f"2001:db8::{number:x}")) for number in range(10**6))
    for client in islice(clients, 1000):
        await room.enter(client)
        await room.give_back(client)
        room.leave(client)
    with pytest.raises(TooManyOpenedSockets):
        for client in islice(clients, 2 * OPENINGS_PER_MINUTE):
            await room.enter(client)
            room.leave(client)
    await room.enter(Client(send, RequestFacts(ip="2001:db8:0:1::1")))
    assert len(room._waiting) == 1, "who was refused does not wait"


async def test_whatever_breaks_at_a_sign_in_is_told(
    address: str, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_runtime: Runtime, credential: str, _organization: UUID | None, *_: object) -> Authenticated:
        raise TypeError(credential)

    monkeypatch.setitem(app.state._state, "authenticate", broken)
    with capture_logs() as lines:
        async with browser(address) as page:
            assert (await page.sign_in("a secret"))["data"]["code"] == "frame_broken"
            ended = (await page.closed()).rcvd
    assert ended is not None
    assert ended.code == Close.BROKEN
    assert ended.reason.startswith("Something broke on our side.")
    assert [line["log_level"] for line in lines if line["event"] == "a socket's frame broke"] == ["error"]
