"""Backup and restore, from command to command, with real archives and real damage."""

import shutil
import tarfile
from pathlib import Path

import asyncpg
import pytest

from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from tests.commands.conftest import Run


async def tell(data: Path, query: str, *arguments: object) -> object:
    """Ask the embedded database as the one who sees everything."""
    postgres = EmbeddedPostgres(data)
    await postgres.start()
    connection = await asyncpg.connect(postgres.superuser_url)
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()
        await postgres.stop()


@pytest.fixture
async def filled(run: Run, data: Path) -> Path:
    """A data folder with an organization and a file."""
    done = run("migrate")
    assert done.returncode == 0, done.stderr
    columns = await tell(
        data,
        "SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = 'organizations' "
        "AND is_nullable = 'NO' AND column_default IS NULL AND column_name NOT IN ('id', 'name')",
    )
    names = str(columns).split(",") if columns else []
    values = ", ".join("'first'" if name == "slug" else "now()" for name in names)
    listed = ", ".join(["id", "name", *names])
    query = f"INSERT INTO organizations ({listed}) VALUES (gen_random_uuid(), 'First'{', ' if values else ''}{values})"
    await tell(data, query)
    (data / "files" / "ab").mkdir(parents=True)
    (data / "files" / "ab" / "cd").write_bytes(bytes(range(256)) * 1000)
    return data


async def test_there_and_back(run: Run, filled: Path, tmp_path: Path) -> None:
    done = run("backup", "kept.tar", "--with-key")
    assert done.returncode == 0, done.stderr
    assert "checked and restored once" in done.stdout
    archive = tmp_path / "kept.tar"
    assert archive.stat().st_mode & 0o777 == 0o600
    other = filled.parent / "other"
    done = run("restore", archive, GAMEKEEPER_DATA=str(other))
    assert done.returncode == 0, done.stderr
    assert await tell(other, "SELECT name FROM organizations") == "First"
    assert (other / "files" / "ab" / "cd").read_bytes() == (filled / "files" / "ab" / "cd").read_bytes()
    assert (other / "master.key").read_text() == (filled / "master.key").read_text()
    owners = (
        "SELECT string_agg(DISTINCT r.rolname, ',' ORDER BY r.rolname) FROM pg_proc p "
        "JOIN pg_roles r ON r.oid = p.proowner WHERE p.pronamespace = 'public'::regnamespace"
    )
    assert await tell(other, owners) == await tell(filled, owners)
    assert run("migrate", "--check", GAMEKEEPER_DATA=str(other)).returncode == 0


async def test_what_was_there_is_kept(run: Run, filled: Path, tmp_path: Path) -> None:
    assert run("backup", "kept.tar").returncode == 0
    await tell(filled, "UPDATE organizations SET name = 'Second'")
    (filled / "files" / "ab" / "later").write_bytes(b"x")
    refused = run("restore", "kept.tar")
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    done = run("restore", "kept.tar", "--replace")
    assert done.returncode == 0, done.stderr
    assert await tell(filled, "SELECT name FROM organizations") == "First"
    kept = await tell(filled, "SELECT datname FROM pg_database WHERE datname LIKE 'gamekeeper_before_%'")
    assert str(kept) in done.stdout
    assert not (filled / "files" / "ab" / "later").exists()
    (before,) = filled.glob("files_before_*")
    assert (before / "ab" / "later").exists()
    assert not list(filled.glob(".gamekeeper-*"))
    assert [file.name for file in tmp_path.iterdir()] == ["kept.tar"]


async def test_without_the_key_nothing_is_restored(run: Run, filled: Path) -> None:
    done = run("backup", "kept.tar")
    assert f"Keep a copy of {filled / 'master.key'}" in done.stdout
    other = filled.parent / "other"
    assert "no master key" in run("restore", "kept.tar", GAMEKEEPER_DATA=str(other)).stderr
    assert run("migrate", GAMEKEEPER_DATA=str(other)).returncode == 0
    assert "another master key" in run("restore", "kept.tar", "--replace", GAMEKEEPER_DATA=str(other)).stderr
    shutil.copy(filled / "master.key", other / "master.key")
    done = run("restore", "kept.tar", "--replace", GAMEKEEPER_DATA=str(other))
    assert done.returncode == 0, done.stderr


async def test_a_damaged_archive_changes_nothing(run: Run, filled: Path, tmp_path: Path) -> None:
    archive = tmp_path / "kept.tar"
    assert run("backup", archive).returncode == 0
    whole = archive.read_bytes()
    flipped = bytearray(whole)
    flipped[5000] ^= 1
    for content in (whole[: len(whole) // 2], bytes(flipped), b"", b"no archive at all"):
        archive.write_bytes(content)
        refused = run("restore", archive, "--replace")
        assert refused.returncode == 1
        assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
    assert await tell(filled, "SELECT count(*) FROM pg_database WHERE datname LIKE 'gamekeeper_%'") == 0


def test_an_archive_that_points_elsewhere_is_refused(run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "evil.tar"
    with tarfile.open(archive, "w") as tar:
        info = tarfile.TarInfo("files/../../escaped")
        tar.addfile(info)
    refused = run("restore", archive)
    assert refused.returncode == 1
    assert "no backup of ours" in refused.stderr
    assert not (tmp_path.parent / "escaped").exists()


def test_an_existing_file_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kept.tar").write_text("precious")
    assert "exists already" in run("backup", "kept.tar").stderr
    assert (tmp_path / "kept.tar").read_text() == "precious"
