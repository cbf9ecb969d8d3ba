"""`gamekeeper secrets rotate`: a new master key, and everything sealed brought under it."""

import asyncio

import asyncpg
import click

from gamekeeper.commands.failures import StartRefused, refused
from gamekeeper.commands.process import Ground, ground, opened
from gamekeeper.kernel.database import migrate as migrations
from gamekeeper.kernel.keys.master_key import forget_retired, master_key, replace_file, retired_keys
from gamekeeper.kernel.keys.rotation import rewrap_all
from gamekeeper.kernel.settings import Settings

_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'gamekeeper%' AND pid <> pg_backend_pid()
"""


async def rotate(settings: Settings, _stop: asyncio.Event) -> None:
    """Make a new master key (or take the one from the environment) and rewrap; goes on where it was interrupted."""
    with refused(settings):
        if settings.master_key is not None and not retired_keys(settings):
            raise StartRefused(
                "Put the new key into GAMEKEEPER_MASTER_KEY and the present one into GAMEKEEPER_MASTER_KEY_RETIRED, "
                "then run this again."
            )
        if settings.master_key is None:
            master_key(settings)  # there is one, and it is sound, before anything is replaced
    async with ground(settings) as found:
        await _refuse_while_running(found)
    if settings.master_key is None:
        with refused(settings):
            replace_file(settings)
    async with ground(settings) as found:
        # The application role's password comes from the master key, so it changes too.
        with refused(settings):
            await migrations.migrate(found.owner_url, found.roles, found.key)
        async with opened(found) as runtime:
            with refused(settings):
                done = await rewrap_all(runtime.database, runtime.keyring)
    forget_retired(settings)
    click.echo(f"{done} secrets are under the new master key. Back it up; the old one is needed no more.")


async def _refuse_while_running(found: Ground) -> None:
    with refused(found.settings):
        connection = await asyncpg.connect(found.owner_url)
    try:
        running: int = await connection.fetchval(_OTHERS)
    finally:
        await connection.close()
    if running:
        raise StartRefused("Stop Gamekeeper on every node first: running processes hold the present master key.")
