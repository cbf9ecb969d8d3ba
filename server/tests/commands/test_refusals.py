"""What a person can cure is one line on standard error and status 1, never a traceback."""

import base64
import socket
from pathlib import Path

import pytest

from tests.commands.conftest import Run

COMMANDS = ("up", "web", "gateway", "worker")


def line(run: Run, *arguments: str, **variables: str) -> str:
    """The one line that the command leaves behind."""
    done = run(*arguments, **variables)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize(
    ("command", "setting"),
    [("up", "PORT"), ("up", "AGENT_PORT"), ("web", "PORT"), ("gateway", "AGENT_PORT")],
)
def test_a_busy_port(run: Run, environment: dict[str, str], data: Path, command: str, setting: str) -> None:
    port = int(environment[f"GAMEKEEPER_{setting}"])
    with socket.create_server(("127.0.0.1", port)):
        said = line(run, command)
    assert said == (
        f"gamekeeper: Port {port} is in use by another program. "
        f"End that, or choose another port with GAMEKEEPER_{setting}."
    )
    assert not data.exists()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://nobody:x@127.0.0.1:1/gone", "cannot be reached"),
        ("postgresql://nobody:x@host.invalid/gone", "cannot be reached"),
        ("mysql://somebody@somewhere/db", "DATABASE_URL"),
        ("not a url", "DATABASE_URL"),
    ],
)
@pytest.mark.parametrize("command", ["up", "worker"])
def test_a_wrong_database_url(run: Run, command: str, url: str, expected: str) -> None:
    assert expected in line(run, command, DATABASE_URL=url)


def test_a_refused_password_and_a_missing_database(run: Run, owner_url: str) -> None:
    user, _, rest = owner_url.partition("@")
    assert "refused the user" in line(run, "migrate", DATABASE_URL=f"{user}wrong@{rest}")
    head, _, query = owner_url.partition("?")
    missing = f"{head.rpartition('/')[0]}/not_there?{query}"
    assert "no such database" in line(run, "migrate", DATABASE_URL=missing)


def test_a_database_that_was_never_migrated(run: Run, owner_url: str) -> None:
    head, _, query = owner_url.partition("?")
    empty = f"{head.rpartition('/')[0]}/postgres?{query}"
    assert "gamekeeper migrate" in line(run, "worker", DATABASE_URL=empty)


def test_a_data_folder_of_another_major_version(run: Run, data: Path) -> None:
    (data / "postgres" / "16").mkdir(parents=True)
    (data / "postgres" / "16" / "PG_VERSION").write_text("16\n")
    data.parent.chmod(0o711)
    assert "made by PostgreSQL 16" in line(run, "up")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"GAMEKEEPER_PUBLIC_URL": "play.example.org"}, "must be a whole address"),
        ({"GAMEKEEPER_PORT": "eighty"}, "GAMEKEEPER_PORT: "),
        ({"GAMEKEEPER_PORT": "0"}, "GAMEKEEPER_PORT: "),
        ({"GAMEKEEPER_DATA": "/proc/nowhere"}, "/proc/nowhere"),
        ({"GAMEKEEPER_HOST": "192.0.2.1"}, "does not belong to this machine"),
        ({"GAMEKEEPER_MASTER_KEY": base64.b64encode(b"short").decode()}, "GAMEKEEPER_MASTER_KEY"),
    ],
)
def test_a_wrong_setting(run: Run, variables: dict[str, str], expected: str) -> None:
    assert expected in line(run, "up", **variables)
