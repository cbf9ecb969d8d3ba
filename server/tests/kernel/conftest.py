"""Fixtures of the kernel's rooms: people with real accounts, and an installation that nobody has set up."""

import secrets
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from fastapi import FastAPI

from gamekeeper.app import build
from gamekeeper.kernel.database.roles import Roles, app_password, app_url
from gamekeeper.kernel.runtime import Runtime, open_runtime
from gamekeeper.kernel.settings import Settings
from tests.conftest import MASTER_KEY, renamed
from tests.people import People, make_people


def open_app(runtime: Runtime) -> FastAPI:
    """The app as it is, with the real doorkeeper; its lifespan does not run."""

    def never() -> "AsyncGenerator[Runtime]":
        raise NotImplementedError

    built = build(never)  # pyright: ignore[reportArgumentType] - opened by the fixture instead
    built.state.runtime = runtime
    return built


@pytest.fixture(scope="session")
def real_app(runtime: Runtime) -> FastAPI:
    return open_app(runtime)


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
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()
