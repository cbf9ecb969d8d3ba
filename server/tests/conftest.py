"""Fixtures that every test shares: one real PostgreSQL a run, one database a worker, one organization a test."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from gamekeeper.app import build, furnish
from gamekeeper.kernel.database.databases import renamed
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from gamekeeper.kernel.database.migrate import migrate
from gamekeeper.kernel.database.roles import Roles, app_password, app_url
from gamekeeper.kernel.runtime import Runtime, open_runtime
from gamekeeper.kernel.settings import Settings
from tests.leftovers import sweep
from tests.serving import served
from tests.world import World, authenticate, make_world

MASTER_KEY = bytes(range(32))
ROLES = Roles()
_TEMPLATE = "gamekeeper_template"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of this run, the same for all of its workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "run"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
async def cluster(shared_folder: Path) -> AsyncGenerator[str]:
    """The owner's URL of this run's embedded PostgreSQL."""
    # Not in pytest's own folder: it is private, and root's PostgreSQL runs as somebody else.
    with (shared_folder / "cluster.note").open("a+") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        note.seek(0)
        known = note.read()
        if not known:
            await asyncio.to_thread(sweep)
        folder = Path(known or tempfile.mkdtemp(prefix="gamekeeper-tests-"))
        folder.chmod(0o711)
        note.truncate(0)
        note.write(str(folder))
    postgres = EmbeddedPostgres(folder, durable=False)
    yield await postgres.start()
    await postgres.stop()
    if not postgres.is_alive():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def owner_url(cluster: str, shared_folder: Path, worker_id: str) -> str:
    """The owner's URL of this worker's own database, a copy of one that is migrated once a run."""
    with (shared_folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        owner = await asyncpg.connect(cluster)
        if not await owner.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", _TEMPLATE):
            await owner.execute(f"CREATE DATABASE {_TEMPLATE}")
            await migrate(renamed(cluster, _TEMPLATE), ROLES, MASTER_KEY)
        name = f"test_{worker_id}_{os.getpid()}"
        await owner.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        await owner.close()
    return renamed(cluster, name)


@pytest.fixture(scope="session")
def database_url(owner_url: str) -> str:
    """The application role's URL: what the product itself uses."""
    return app_url(owner_url, ROLES, app_password(MASTER_KEY))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a process under test, untouched by the environment of whoever runs the tests."""
    return Settings(data=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
async def runtime(database_url: str, settings: Settings) -> AsyncGenerator[Runtime]:
    """An open runtime on a real database, as the application role. All tables are known, as in every process."""
    furnish()
    async with open_runtime(settings, database_url, MASTER_KEY) as opened:
        yield opened


@pytest.fixture
async def world(runtime: Runtime) -> World:
    """A fresh organization with people in it. Tests do not share rows, so they need no clean-up."""
    return await make_world(runtime)


@pytest.fixture(scope="session")
def app(runtime: Runtime) -> FastAPI:
    """The web app on the open runtime."""
    built = build(lambda: _given(runtime))
    built.state.runtime = runtime
    built.state.authenticate = authenticate
    return built


class _given:  # noqa: N801 - a context manager in a word
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def __aenter__(self) -> Runtime:
        return self._runtime

    async def __aexit__(self, *_: object) -> None:
        return None


@pytest.fixture
async def client(app: FastAPI, world: World) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser without a page: speaks to the app, signed in as the world's owner unless told otherwise."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(world.address, 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://gamekeeper.test") as opened:
        opened.headers["authorization"] = f"Bearer {world.token(world.ada)}"
        yield opened


@pytest.fixture(scope="session")
async def address(app: FastAPI) -> AsyncGenerator[str]:
    """`host:port` of the app on a real server, for sockets and browsers."""
    async with served(app) as address:
        yield address
