"""A page in a browser as the live socket knows it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection, connect

from gamekeeper.kernel.events.log import Cursor
from gamekeeper.kernel.runtime import Runtime


class Browser:
    """A client that remembers what it read while it looked for something else."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, event: str, **data: Any) -> None:
        await self.socket.send(json.dumps({"event": event, "data": data}))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while True:
                frame = json.loads(await self.socket.recv())
                if frame["event"] != "tick":
                    return frame

    async def sign_in(self, token: str) -> dict[str, Any]:
        await self.send("authenticate", token=token)
        return await self.next()

    async def closed(self) -> ConnectionClosed:
        with pytest.raises(ConnectionClosed) as ended:
            async with asyncio.timeout(30):
                while True:
                    await self.socket.recv()
        return ended.value


async def caught_up(app: FastAPI, organization_id: UUID) -> None:
    """Wait until all that has happened so far has gone out, so that a page which begins now hears what comes next."""
    runtime: Runtime = app.state.runtime
    async with runtime.database.read(organization_id) as connection:
        newest = await connection.fetchrow(
            "SELECT xid::text AS xid, position FROM events ORDER BY events.xid DESC, position DESC LIMIT 1"
        )
    async with asyncio.timeout(30):
        while newest is not None and app.state.hub.cursor < Cursor(int(newest["xid"]), newest["position"]):
            await asyncio.sleep(0.01)


@asynccontextmanager
async def browser(address: str, token: str | None = None, **options: Any) -> AsyncGenerator[Browser]:
    async with connect(f"ws://{address}/ws", **options) as socket:
        opened = Browser(socket)
        if token is not None:
            assert (await opened.sign_in(token))["event"] == "authenticated"
        yield opened
