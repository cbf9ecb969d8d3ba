"""`make migration NAME=…`: the next migration, from what the models have and a newly migrated database has not."""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic.util import CommandError

from gamekeeper.kernel.database.autogenerate import write_migration
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from gamekeeper.kernel.database.migrate import migrate, run
from gamekeeper.kernel.database.roles import Roles


def write(name: str) -> None:
    """Write it, against a database that lives only as long as this takes."""
    with tempfile.TemporaryDirectory(prefix="gamekeeper-migration-") as folder:
        # A superuser's PostgreSQL runs as somebody else, who must be let in.
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder), durable=False)
        try:
            asyncio.run(_write(postgres.start_now(), name))
        finally:
            postgres.stop_now()


async def _write(url: str, name: str) -> None:
    await migrate(url, Roles(), master_key=bytes(32))
    await run(url, Roles(), lambda config: write_migration(config, name))


if __name__ == "__main__":
    about = " ".join(sys.argv[1:]).strip()
    if not about:
        sys.exit("What is it about? For example: make migration NAME=lockers")
    try:
        write(about)
    except CommandError as error:
        sys.exit(str(error))
