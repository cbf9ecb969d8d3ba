"""What nobody of good will sends to the socket: each gets a named answer, and the socket goes on."""

import asyncio
import json
import time

import pytest
from fastapi import FastAPI
from websockets import InvalidStatus

from gamekeeper.kernel.caller import NO_REQUEST
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.realtime import revocation
from gamekeeper.kernel.realtime.client import MOST_WAITING_VALUES, Client
from gamekeeper.kernel.realtime.hub import Hub
from gamekeeper.kernel.realtime.revocation import Revocation
from gamekeeper.kernel.runtime import Runtime
from tests.page import browser
from tests.world import World

DEEP = '{"event":"x","data":{"a":' + "[" * 30_000 + "]" * 30_000 + "}}"
AHEAD = "9" * 19 + "." + "9" * 20


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(DEEP, "error", id="deep"),
        pytest.param("[" * 60_000, "error", id="deep and open"),
        pytest.param('{"event":"\\ud800"}', "error", id="half a character"),
        pytest.param("{", "error", id="cut off"),
        pytest.param(
            json.dumps({"event": "subscribe", "data": {"topics": ["audit"], "since": "\u00b2.1"}}),
            "snapshot-needed",
            id="a digit that is no number",
        ),
        pytest.param(
            json.dumps({"event": "subscribe", "data": {"topics": ["audit"], "since": f"{AHEAD}.{int(time.time())}"}}),
            "subscribed",
            id="a place far ahead",
        ),
        pytest.param(
            json.dumps({"event": "subscribe", "data": {"topics": ["audit"], "since": AHEAD}}),
            "snapshot-needed",
            id="a place of no time",
        ),
    ],
)
async def test_a_frame_of_ill_will_is_answered_and_the_socket_goes_on(
    address: str, world: World, text: str, answer: str
) -> None:
    async with browser(address, world.token(world.ada)) as page:
        await page.socket.send(text)
        assert (await page.next())["event"] == answer
        await page.send("subscribe", topics=["audit"])
        assert (await page.next())["event"] == "subscribed"


async def test_an_origin_that_is_no_address_may_not_connect(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with browser(address, additional_headers={"origin": "http://["}):
            pytest.fail("it was let in")
    assert refused.value.response.status_code == 403


async def test_values_of_many_keys_do_not_fill_the_memory() -> None:
    async def send(_message: dict[str, object]) -> None:
        await asyncio.Event().wait()

    client = Client(send, NO_REQUEST)
    for number in range(MOST_WAITING_VALUES + 10):
        client.newest(f"line {number}", str(number))
    waiting = [client._take() for _ in range(MOST_WAITING_VALUES)]
    assert waiting[0] == "10"
    assert waiting[-1] == str(MOST_WAITING_VALUES + 9)


async def test_a_topic_that_joins_while_others_are_checked_does_not_break_the_check(
    app: FastAPI, runtime: Runtime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(_message: dict[str, object]) -> None:
        await asyncio.Event().wait()

    client = Client(send, NO_REQUEST)
    client.who = world.ada
    client.topics |= {"members": None, "audit": None}

    async def joins_meanwhile(_ctx: Context, _name: str) -> None:
        client.topics["jobs"] = None

    monkeypatch.setattr(revocation.topics, "reach", joins_meanwhile)
    await Revocation(Hub(runtime), app.state.authenticate)._recheck_topics(world.ada, [client])
    assert client.topics.keys() == {"members", "audit", "jobs"}
