"""The web part: uvicorn on a socket that is already ours, ended by us."""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from fastapi import FastAPI

from gamekeeper.kernel.realtime.connection import MOST_MESSAGE_BYTES, LiveSocket

_GRACE_SECONDS = 5


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to the process, which has more to end than the web."""
        yield


def configuration(app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves the app."""
    return uvicorn.Config(
        app,
        http="httptools",
        ws=LiveSocket,
        ws_max_size=MOST_MESSAGE_BYTES,
        # Small frames in great numbers: compressing each costs more than it saves.
        ws_per_message_deflate=False,
        # Entered below: uvicorn would end the whole process when the app does not open.
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Which proxies to believe is decided in one place, by the kernel.
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


async def serve_web(app: FastAPI, listening: socket.socket, stop: asyncio.Event, ready: asyncio.Event) -> None:
    """Serve until `stop`, then give open requests five seconds; `ready` is set once the app has opened."""
    server = _Server(configuration(app))
    async with app.router.lifespan_context(app), asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listening]))
        stopping = tasks.create_task(_stop(server, stop))
        serving.add_done_callback(lambda _: stopping.cancel())
        ready.set()


async def _stop(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
