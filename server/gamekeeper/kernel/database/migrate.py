"""Bringing a database to the current version: roles, then migrations, one process at a time."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gamekeeper.kernel.database.roles import Roles, app_password, ensure_roles
from gamekeeper.kernel.errors import GamekeeperError

OLDEST = 15
_LOCK = 0x67616D656B656570  # "gamekeep": the advisory lock of whoever migrates

_PACKAGE = Path(__file__).parents[2]
MIGRATIONS = next(
    # In a clone they lie beside the package, in an installed wheel inside of it.
    (folder for folder in (_PACKAGE / "migrations", _PACKAGE.parent / "migrations") if folder.is_dir()),
    _PACKAGE / "migrations",
)


class PostgresTooOld(GamekeeperError):
    """This PostgreSQL is too old. Gamekeeper needs version 15 or newer."""


def alembic_config(roles: Roles) -> Config:
    """Alembic's configuration without a file; migrations read the roles' names from it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["roles"] = roles
    return config


async def migrate(owner_url: str, roles: Roles, master_key: bytes, target: str = "head") -> None:
    """Make the roles and migrate up to `target`, under a lock that other starting processes wait for.

    Raises PostgresTooOld, or what asyncpg raises when the server cannot be reached or refuses the owner.
    """
    owner = await asyncpg.connect(owner_url)
    try:
        version = owner.get_server_version().major
        if version < OLDEST:
            raise PostgresTooOld(f"This PostgreSQL is version {version}. Gamekeeper needs {OLDEST} or newer.")
        await owner.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await ensure_roles(owner, roles, app_password(master_key))
        await run(owner_url, roles, lambda config: command.upgrade(config, target))
    finally:
        await owner.close()


async def run(owner_url: str, roles: Roles, act: Callable[[Config], object]) -> None:
    """Run one alembic command on a connection of the owner."""
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(owner_url), poolclass=NullPool
    )

    def synchronous(connection: Connection) -> None:
        config = alembic_config(roles)
        config.attributes["connection"] = connection
        act(config)

    async with engine.connect() as connection:
        await connection.run_sync(synchronous)
        await connection.commit()
    await engine.dispose()
