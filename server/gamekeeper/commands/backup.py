"""`gamekeeper backup`: database and files to one archive, proven by restoring it into a scratch database."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from gamekeeper import __version__
from gamekeeper.commands import archive, dump
from gamekeeper.commands.failures import StartRefused, refused
from gamekeeper.commands.process import Ground, ground
from gamekeeper.kernel.keys.master_key import FILE as KEY_FILE
from gamekeeper.kernel.settings import Settings

FILES = "files"


async def backup(settings: Settings, _stop: asyncio.Event, *, path: Path | None, with_key: bool) -> None:
    """Write and verify an archive. Raises StartRefused."""
    now = datetime.now(UTC)
    target = (path or Path.cwd()).absolute()
    if target.is_dir():
        target /= f"gamekeeper-{now:%Y%m%dT%H%M%SZ}.tar"
    if target.exists():
        raise StartRefused(f"{target} exists already. Choose another name.")
    async with ground(settings) as found:
        with refused(settings):
            await _write(found, target, now, with_key=with_key)
    archive.read(target)
    click.echo(f"{target} ({target.stat().st_size / 1e6:.1f} MB): database and files, checked and restored once.")
    if settings.files_url:
        click.echo(f"Not in it: the files in {settings.files_url}. Back those up where they are.")
    if with_key:
        click.echo("The master key is in it. Whoever has this file can read every secret.")
    else:
        where = "GAMEKEEPER_MASTER_KEY" if settings.master_key else str(settings.data / KEY_FILE)
        click.echo(
            f"Not in it: the master key, without which secrets cannot be read. Keep a copy of {where} elsewhere."
        )


async def _write(found: Ground, target: Path, now: datetime, *, with_key: bool) -> None:
    try:
        folder = tempfile.TemporaryDirectory(prefix=".gamekeeper-backup-", dir=target.parent)
    except OSError as error:
        raise StartRefused(f"{target.parent} cannot be written: {error.strerror}.") from None
    with folder as name:
        dumped = Path(name) / archive.DATABASE
        contents = await dump.dump(found, dumped)
        if not contents.revision:
            raise StartRefused("The database is empty, so there is nothing to back up.")
        async with dump.scratch(found, "check") as database:
            await dump.load(found, database, dumped)
            await dump.verify(found, database, contents)
        with archive.writing(target) as writer:
            writer.add(archive.DATABASE, dumped)
            if not found.settings.files_url:
                writer.add_folder(FILES, found.settings.data / FILES)
            if with_key:
                key = Path(name) / archive.KEY
                key.write_bytes(found.key)
                writer.add(archive.KEY, key)
            writer.finish(
                archive.Manifest(
                    gamekeeper=__version__,
                    created=now.isoformat(),
                    postgres=contents.postgres,
                    revision=contents.revision,
                    role_prefix=found.settings.database_role_prefix,
                    key_fingerprint=archive.fingerprint(found.key),
                    rows=contents.rows,
                    system_functions=contents.system_functions,
                )
            )
