"""`gamekeeper up`: everything in one process, on one event loop."""

import asyncio
from contextlib import AsyncExitStack

import click

from gamekeeper.commands.listening import listen
from gamekeeper.commands.migrate import bring_up_to_date
from gamekeeper.commands.parts import opened, until, web_app
from gamekeeper.commands.process import ground
from gamekeeper.commands.web import serve_web
from gamekeeper.kernel.background import background
from gamekeeper.kernel.jobs.worker import work
from gamekeeper.kernel.settings import Settings


async def up(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop`. Raises StartRefused."""
    web_listening = listen(settings.host, settings.port, "GAMEKEEPER_PORT")
    async with AsyncExitStack() as stack:
        found = await stack.enter_async_context(ground(settings))
        if found.embedded is not None:
            await stack.enter_async_context(background(postgres=found.embedded.supervise))
        await bring_up_to_date(found)
        runtime = await stack.enter_async_context(opened(found))
        async with asyncio.TaskGroup() as tasks:
            ready = asyncio.Event()
            tasks.create_task(serve_web(web_app(runtime), web_listening, stop, ready))
            tasks.create_task(until(stop, work(runtime)))
            await ready.wait()
            click.echo(f"\n  Gamekeeper runs at {settings.origin}\n  Ctrl-C stops it.\n")
