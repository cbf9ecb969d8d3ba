"""What benchmarks stand on: a PostgreSQL of their own that writes through to the disk, and parts as processes."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx

from gamekeeper.app import furnish
from gamekeeper.commands.migrate import bring_up_to_date
from gamekeeper.commands.process import ground, opened
from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.database.binaries import installed
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from gamekeeper.kernel.identity.sessions import access_tokens
from gamekeeper.kernel.identity.sessions.service import begin
from gamekeeper.kernel.identity.users.service import create
from gamekeeper.kernel.membership.assigning import Chosen
from gamekeeper.kernel.membership.members.service import join
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.tenancy.models import Organization
from gamekeeper.simulate.gateway import free_port
from gamekeeper.simulate.run import ORGANIZATION

ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Bench:
    """An open runtime, people who are signed in, and how to start more processes on the same database."""

    runtime: Runtime
    folder: Path
    superuser_url: str
    signed_in: list[tuple[UUID, UUID]] = field(default_factory=list[tuple[UUID, UUID]])
    """People and their sign-ins."""

    def tokens(self) -> list[str]:
        """Access tokens of sixteen people, so that none of them meets the rate limit."""
        now = datetime.now(UTC)
        return [access_tokens.issue(self.runtime.root_key, user, session, now) for user, session in self.signed_in]

    @property
    def psql(self) -> Path:
        """PostgreSQL's own client, of the server's version."""
        return installed().tool("psql")

    @asynccontextmanager
    async def web(self) -> AsyncGenerator[int]:
        """`gamekeeper web` in a process of its own; its port."""
        port = free_port()
        async with process("-m", "gamekeeper", "web", GAMEKEEPER_PORT=str(port)):
            await answers(f"http://127.0.0.1:{port}/health")
            yield port


@asynccontextmanager
async def opened_bench() -> AsyncGenerator[Bench]:
    """A new installation in a temporary folder, with one organization and sixteen people."""
    furnish()
    with tempfile.TemporaryDirectory(prefix="gamekeeper-bench-") as name:
        folder = Path(name)
        # Root's PostgreSQL runs as somebody else and must reach its folder.
        os.chmod(folder, 0o711)  # noqa: PTH101, S103 - others may pass through and see nothing
        os.environ |= {"GAMEKEEPER_DATA": name, "GAMEKEEPER_LOG_LEVEL": "WARNING", "GAMEKEEPER_LOG_FORMAT": "console"}
        os.environ.pop("DATABASE_URL", None)
        settings = Settings.model_validate({})
        async with ground(settings) as found:
            if found.embedded is None:
                raise RuntimeError("a benchmark brings its own database")
            await bring_up_to_date(found)
            async with opened(found) as runtime:
                bench = Bench(runtime, folder, _superuser(found.embedded))
                await _people(bench)
                yield bench


def _superuser(embedded: EmbeddedPostgres) -> str:
    return embedded.superuser_url


async def _people(bench: Bench) -> None:
    async with bench.runtime.as_system(ORGANIZATION) as ctx:
        ctx.add(Organization(id=ORGANIZATION, name="Bench", demo=True))
        await ctx.flush()
        for place in range(16):
            user = await create(ctx, f"bench{place}@example.test", f"Bench {place}", "!")
            await join(ctx, user, Chosen(frozenset({BuiltIn.OWNER}), ()))
            signed_in = await begin(ctx, user, "bench", second_factor=False)
            bench.signed_in.append((user.id, signed_in.session.id))


@asynccontextmanager
async def process(*arguments: str, **environment: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A Python process for the length of the block."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=os.environ | environment, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()


async def answers(url: str) -> None:
    """Wait until somebody answers there. Raises TimeoutError after a minute."""
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
