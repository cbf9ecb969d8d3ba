"""What a peer may send or leave unread: it costs the server little, and the peer is told why it ends."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI
from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection, connect

from gamekeeper.kernel.realtime.client import MOST_WAITING_FRAMES
from gamekeeper.kernel.realtime.connection import MOST_MESSAGE_BYTES
from gamekeeper.kernel.realtime.frames import MOST_FRAME_BYTES, Close
from tests.page import browser
from tests.world import World

TOO_BIG = 1009


async def ended(socket: ClientConnection) -> tuple[int, str]:
    """The code and the reason with which the server ends the socket."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(15):
            while True:
                await socket.recv()
    assert closed.value.rcvd is not None, "it ended without a word"
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def test_a_message_without_end_is_not_collected(address: str) -> None:
    sent = 0

    async def endless() -> AsyncGenerator[str]:
        nonlocal sent
        while True:
            yield "x" * 10_000
            sent += 10_000

    async with connect(f"ws://{address}/ws") as socket:
        sending = asyncio.create_task(socket.send(endless()))
        code, reason = await ended(socket)
        with pytest.raises(ConnectionClosed):
            await sending
    assert code == TOO_BIG
    assert str(MOST_MESSAGE_BYTES) in reason


@pytest.mark.parametrize("size", [MOST_MESSAGE_BYTES + 1, 2_000_000])
async def test_a_huge_frame_ends_with_a_reason_that_arrives(address: str, world: World, size: int) -> None:
    async with browser(address, world.token(world.ada)) as page:
        sending = asyncio.create_task(page.socket.send("x" * size))
        code, reason = await ended(page.socket)
        await asyncio.wait({sending})
    assert (code, str(size) in reason) == (TOO_BIG, True)
    sending.exception()


@pytest.mark.parametrize("text", ["x" * (MOST_FRAME_BYTES + 1), "ä" * (MOST_FRAME_BYTES // 2 + 1)])
async def test_a_frame_that_is_a_little_too_large_is_told_the_limit(address: str, world: World, text: str) -> None:
    async with browser(address, world.token(world.ada)) as page:
        await page.socket.send(text)
        assert await ended(page.socket) == (Close.BAD_FRAME, "A frame may have at most 65536 bytes.")


async def test_a_peer_that_reads_nothing_is_let_go(address: str, world: World, app: FastAPI) -> None:
    token = world.token(world.ada)
    async with browser(address, token) as page:
        [client] = [each for each in app.state.hub.clients if each.credential == token]
        page.socket.transport.pause_reading()
        async with asyncio.timeout(30):
            while client.closing is None:
                for _ in range(MOST_WAITING_FRAMES // 10):
                    client.push("y" * 900)
                await asyncio.sleep(0.01)
            while client in app.state.hub.clients:
                await asyncio.sleep(0.05)
        page.socket.transport.abort()


async def test_what_comes_behind_a_refused_frame_breaks_nothing(address: str) -> None:
    broken: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: broken.append(context))
    try:
        async with connect(f"ws://{address}/ws") as socket:
            socket.protocol.send_text(b"\xff\xfe")
            socket.protocol.send_ping(b"still there?")
            socket.transport.write(b"".join(socket.protocol.data_to_send()))
            assert (await ended(socket))[0] == 1007
    finally:
        loop.set_exception_handler(None)
    assert not broken
