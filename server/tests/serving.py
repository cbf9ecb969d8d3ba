"""The app on a real server: the very one that people start."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gamekeeper.commands.web import serve_web


@asynccontextmanager
async def served(app: FastAPI) -> AsyncGenerator[str]:
    """`host:port` where the app answers until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve_web(app, listening, stop, ready))
    opened = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, opened}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        opened.cancel()
        await serving
    host, port = listening.getsockname()
    yield f"{host}:{port}"
    stop.set()
    await serving
