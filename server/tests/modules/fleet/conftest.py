"""A gateway on a real port, and machines that may connect to it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.gateway.server import Gateway
from tests.modules.fleet.machines import Machine, open_gateway

Enrol = Callable[..., Awaitable[Machine]]


@pytest.fixture(scope="session")
async def gateway_and_port(runtime: Runtime) -> AsyncGenerator[tuple[Gateway, int]]:
    """One gateway for the whole run."""
    async with open_gateway(runtime) as opened:
        yield opened


@pytest.fixture
def gateway(gateway_and_port: tuple[Gateway, int]) -> Gateway:
    return gateway_and_port[0]


@pytest.fixture
def machine(gateway_and_port: tuple[Gateway, int], tmp_path: Path) -> Machine:
    """A machine that is not enrolled."""
    return Machine(tmp_path, gateway_and_port[1])


@pytest.fixture
def enrol(
    gateway_and_port: tuple[Gateway, int], tmp_path_factory: pytest.TempPathFactory, client: httpx.AsyncClient
) -> Enrol:
    """Make an enrolled machine of the world's organization."""

    async def make(**wishes: object) -> Machine:
        return await Machine(tmp_path_factory.mktemp("machine"), gateway_and_port[1]).enrol(client, **wishes)

    return make
