import asyncio
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from agent.tests.authority import Authority
from agent.tests.gateway import Gateway
from agent.tests.machine import Machine

MakeMachine = Callable[..., Machine]


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def gateway(tmp_path: Path, authority: Authority) -> AsyncGenerator[Gateway]:
    gateway = Gateway(tmp_path, authority)
    await gateway.open()
    yield gateway
    await gateway.close()


@pytest.fixture
async def make_machine(tmp_path: Path, authority: Authority, gateway: Gateway) -> AsyncGenerator[MakeMachine]:
    machines: list[Machine] = []

    def make(**policy: Any) -> Machine:
        machine = Machine(tmp_path / f"machine-{len(machines)}", authority, gateway.port, **policy)
        machines.append(machine)
        return machine

    yield make
    for machine in machines:
        await machine.stop()
        _end_overlay(machine.folder)


@pytest.fixture
async def display() -> AsyncGenerator[str]:
    """A real X server without a screen."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed, so no window can be shown here")
    read, write = os.pipe()
    server = await asyncio.create_subprocess_exec(
        "Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp", "-noreset",
        pass_fds=[write], stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as answer:
        number = (await asyncio.to_thread(answer.readline)).strip()
    yield f":{number}"
    server.terminate()
    await server.wait()


def _end_overlay(folder: Path) -> None:
    """An overlay outlives a killed agent on purpose; here it must not outlive the test."""
    file = folder / "overlay.pid"
    if file.exists():
        with suppress(ProcessLookupError):
            os.kill(int(file.read_text().strip("[]").split(",")[0]), signal.SIGKILL)
