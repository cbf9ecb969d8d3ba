"""The parts of the program, together in one process or each in its own: web, gateway, worker."""

import asyncio
import gc
import socket
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI

from gamekeeper.app import build, furnish
from gamekeeper.commands.holding import holding
from gamekeeper.commands.listening import listen
from gamekeeper.commands.migrate import expect_up_to_date
from gamekeeper.commands.process import ground, opened
from gamekeeper.commands.web import serve_web
from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.worker.loop import work
from gamekeeper.modules.fleet.gateway.server import serve_gateway

log = structlog.get_logger(__name__)


async def web(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the API, the sockets and the user interface until `stop`."""
    listening = listen(settings.host, settings.port, "GAMEKEEPER_PORT")
    async with ground(settings) as found:
        await expect_up_to_date(found)
        with holding(settings.data, settings.port):
            async with opened(found) as runtime:
                await serve_web(web_app(runtime), listening, stop, asyncio.Event())


async def gateway(settings: Settings, stop: asyncio.Event) -> None:
    """Serve agents until `stop`, then ask them to come back at moments of their own choice."""
    listening = listen(settings.agent_host, settings.agent_port, "GAMEKEEPER_AGENT_PORT")
    furnish()
    async with ground(settings) as found:
        await expect_up_to_date(found)
        with holding(settings.data, settings.agent_port):
            async with opened(found) as runtime:
                await serve_agents(runtime, listening, stop)


async def serve_agents(runtime: Runtime, listening: socket.socket, stop: asyncio.Event) -> None:
    """The gateway until `stop`, begun again when the database was lost while it began."""
    while not stop.is_set():
        try:
            with runtime.health.up("gateway"):
                # A copy, because the gateway closes what it is given.
                await serve_gateway(runtime, [listening.dup()], stop)
        except DATABASE_LOST as error:
            log.warning("the gateway lost the database and begins again", error=str(error))
            await asyncio.sleep(1)
    listening.close()


async def worker(settings: Settings, stop: asyncio.Event) -> None:
    """Run jobs, timers and schedules until `stop`; what runs then may end."""
    furnish()
    async with ground(settings) as found:
        await expect_up_to_date(found)
        async with opened(found) as runtime:
            await until(stop, work(runtime))


async def until(stop: asyncio.Event, running: Coroutine[Any, Any, None]) -> None:
    """Run it until `stop`, then cancel it and wait for its clean-up. It does not end by itself, but it may raise."""
    task = asyncio.create_task(running)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        if not stop.is_set():
            raise


def web_app(runtime: Runtime) -> FastAPI:
    """The web app on a runtime that somebody else opens and closes."""
    app = build(partial(_lent, runtime), https=runtime.settings.origin.startswith("https:"))
    # Routes, models and validators are most of what this process ever holds, and stay. The garbage collector would
    # walk through them again and again, which took a tenth of every request.
    gc.collect()
    gc.freeze()
    return app


@asynccontextmanager
async def _lent(runtime: Runtime) -> AsyncGenerator[Runtime]:
    yield runtime
