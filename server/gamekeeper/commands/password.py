"""`gamekeeper password EMAIL`: a way back in for somebody who forgot the password, where no mail can be sent."""

import asyncio

import click

from gamekeeper.commands.failures import StartRefused
from gamekeeper.commands.process import ground, opened
from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.identity.reset.service import reset_link
from gamekeeper.kernel.settings import Settings


async def password(settings: Settings, _stop: asyncio.Event, email: str) -> None:
    """Print a one-time link. The password of so far holds until it is used."""
    async with ground(settings) as found, opened(found) as runtime:
        try:
            link = await reset_link(runtime, email)
        except NotFound as error:
            raise StartRefused(error.message) from error
    click.echo(link)
