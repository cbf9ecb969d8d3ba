"""A page in a browser as the live socket knows it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection, connect


class Browser:
    """A client that remembers what it read while it looked for something else."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, event: str, **data: Any) -> None:
        await self.socket.send(json.dumps({"event": event, "data": data}))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            while True:
                frame = json.loads(await self.socket.recv())
                if frame["event"] != "tick":
                    return frame

    async def sign_in(self, token: str) -> dict[str, Any]:
        await self.send("authenticate", token=token)
        return await self.next()

    async def closed(self) -> ConnectionClosed:
        with pytest.raises(ConnectionClosed) as ended:
            async with asyncio.timeout(5):
                while True:
                    await self.socket.recv()
        return ended.value


@asynccontextmanager
async def browser(address: str, token: str | None = None, **options: Any) -> AsyncGenerator[Browser]:
    async with connect(f"ws://{address}/ws", **options) as socket:
        opened = Browser(socket)
        if token is not None:
            assert (await opened.sign_in(token))["event"] == "authenticated"
        yield opened
