"""A whole Gamekeeper as a person starts it: `gamekeeper up` in a process of its own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from gamekeeper.kernel.database.embedded import EmbeddedPostgres

OWNER = {"email": "owner@example.org", "password": "violet-anchor-9-lantern"}


class Running:
    """A started `gamekeeper up`."""

    def __init__(self, process: "subprocess.Popen[str]", environment: dict[str, str], output: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{environment['GAMEKEEPER_PORT']}"
        self.output = output
        self.data = Path(environment["GAMEKEEPER_DATA"])

    def said(self) -> str:
        return self.output.read_text()

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true, and fail with the log when the program ends first."""
        deadline = time.monotonic() + 60
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v1/setup", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def token(self) -> str:
        answer = httpx.post(f"{self.url}/api/v1/auth/login", json=OWNER, timeout=20)
        assert answer.status_code == httpx.codes.OK, answer.text
        return str(answer.json()["access_token"])

    def devices(self, token: str) -> list[dict[str, object]]:
        answer = httpx.get(f"{self.url}/api/v1/devices", headers={"Authorization": f"Bearer {token}"}, timeout=20)
        assert answer.is_success, answer.text
        return list(answer.json()["items"])

    def postmaster(self) -> psutil.Process:
        file = self.data / "postgres" / "18" / "postmaster.pid"
        return psutil.Process(int(file.read_text().splitlines()[0]))

    def agents(self) -> list[psutil.Process]:
        """The agent, and whatever it runs at this moment."""
        return [each for each in psutil.process_iter() if _works_for(each, self.data)]

    def agent(self) -> psutil.Process:
        """The agent itself, which is a child of `gamekeeper up`."""
        (agent,) = (each for each in self.agents() if each.ppid() == self.process.pid)
        return agent

    def agent_is_gone(self) -> bool:
        return not self.agents()


def _works_for(process: psutil.Process, data: Path) -> bool:
    try:
        return process.environ().get("GAMEKEEPER_AGENT_STATE") == str(data / "agent")
    except psutil.Error:
        return False


def begin(environment: dict[str, str], output: Path) -> Running:
    """Start it; what it says goes to the file `output`."""
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "gamekeeper", "up"],
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Running(process, environment, output)


def end(running: Running) -> None:
    """Kill it and wait for its agent, which dies with it."""
    running.process.kill()
    running.process.wait()
    while not running.agent_is_gone():
        time.sleep(0.05)


@contextmanager
def data_folder() -> Generator[Path]:
    """A data folder that an unprivileged PostgreSQL may enter; whatever still runs in it is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="gamekeeper-run-"))
    folder.chmod(0o711)
    yield folder / "data"
    if (folder / "data" / "postgres" / "18").exists():
        # In a thread of its own: a test with a browser has an event loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(_stop, folder / "data").result()
    shutil.rmtree(folder)


def _stop(data: Path) -> None:
    postgres = EmbeddedPostgres(data, durable=False)
    postgres.start_now()
    postgres.stop_now()


def environment_for(data: Path) -> dict[str, str]:
    """The environment of a process, without anything of whoever runs the tests."""
    ours = ("DATABASE_URL", "DATABASE_APP_URL", "REDIS_URL")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GAMEKEEPER_") and name not in ours
    }
    web, agents = free_ports(2)
    return {**kept, "GAMEKEEPER_DATA": str(data), "GAMEKEEPER_PORT": str(web), "GAMEKEEPER_AGENT_PORT": str(agents)}


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    found = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return found
