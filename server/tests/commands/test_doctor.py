"""The doctor finds what we broke, and says what to do."""

from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from gamekeeper.commands import check_database
from gamekeeper.commands.process import Ground
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from gamekeeper.kernel.settings import Settings
from tests.commands.conftest import Run
from tests.conftest import MASTER_KEY


def test_a_fresh_machine_has_nothing_to_complain_about(run: Run, data: Path) -> None:
    done = run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gamekeeper up makes it" in done.stdout
    assert not data.exists()


def test_everything_in_order(run: Run) -> None:
    assert run("migrate").returncode == 0
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    for expected in ("PostgreSQL 18", "owns the database", "is of this version", "no transaction has been open"):
        assert expected in done.stdout
    assert "FAIL" not in done.stdout


def test_a_misspelled_setting_and_an_open_key(run: Run, data: Path) -> None:
    assert run("migrate").returncode == 0
    (data / "master.key").chmod(0o644)
    done = run("doctor", GAMEKEEPER_PROT="8470", GAMEKEEPER_HOST="0.0.0.0")  # noqa: S104  # what is warned of
    assert done.returncode == 1
    assert "GAMEKEEPER_PROT is set and means nothing" in done.stdout
    assert f"chmod 600 {data / 'master.key'}" in done.stdout
    assert "without TLS" in done.stdout
    assert done.stderr.strip().endswith("of these must be cured.")


async def test_an_application_role_with_too_many_rights(run: Run, data: Path) -> None:
    assert run("migrate").returncode == 0
    postgres = EmbeddedPostgres(data)
    await postgres.start()
    superuser = await asyncpg.connect(postgres.superuser_url)
    await superuser.execute("ALTER ROLE gamekeeper_app BYPASSRLS")
    await superuser.execute("ALTER TABLE events OWNER TO gamekeeper_app")
    await superuser.execute("UPDATE alembic_version SET version_num = '0001'")
    await superuser.close()
    done = run("doctor")
    assert done.returncode == 1
    assert "ALTER ROLE gamekeeper_app NOSUPERUSER NOBYPASSRLS" in done.stdout
    assert "gamekeeper_app owns 1 tables" in done.stdout
    assert "not of this version" in done.stdout
    await postgres.stop()


async def test_a_forgotten_transaction(
    owner_url: str, database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_database, "_LONG", timedelta(0))
    forgotten = await asyncpg.connect(database_url, server_settings={"application_name": "somebody's script"})
    try:
        await forgotten.execute("BEGIN; SELECT 1")
        findings = await check_database.examine(Ground(settings, owner_url, database_url, MASTER_KEY, None))
    finally:
        await forgotten.close()
    (found,) = [finding for finding in findings if "somebody's script" in finding.what]
    assert "idle in transaction" in found.what
    assert "pg_terminate_backend" in found.cure


def test_redis_that_is_not_there(run: Run) -> None:
    done = run("doctor", REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 1
    assert "Redis does not answer" in done.stdout


def test_a_database_that_is_not_there(run: Run) -> None:
    done = run("doctor", DATABASE_URL="postgresql://a:b@127.0.0.1:1/c")
    assert done.returncode == 1
    assert "The database at 127.0.0.1:1 cannot be reached" in done.stdout
