"""A socket that does not take what is sent: facts are never dropped, so it is closed; values are replaced."""

import asyncio
from typing import Any

from gamekeeper.kernel.caller import NO_REQUEST
from gamekeeper.kernel.realtime.client import MOST_WAITING_FRAMES, Client
from gamekeeper.kernel.realtime.frames import Close


async def written(client: Client, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        await client.write()
    return sent


async def test_a_client_that_is_too_slow_is_closed_with_a_reason() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    client = Client(send, NO_REQUEST)
    for number in range(MOST_WAITING_FRAMES + 1):
        client.offer(str(number))
    assert (await written(client, sent)) == [
        {"type": "websocket.close", "code": int(Close.TOO_SLOW), "reason": client.closing[1]}  # type: ignore[index]
    ]


async def test_facts_keep_their_order_and_go_before_values() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message.get("text") == "value 2":
            client.close(Close.RESTART, "")

    client = Client(send, NO_REQUEST)
    client.newest("k", "value 1")
    client.offer("fact 1")
    client.newest("k", "value 2")
    client.offer("fact 2")
    texts = [message.get("text") for message in await written(client, sent)]
    assert texts == ["fact 1", "fact 2", "value 2", None]


async def test_nothing_is_kept_for_a_socket_that_ends() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    client = Client(send, NO_REQUEST)
    client.push("before")
    client.close(Close.REVOKED, "", drop=False)
    client.push("fact")
    client.newest("k", "value")
    assert [message.get("text") for message in await written(client, sent)] == ["before", None]
