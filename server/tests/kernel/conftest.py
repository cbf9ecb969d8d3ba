"""Fixtures of the kernel's rooms: people with real accounts, and an installation that nobody has set up."""

import secrets
from collections.abc import AsyncGenerator, Generator
from contextlib import nullcontext
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI

from gamekeeper.app import build
from gamekeeper.kernel.database.databases import drop, renamed
from gamekeeper.kernel.database.roles import Roles, app_password, app_url
from gamekeeper.kernel.runtime import Runtime, open_runtime
from gamekeeper.kernel.settings import Settings
from tests.conftest import MASTER_KEY
from tests.people import People, make_people
from tests.redis_server import Redis
from tests.serving import served


def open_app(runtime: Runtime) -> FastAPI:
    """The app as it is, with the real doorkeeper. Without its lifespan it has no live socket."""
    built = build(lambda: nullcontext(runtime))
    built.state.runtime = runtime
    return built


@pytest.fixture(scope="session")
def real_app(runtime: Runtime) -> FastAPI:
    return open_app(runtime)


@pytest.fixture(scope="session")
async def real_address(real_app: FastAPI) -> AsyncGenerator[str]:
    """`host:port` of the real app on a real server."""
    async with served(real_app) as address:
        yield address


@pytest.fixture
async def people(runtime: Runtime, real_app: FastAPI) -> People:
    return await make_people(runtime, real_app)


@pytest.fixture
async def fresh(cluster: str, owner_url: str, settings: Settings) -> AsyncGenerator[Runtime]:
    """An installation of its own, in which nobody has an account."""
    del owner_url  # only so that the template exists
    name = f"fresh_{secrets.token_hex(6)}"
    owner = await asyncpg.connect(cluster)
    await owner.execute(f"CREATE DATABASE {name} TEMPLATE gamekeeper_template")
    url = app_url(renamed(cluster, name), Roles(), app_password(MASTER_KEY))
    async with open_runtime(settings, url, MASTER_KEY) as opened:
        yield opened
    await drop(owner, name)
    await owner.close()


@pytest.fixture
def redis(tmp_path: Path) -> Generator[Redis]:
    server = Redis(tmp_path)
    yield server
    server.kill()
