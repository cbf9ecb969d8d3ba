"""Backup and restore, from command to command, with real archives and real damage."""

import shutil
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from tests.commands.conftest import Run

# Owner, rights, row-level security and policies of everything that is ours, one line each. Rights are written out
# where the catalogue has none stored, because a dump does not tell "none stored" from "the usual ones".
PROTECTION = """
WITH rights (what, name, owner, acl, more) AS (
    SELECT 'relation', c.oid::regclass::text, c.relowner,
           coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)),
           concat_ws(' ', c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relispartition)
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('i', 'I')
    UNION ALL
    SELECT 'column', concat(a.attrelid::regclass, '.', a.attname), c.relowner, a.attacl, ''
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND a.attacl IS NOT NULL
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)),
           concat_ws(' ', p.prosecdef, p.proconfig)
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'type', t.oid::regtype::text, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)), ''
    FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'schema', n.nspname::text, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)), ''
    FROM pg_namespace n WHERE n.nspname = 'public'
    UNION ALL
    SELECT 'database', 'current', d.datdba, coalesce(d.datacl, acldefault('d', d.datdba)), ''
    FROM pg_database d WHERE d.datname = current_database()
    UNION ALL
    SELECT 'default', concat_ws(' ', d.defaclnamespace::regnamespace, d.defaclobjtype), d.defaclrole, d.defaclacl, ''
    FROM pg_default_acl d
), lines (line) AS (
    SELECT concat_ws(' | ', what, name, owner::regrole, more, (
        SELECT string_agg(given::text, ' ' ORDER BY given::text)
        FROM (SELECT a.grantor::regrole, a.grantee::regrole, a.privilege_type, a.is_grantable FROM aclexplode(acl) a)
             given
    ))
    FROM rights
    UNION ALL
    SELECT concat_ws(' | ', 'policy', tablename, policyname, permissive, roles, cmd, qual, with_check)
    FROM pg_policies WHERE schemaname = 'public'
    UNION ALL
    SELECT concat_ws(' | ', 'trigger', t.tgrelid::regclass, t.tgname, t.tgenabled)
    FROM pg_trigger t WHERE NOT t.tgisinternal
)
SELECT string_agg(line, E'\n' ORDER BY line) FROM lines
"""


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


async def test_a_restored_database_protects_as_a_migrated_one_does(run: Run, filled: Path) -> None:
    await tell(filled, "SELECT prepare_metrics(current_date, current_date + 1)")
    before = str(await tell(filled, PROTECTION)).splitlines()
    for what in ("relation | device_metrics_2", "relation | device_metrics_5min_2", "policy | metrics_late | ingest"):
        assert any(line.startswith(what) for line in before), what
    assert run("backup", "kept.tar").returncode == 0
    done = run("restore", "kept.tar", "--replace")
    assert done.returncode == 0, done.stderr
    assert str(await tell(filled, PROTECTION)).splitlines() == before


async def test_readings_are_rolled_up_after_a_restore(run: Run, filled: Path) -> None:
    await tell(filled, "SELECT prepare_metrics(current_date - 1, current_date + 1)")
    assert run("backup", "kept.tar").returncode == 0
    done = run("restore", "kept.tar", "--replace")
    assert done.returncode == 0, done.stderr
    postgres = EmbeddedPostgres(filled)
    await postgres.start()
    connection = await asyncpg.connect(postgres.superuser_url)
    try:
        await connection.execute("UPDATE metrics_marks SET through = through - interval '1 hour'")
        # As the application does it: readings through the ingest role into a partition, the rest by functions.
        await connection.execute("SET SESSION AUTHORIZATION gamekeeper_app")
        at = datetime.now(UTC) - timedelta(minutes=20)
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE gamekeeper_ingest")
            await connection.execute(
                f"INSERT INTO device_metrics_{at:%Y%m%d} (organization_id, device_id, ts, received_at, cpu) "
                "VALUES (gen_random_uuid(), gen_random_uuid(), $1, now(), 1)",
                at,
            )
        assert await connection.fetchval("SELECT prepare_metrics(current_date - 10, current_date - 9)") > 0
        assert not await connection.fetchval("SELECT roll_up_metrics('1 day')")
        assert await connection.fetchval("SELECT roll_up_late_metrics(10)") == 0
        await connection.execute("RESET SESSION AUTHORIZATION")
        for table in ("metrics_5min", "metrics_hour"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE cpu_count = 1") == 1
    finally:
        await connection.close()
        await postgres.stop()


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
