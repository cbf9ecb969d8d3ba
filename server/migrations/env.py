"""Runs migrations as the database's owner, on a connection that the caller gives or opens by `-x url=`."""

import asyncio
from typing import Any

import asyncpg
from alembic import context
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gamekeeper.app import furnish
from gamekeeper.kernel.database import Base
from gamekeeper.kernel.events.models import TransactionId

furnish()
ischema_names["xid8"] = TransactionId  # pyright: ignore[reportArgumentType] - the table is typed by its own content

FOREIGN = ("pgqueuer", "device_metrics_")
"""Tables that a library or a partitioning function makes; they are not models."""


def include(_object: Any, name: str | None, type_: str, *_: Any) -> bool:
    """Whether autogenerate and `alembic check` look at a table."""
    return not (type_ == "table" and name is not None and name.startswith(FOREIGN))


def run(connection: Connection) -> None:
    """Migrate in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include,
        compare_server_default=False,
        render_item=context.config.attributes.get("render_item"),
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect() -> None:
    """Open a connection of our own, when started by the alembic command."""
    url = context.get_x_argument(as_dictionary=True)["url"]
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(connect())
