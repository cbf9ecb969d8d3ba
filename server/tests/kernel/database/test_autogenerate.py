"""The next migration, as `make migration` writes it: what it makes is what the models have, in our own words."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from gamekeeper.kernel.database.autogenerate import write_migration
from gamekeeper.kernel.database.binaries import installed
from gamekeeper.kernel.database.databases import drop, renamed
from gamekeeper.kernel.database.migrate import MIGRATIONS, migrate, run
from gamekeeper.kernel.database.roles import Roles
from tests.conftest import MASTER_KEY

MISSING = ("device_log_lines", "device_tags", "lease_keys", "price_rules", "setup_links", "station_states")
"""Tables that are taken away: references of all kinds, choices, times, partial indexes, one without an organization."""


@pytest.fixture
async def migrated(owner_url: str) -> AsyncGenerator[str]:
    """The URL of a migrated database of the test's own."""
    owner = await asyncpg.connect(owner_url)
    await owner.execute("CREATE DATABASE autogenerate")
    url = renamed(owner_url, "autogenerate")
    await migrate(url, Roles(), MASTER_KEY)
    yield url
    await drop(owner, "autogenerate")
    await owner.close()


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A copy of the migrations, to which a test may add."""
    return Path(shutil.copytree(MIGRATIONS / "versions", tmp_path / "versions"))


def among(config: Config, versions: Path) -> Config:
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    return config


async def schema(url: str) -> list[str]:
    arguments = [str(installed().tool("pg_dump")), "--schema-only", f"--dbname={url}"]
    done = await asyncio.to_thread(subprocess.run, arguments, check=True, capture_output=True, text=True)
    # The first and the last word of a dump are a secret that is new every time.
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


async def written(url: str, versions: Path, name: str) -> Path:
    files: list[Path] = []
    await run(url, Roles(), lambda config: files.append(write_migration(among(config, versions), name)))
    return files[0]


async def without_some_tables(url: str) -> None:
    owner = await asyncpg.connect(url)
    await owner.execute(f"DROP TABLE {', '.join(MISSING)}")
    await owner.close()


async def test_it_makes_exactly_what_was_missing_and_takes_it_away_again(migrated: str, versions: Path) -> None:
    complete = await schema(migrated)
    await without_some_tables(migrated)
    incomplete = await schema(migrated)
    assert incomplete != complete
    await written(migrated, versions, "what was missing")
    await run(migrated, Roles(), lambda config: command.upgrade(among(config, versions), "head"))
    assert await schema(migrated) == complete
    await run(migrated, Roles(), lambda config: command.downgrade(among(config, versions), "-1"))
    assert await schema(migrated) == incomplete


async def test_it_is_numbered_and_speaks_as_the_others_do(migrated: str, versions: Path) -> None:
    newest = max(file.stem[:4] for file in versions.glob("0*.py"))
    await without_some_tables(migrated)
    file = await written(migrated, versions, "what was missing")
    assert file == versions / f"{int(newest) + 1:04}_what_was_missing.py"
    text = file.read_text()
    assert text.startswith('"""What was missing."""\n')
    assert f'down_revision = "{newest}"' in text
    for ours in (
        '        check("rate", "rate >= 0"),\n',
        "        *times(),\n",
        '        unique("device_id", "tag"),\n',
        '        within("id", "stations"),\n',
        '        within("secret_id", "secrets", ondelete="RESTRICT"),\n',
        '    unique_where("uq_price_rules_active", "price_rules", ["organization_id", "site_id"], "active")\n',
        '    global_table(roles, "setup_links")\n',
    ):
        assert ours in text
    for noise in ("#", "unique=False", "drop_index", '"organizations.id"'):
        assert noise not in text


async def test_a_table_that_no_model_has_any_more_goes_and_would_come_back_shut(migrated: str, versions: Path) -> None:
    owner = await asyncpg.connect(migrated)
    await owner.execute(
        """CREATE TABLE former (
            organization_id uuid REFERENCES organizations ON DELETE CASCADE, id uuid, name text NOT NULL DEFAULT '',
            PRIMARY KEY (organization_id, id), UNIQUE (organization_id, name))"""
    )
    await written(migrated, versions, "no former ones")
    await run(migrated, Roles(), lambda config: command.upgrade(among(config, versions), "head"))
    assert await owner.fetchval("SELECT to_regclass('former')") is None
    await run(migrated, Roles(), lambda config: command.downgrade(among(config, versions), "-1"))
    assert await owner.fetchval("SELECT relforcerowsecurity FROM pg_class WHERE oid = 'former'::regclass")
    await owner.close()


async def test_nothing_is_written_when_nothing_is_missing(migrated: str, versions: Path) -> None:
    before = set(versions.iterdir())
    with pytest.raises(CommandError, match="nothing to write"):
        await written(migrated, versions, "nothing")
    assert set(versions.iterdir()) == before


def test_it_asks_what_the_migration_is_about() -> None:
    done = subprocess.run([sys.executable, str(MIGRATIONS), ""], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "What is it about? For example: make migration NAME=lockers\n")
