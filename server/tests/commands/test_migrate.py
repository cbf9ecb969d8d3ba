"""`gamekeeper migrate` on a new database: whoever runs the parts one by one gets in as well."""

import base64
import secrets
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from gamekeeper.kernel.database.databases import drop, renamed
from tests.commands.conftest import Run
from tests.conftest import MASTER_KEY
from tests.running import OWNER

FIRST_OWNER = {"GAMEKEEPER_ADMIN_EMAIL": OWNER["email"], "GAMEKEEPER_ADMIN_PASSWORD": OWNER["password"]}


@pytest.fixture
async def empty(cluster: str, owner_url: str) -> AsyncGenerator[dict[str, str]]:
    """The environment of an installation with an empty database of its own."""
    del owner_url  # only so that the roles exist, with the key that all tests share
    name = f"empty_{secrets.token_hex(6)}"
    owner = await asyncpg.connect(cluster)
    await owner.execute(f"CREATE DATABASE {name}")
    yield {
        "DATABASE_URL": renamed(cluster, name),
        "GAMEKEEPER_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
        "GAMEKEEPER_PUBLIC_URL": "https://play.example",
    }
    await drop(owner, name)
    await owner.close()


async def accounts(environment: dict[str, str]) -> list[str]:
    owner = await asyncpg.connect(environment["DATABASE_URL"])
    rows = await owner.fetch("SELECT email FROM users")
    await owner.close()
    return [row["email"] for row in rows]


def migrated(run: Run, **variables: str) -> str:
    done = run("migrate", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "up to date" in done.stdout
    return done.stdout


async def test_it_prints_a_link_until_somebody_has_an_account(run: Run, empty: dict[str, str]) -> None:
    links = [migrated(run, **empty).strip().splitlines()[-1].split()[-1] for _ in range(2)]
    assert all(link.startswith("https://play.example/setup#gks_") for link in links)
    assert links[0] != links[1]
    for _ in range(2):
        assert "/setup#" not in migrated(run, **empty, **FIRST_OWNER)
        assert await accounts(empty) == [OWNER["email"]]
    assert "/setup#" not in migrated(run, **empty)


async def test_a_weak_password_of_the_first_owner_is_one_line(run: Run, empty: dict[str, str]) -> None:
    done = run("migrate", **empty, GAMEKEEPER_ADMIN_EMAIL="owner@example.org", GAMEKEEPER_ADMIN_PASSWORD="password")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert await accounts(empty) == []
