"""`gamekeeper demo`: a venue to look at."""

import asyncio
import logging

import click

from gamekeeper.app import furnish
from gamekeeper.commands.failures import StartRefused
from gamekeeper.commands.migrate import bring_up_to_date
from gamekeeper.commands.process import ground, opened
from gamekeeper.kernel.entrance.setup.service import ensure_first_owner
from gamekeeper.kernel.settings import Settings
from gamekeeper.simulate.demo.run import NobodyToShow, fill, live


async def start(settings: Settings, stop: asyncio.Event, *, machines: bool) -> None:
    """Fill the demo's organization, then run its machines until `stop`. Raises StartRefused."""
    furnish()
    logging.getLogger("gamekeeper_agent").setLevel(logging.CRITICAL)
    async with ground(settings) as found:
        await bring_up_to_date(found)
        async with opened(found) as runtime:
            await ensure_first_owner(runtime)
            try:
                demo = await fill(runtime, click.echo)
            except NobodyToShow as error:
                raise StartRefused(error.message) from error
            click.echo(f"The demo is filled. Look at it: {settings.origin}")
            if machines:
                await live(runtime, demo, stop, click.echo)
