"""`gamekeeper restore`: an archive back into database and files; what was there before is kept beside them."""

import asyncio
import base64
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import click
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from gamekeeper.commands import archive, dump
from gamekeeper.commands.backup import FILES
from gamekeeper.commands.failures import StartRefused, refused
from gamekeeper.commands.migrate import bring_up_to_date
from gamekeeper.commands.process import Ground, ground
from gamekeeper.kernel.database.databases import drop
from gamekeeper.kernel.database.migrate import alembic_config
from gamekeeper.kernel.database.roles import Roles, app_password, ensure_roles
from gamekeeper.kernel.keys.master_key import FILE as KEY_FILE
from gamekeeper.kernel.keys.master_key import master_key
from gamekeeper.kernel.settings import Settings


async def restore(settings: Settings, _stop: asyncio.Event, *, path: Path, replace: bool) -> None:
    """Restore `path`. Raises StartRefused before anything is changed when something does not fit."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".gamekeeper-restore-", dir=settings.data) as name:
        unpacked = Path(name)
        manifest = archive.read(path, unpacked)
        _check_version(manifest, settings)
        _check_key(manifest, settings, unpacked / archive.KEY)
        async with ground(settings) as found:
            with refused(settings):
                kept = await _restore_database(found, manifest, unpacked / archive.DATABASE, replace=replace)
            await bring_up_to_date(found)
        kept_files = _restore_files(settings, unpacked / FILES)
    click.echo(f"Restored {path}, written {manifest.created}: {sum(manifest.rows.values())} rows.")
    for line in filter(None, (kept and f"database {kept}", kept_files and f"folder {kept_files}")):
        click.echo(f"What was there before is kept: {line}. Remove it when you no longer need it.")


def _check_version(manifest: archive.Manifest, settings: Settings) -> None:
    if manifest.role_prefix != settings.database_role_prefix:
        prefix = manifest.role_prefix
        raise StartRefused(f"The archive's roles begin with {prefix!r}. Set GAMEKEEPER_DATABASE_ROLE_PREFIX={prefix}.")
    try:
        ScriptDirectory.from_config(alembic_config(Roles(settings.database_role_prefix))).get_revision(
            manifest.revision
        )
    except CommandError:
        raise StartRefused(
            f"A newer Gamekeeper ({manifest.gamekeeper}) wrote this archive. Install that first."
        ) from None


def _check_key(manifest: archive.Manifest, settings: Settings, archived: Path) -> None:
    """The right master key must be here, or come along; the key of an empty data folder comes from the archive."""
    file = settings.data / KEY_FILE
    if settings.master_key is None and not file.exists():
        if not archived.exists():
            raise StartRefused(
                f"The archive has no master key. Put the key of the day it was written into {file} "
                "or GAMEKEEPER_MASTER_KEY, then restore again."
            )
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
            out.write(base64.b64encode(archived.read_bytes()) + b"\n")
    with refused(settings):
        key = master_key(settings)
    if archive.fingerprint(key) != manifest.key_fingerprint:
        raise StartRefused("The archive was written under another master key, so its secrets could not be read here.")


async def _restore_database(found: Ground, manifest: archive.Manifest, file: Path, *, replace: bool) -> str | None:
    """Fill a new database, verify it, and only then give it the old one's name. The name under which that is kept."""
    current = await _current(found, replace=replace)
    expected = dump.Contents(manifest.postgres, manifest.revision, manifest.rows, manifest.system_functions)
    async with dump.scratch(found, "restored") as database:
        await dump.load(found, database, file)
        await dump.verify(found, database, expected)
        kept = f"{current}_before_{datetime.now(UTC):%Y%m%d%H%M%S}"
        owner = await asyncpg.connect(dump.maintenance_url(found))
        try:
            await owner.execute(f'ALTER DATABASE "{current}" RENAME TO "{kept}"')
            await owner.execute(f'ALTER DATABASE "{database}" RENAME TO "{current}"')
            if not replace:
                await drop(owner, kept)
                return None
        finally:
            await owner.close()
    return kept


async def _current(found: Ground, *, replace: bool) -> str:
    """The name of the database to replace; the roles are made. Raises StartRefused when it is in use or filled."""
    owner = await asyncpg.connect(found.owner_url)
    try:
        others = await owner.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        if others:
            raise StartRefused(f"The database is in use by {others} connections. Stop Gamekeeper everywhere first.")
        tables = await owner.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        if tables and not replace:
            raise StartRefused("The database is not empty. With --replace it is set aside, not deleted.")
        await ensure_roles(owner, found.roles, app_password(found.key))
        return str(await owner.fetchval("SELECT current_database()"))
    finally:
        await owner.close()


def _restore_files(settings: Settings, unpacked: Path) -> Path | None:
    folder = settings.data / FILES
    kept = None
    if folder.exists() and any(folder.iterdir()):
        kept = folder.with_name(f"{FILES}_before_{datetime.now(UTC):%Y%m%d%H%M%S}")
        folder.rename(kept)
    if unpacked.exists():
        if folder.exists():
            folder.rmdir()
        unpacked.rename(folder)
    return kept
