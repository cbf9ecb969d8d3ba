"""`gamekeeper up`: everything in one process, on one event loop."""

import asyncio
from contextlib import AsyncExitStack

import click

from gamekeeper.commands.failures import refused
from gamekeeper.commands.holding import holding
from gamekeeper.commands.listening import listen
from gamekeeper.commands.migrate import bring_up_to_date
from gamekeeper.commands.own_agent import keep_own_agent
from gamekeeper.commands.parts import serve_agents, until, web_app
from gamekeeper.commands.process import ground, opened
from gamekeeper.commands.web import serve_web
from gamekeeper.kernel.background import background
from gamekeeper.kernel.entrance.setup.service import ensure_first_owner, setup_link
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.worker.loop import work


async def up(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop`. Raises StartRefused."""
    web_listening = listen(settings.host, settings.port, "GAMEKEEPER_PORT")
    agents_listening = listen(settings.agent_host, settings.agent_port, "GAMEKEEPER_AGENT_PORT")
    async with AsyncExitStack() as stack:
        found = await stack.enter_async_context(ground(settings))
        for port in (settings.port, settings.agent_port):
            stack.enter_context(holding(settings.data, port))
        if found.embedded is not None:
            await stack.enter_async_context(background(postgres=found.embedded.supervise))
        await bring_up_to_date(found)
        runtime = await stack.enter_async_context(opened(found))
        runtime.health.expect("gateway", "jobs")
        app = web_app(runtime)
        with refused(settings):
            await ensure_first_owner(runtime)
        async with asyncio.TaskGroup() as tasks:
            ready = asyncio.Event()
            tasks.create_task(serve_web(app, web_listening, stop, ready))
            tasks.create_task(serve_agents(runtime, agents_listening, stop))
            tasks.create_task(until(stop, work(runtime)))
            await ready.wait()
            if settings.own_agent:
                tasks.create_task(until(stop, keep_own_agent(runtime)))
            await _announce(runtime)


async def _announce(runtime: Runtime) -> None:
    settings = runtime.settings
    link = await setup_link(runtime)
    click.echo(f"\n  Gamekeeper runs at {settings.origin}")
    if link is not None:
        click.echo(f"  Set it up, once:   {link}")
    click.echo(f"  Agents connect to  {settings.agent_public_host or settings.agent_host}:{settings.agent_port}")
    click.echo(f"  Its data is in     {settings.data.absolute()}\n  Ctrl-C stops it.\n")
