"""`gamekeeper ledger check`: the books of all organizations, recomputed from the postings."""

import asyncio

import click

from gamekeeper.commands.failures import StartRefused, refused
from gamekeeper.commands.migrate import expect_up_to_date
from gamekeeper.commands.process import ground, opened
from gamekeeper.kernel.settings import Settings
from gamekeeper.modules.venue import public as venue


async def check(settings: Settings, _stop: asyncio.Event) -> None:
    """Say what was checked. Raises StartRefused when something differs, after naming each difference."""
    async with ground(settings) as found:
        await expect_up_to_date(found)
        async with opened(found) as runtime:
            with refused(settings):
                checked = await venue.check(runtime.database)
    for difference in checked.differences:
        click.echo(str(difference))
    if checked.differences:
        raise StartRefused(f"The ledger does not add up: {len(checked.differences)} differences, listed above.")
    click.echo(f"The ledger adds up: {checked.accounts} accounts, {checked.transfers} transfers, no difference.")
