"""A display, a gateway and a cable for the real agent."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator

import pytest

from gamekeeper.kernel.runtime import Runtime
from tests.modules.fleet.machines import open_gateway
from tests.modules.venue.enforcement.real_agent import Cable


@pytest.fixture
async def display() -> AsyncGenerator[str]:
    """A real X server without a screen."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed, so no window can be shown here")
    read, write = os.pipe()
    server = await asyncio.create_subprocess_exec(
        *("Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp", "-noreset"),
        pass_fds=[write],
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        number = (await asyncio.to_thread(answer.readline)).strip()
    yield f":{number}"
    server.terminate()
    await server.wait()


@pytest.fixture(scope="session")
async def gateway_port(runtime: Runtime) -> AsyncGenerator[int]:
    """The port of a whole gateway."""
    async with open_gateway(runtime) as (_, port):
        yield port


@pytest.fixture
async def cable(gateway_port: int) -> AsyncGenerator[Cable]:
    """The way from agent to gateway."""
    cable = Cable(gateway_port)
    await cable.open()
    yield cable
    await cable.close()
