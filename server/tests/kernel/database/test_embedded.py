"""The embedded PostgreSQL, with real kills, races and broken folders."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from gamekeeper.kernel.database import home as home_module
from gamekeeper.kernel.database.account import choose
from gamekeeper.kernel.database.binaries import installed
from gamekeeper.kernel.database.cluster import EmbeddedPostgresError
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from tests.kernel.database.conftest import postmaster

HOLD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell has put into its background
from pathlib import Path
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from tests.kernel.database.conftest import postmaster
postgres = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
print(postgres.start_now(), flush=True)
sys.stdin.readline()
postgres.stop_now()
"""


def kill_postmaster(data: Path) -> int:
    process = postmaster(data)
    assert process is not None
    process.kill()
    return process.pid


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def hold(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def url_of(holder: subprocess.Popen[str]) -> str:
    assert holder.stdout is not None
    return holder.stdout.readline().strip()


async def test_owner_may_make_roles_and_databases_but_is_no_superuser(postgres: EmbeddedPostgres) -> None:
    url = await postgres.start()
    assert await ask(url, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") is False
    assert await ask(url, "SELECT rolcreaterole AND rolcreatedb FROM pg_roles WHERE rolname = current_user") is True
    assert await ask(url, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
    assert await ask(postgres.superuser_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True


async def test_only_a_private_socket_and_only_with_the_password(postgres: EmbeddedPostgres, data: Path) -> None:
    url = await postgres.start()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url, password="guessed")
    assert await ask(url, "SHOW listen_addresses") == ""
    folder = (data / "postgres" / "run").stat()
    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert folder.st_uid == choose(data / "postgres" / "18").uid
    for secret in (data / "postgres").glob("*.secret"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600


async def test_stop_ends_it_and_the_data_is_there_again(postgres: EmbeddedPostgres, data: Path) -> None:
    await ask(await postgres.start(), "CREATE TABLE kept AS SELECT 7 AS number")
    await postgres.stop()
    assert postmaster(data) is None
    assert await ask(await postgres.start(), "SELECT number FROM kept") == 7


async def test_supervision_restarts_a_killed_server(postgres: EmbeddedPostgres, data: Path) -> None:
    url = await postgres.start()
    await ask(url, "CREATE TABLE kept AS SELECT 7 AS number")
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        supervision = tasks.create_task(postgres.supervise())
        for _ in range(2):
            killed = kill_postmaster(data)
            while (now := postmaster(data)) is None or now.pid == killed or not postgres.is_alive():
                await asyncio.sleep(0.02)
            assert await ask(await postgres.start(), "SELECT number FROM kept") == 7
        supervision.cancel()


async def test_a_killed_program_leaves_it_running_and_the_next_one_attaches(data: Path) -> None:
    holder = hold(data)
    url = url_of(holder)
    await ask(url, "CREATE TABLE kept AS SELECT 7 AS number")
    before = postmaster(data)
    holder.kill()
    holder.wait()
    embedded = EmbeddedPostgres(data, durable=False)
    assert await embedded.start() == url
    assert postmaster(data) == before
    assert await ask(url, "SELECT number FROM kept") == 7
    await embedded.stop()
    assert postmaster(data) is None


async def test_the_last_of_several_ends_it(data: Path) -> None:
    first, second = hold(data), hold(data)
    url_of(first)
    url = url_of(second)
    first.communicate("\n")
    assert await ask(url, "SELECT 1") == 1
    second.communicate("\n")
    assert postmaster(data) is None


async def test_racing_programs_make_one_cluster(data: Path) -> None:
    holders = [hold(data) for _ in range(4)]
    urls = {url_of(holder) for holder in holders}
    assert len(urls) == 1
    assert await ask(urls.pop(), "SELECT 1") == 1
    for holder in holders:
        holder.communicate("\n")
    assert postmaster(data) is None


async def test_a_reused_process_id_in_the_pid_file_does_not_stop_it(postgres: EmbeddedPostgres, data: Path) -> None:
    url = await postgres.start()
    kill_postmaster(data)
    account = choose(data / "postgres" / "18")
    stranger = subprocess.Popen(
        ["/bin/sleep", "600"], cwd="/", user=account.uid if account.switches else None, process_group=0
    )
    try:
        pid_file = data / "postgres" / "18" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert await ask(await postgres.start(), "SELECT 1") == 1
        assert url == await postgres.start()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_pid_file_of_no_process_does_not_stop_it(postgres: EmbeddedPostgres, data: Path) -> None:
    await postgres.stop()
    (data / "postgres" / "18" / "postmaster.pid").write_text("")
    with pytest.raises(EmbeddedPostgresError, match=r"postmaster\.pid"):
        await postgres.start()
    (data / "postgres" / "18" / "postmaster.pid").write_text("999999999\n/x\n0\n5432\n/x\n\n0 0\nready\n")
    assert await ask(await postgres.start(), "SELECT 1") == 1


async def test_a_deleted_socket_is_made_again(postgres: EmbeddedPostgres, data: Path) -> None:
    for file in (data / "postgres" / "run").iterdir():
        file.unlink()
    assert not postgres.is_alive()
    assert await ask(await postgres.start(), "SELECT 1") == 1


async def test_a_deep_folder_gets_a_short_private_socket_folder(data: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    embedded = EmbeddedPostgres(deep, durable=False)
    url = await embedded.start()
    folder = Path(parse_qs(urlsplit(url).query)["host"][0])
    assert stat.S_IMODE(folder.lstat().st_mode) == 0o700
    assert folder.lstat().st_uid == choose(deep / "postgres" / "18").uid
    second = EmbeddedPostgres(deep, durable=False)
    assert await second.start() == url
    await second.stop()
    # Somebody who empties the temporary folder, and somebody else who takes the name:
    for file in folder.iterdir():
        file.unlink()
    folder.chmod(0o777)
    moved = Path(parse_qs(urlsplit(await embedded.start()).query)["host"][0])
    assert moved != folder
    await embedded.stop()
    folder.rmdir()
    moved.rmdir()


async def test_a_path_with_blanks_quotes_and_commas(data: Path) -> None:
    odd = data / 'a, "b" c'
    odd.mkdir()
    embedded = EmbeddedPostgres(odd, durable=False)
    assert await ask(await embedded.start(), "SELECT 1") == 1
    await embedded.stop()


async def test_what_a_killed_initdb_left_is_no_obstacle(data: Path) -> None:
    (data / "postgres" / "18.partial" / "global").mkdir(parents=True)
    (data / "postgres").chmod(0o711)
    embedded = EmbeddedPostgres(data, durable=False)
    assert await ask(await embedded.start(), "SELECT 1") == 1
    assert not (data / "postgres" / "18.partial").exists()


@pytest.mark.parametrize("folder", ["16", "18"])
async def test_another_major_version_is_one_clear_line(data: Path, folder: str) -> None:
    (data / "postgres" / folder).mkdir(parents=True)
    (data / "postgres" / folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 16.*brings PostgreSQL 18") as error:
        await EmbeddedPostgres(data).start()
    assert "\n" not in str(error.value)


async def test_a_folder_that_cannot_be_written_is_one_clear_line() -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"The data folder /proc/gamekeeper cannot be used") as error:
        await EmbeddedPostgres(Path("/proc/gamekeeper")).start()
    assert "\n" not in str(error.value)


async def test_a_lost_password_is_one_clear_line(postgres: EmbeddedPostgres, data: Path) -> None:
    await postgres.stop()
    (data / "postgres" / "superuser.secret").unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"superuser\.secret cannot be read"):
        await postgres.start()


async def test_broken_settings_are_named(postgres: EmbeddedPostgres, data: Path) -> None:
    await postgres.stop()
    with (data / "postgres" / "18" / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'plenty'\n")
    with pytest.raises(EmbeddedPostgresError, match="shared_buffers"):
        await postgres.start()


async def test_the_environment_of_a_developer_does_not_leak_in(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    embedded = EmbeddedPostgres(data, durable=False)
    assert await ask(await embedded.start(), "SHOW port") == "5432"


async def test_dump_and_restore_programs_come_along() -> None:
    for name in ("pg_dump", "pg_restore", "psql"):
        shown = subprocess.run([installed().tool(name), "--version"], capture_output=True, text=True, check=True)
        assert " 18." in shown.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")
async def test_root_keeps_private_folders_private(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = data / "private"
    private.mkdir(mode=0o700)
    elsewhere = data / "elsewhere"
    monkeypatch.setattr(home_module, "_ELSEWHERE", elsewhere)
    embedded = EmbeddedPostgres(private / "data", durable=False)
    assert await ask(await embedded.start(), "SELECT 1") == 1
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert (private / "data" / "postgres").readlink().parent == elsewhere
    await embedded.stop()
    assert await ask(await embedded.start(), "SELECT 1") == 1
    await embedded.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as somebody else")
async def test_another_user_cannot_reach_the_socket(postgres: EmbeddedPostgres, data: Path) -> None:
    await postgres.start()
    path = data / "postgres" / "run" / ".s.PGSQL.5432"
    with closing(socket.socket(socket.AF_UNIX)) as ours:
        ours.connect(str(path))
    code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"
    tried = subprocess.run(
        ["/usr/bin/env", "python3", "-c", code], user=54321, capture_output=True, text=True, cwd="/", check=False
    )
    assert tried.returncode != 0
    assert "Permission" in tried.stderr


async def test_the_keyboard_interrupt_of_a_terminal_does_not_reach_it(data: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    url = url_of(holder)
    # More than once: an interpreter that is busy with clearing away may swallow one.
    while holder.poll() is None:
        os.killpg(holder.pid, signal.SIGINT)
        await asyncio.sleep(0.1)
    assert await ask(url, "SELECT 1") == 1
