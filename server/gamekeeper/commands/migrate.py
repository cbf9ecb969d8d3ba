"""`gamekeeper migrate`: roles and tables, under a lock that other starting processes wait for."""

import asyncio

import click
from alembic import command
from alembic.util import CommandError

from gamekeeper.app import furnish
from gamekeeper.commands.failures import StartRefused, refused
from gamekeeper.commands.process import Ground, ground
from gamekeeper.kernel.database import migrate as migrations
from gamekeeper.kernel.settings import Settings


async def migrate(settings: Settings, _stop: asyncio.Event) -> None:
    """Bring the database to this version and say so."""
    async with ground(settings) as found:
        await bring_up_to_date(found)
    click.echo("The database is up to date.")


async def bring_up_to_date(found: Ground) -> None:
    """Make the roles and run what is missing. Raises StartRefused."""
    with refused(found.settings):
        await migrations.migrate(found.owner_url, found.roles, found.key)


async def check(settings: Settings, _stop: asyncio.Event) -> None:
    """Compare the database with the models. Raises StartRefused when they differ."""
    furnish()
    async with ground(settings) as found:
        try:
            with refused(settings):
                await migrations.run(found.owner_url, found.roles, command.check)
        except CommandError as error:
            raise StartRefused(f"{error} Run gamekeeper migrate, or write the missing migration.") from error
    click.echo("Database, migrations and models agree.")
