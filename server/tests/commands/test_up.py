"""`gamekeeper up` as a person meets it: started, killed, started again, its database killed, stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import psutil
import pytest

from gamekeeper.kernel.database.embedded import EmbeddedPostgres

OWNER = {"email": "owner@example.org", "password": "violet-anchor-9-lantern"}
Start = Callable[..., "Running"]


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

    def agent_is_gone(self) -> bool:
        return not [each for each in psutil.process_iter() if _works_for(each, self.data)]


def _works_for(process: psutil.Process, data: Path) -> bool:
    try:
        return process.environ().get("GAMEKEEPER_AGENT_STATE") == str(data / "agent")
    except psutil.Error:
        return False


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Generator[Start]:
    running: list[Running] = []

    def start(**variables: str) -> Running:
        merged = {**environment, **variables}
        output = tmp_path / f"up-{len(running)}.log"
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "gamekeeper", "up"], env=merged, stdout=file, stderr=subprocess.STDOUT, text=True
            )
        running.append(Running(process, merged, output))
        return running[-1]

    yield start
    for each in running:
        each.process.kill()
        each.process.wait()
        while not each.agent_is_gone():
            time.sleep(0.05)


def test_set_up_by_the_link_then_killed_and_started_again(start: Start) -> None:
    first = start()
    first.until(lambda: "Set it up" in first.said())
    link = next(word for word in first.said().split() if "/setup#" in word)
    body = {"token": link.partition("#")[2], "organization": "Arcade", "name": "Olga", **OWNER}
    made = httpx.post(f"{first.url}/api/v1/setup", json=body, timeout=20)
    assert made.status_code == httpx.codes.CREATED, made.text
    token = str(made.json()["access_token"])
    first.until(lambda: [device for device in first.devices(token) if device["status"] == "online"])
    server = first.postmaster()

    first.process.kill()
    first.process.wait()
    second = start()
    second.until(second.answers)
    second.until(lambda: "Ctrl-C" in second.said())
    assert second.postmaster() == server
    assert "Set it up" not in second.said()
    assert httpx.post(f"{second.url}/api/v1/setup", json=body, timeout=20).is_client_error
    token = second.token()
    (device,) = second.devices(token)
    second.until(lambda: second.devices(token)[0]["status"] == "online")
    assert second.devices(token)[0]["id"] == device["id"]

    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(60) == 0, second.said()
    assert second.agent_is_gone()
    assert not server.is_running()


def test_unattended_and_its_database_killed(start: Start) -> None:
    running = start(
        GAMEKEEPER_ADMIN_EMAIL=OWNER["email"], GAMEKEEPER_ADMIN_PASSWORD=OWNER["password"], GAMEKEEPER_OWN_AGENT="false"
    )
    running.until(lambda: "Ctrl-C" in running.said())
    assert "Set it up" not in running.said()
    running.token()
    killed = running.postmaster()
    os.kill(killed.pid, signal.SIGKILL)
    running.until(lambda: running.answers() and running.postmaster() != killed)
    running.token()
    running.process.terminate()
    assert running.process.wait(60) == 0, running.said()
    assert not EmbeddedPostgres(running.data).is_alive()


def test_a_weak_password_for_the_first_owner_is_refused(start: Start) -> None:
    running = start(GAMEKEEPER_ADMIN_EMAIL="owner@example.org", GAMEKEEPER_ADMIN_PASSWORD="password")
    assert running.process.wait(60) == 1
    assert running.said().startswith("gamekeeper: ")
    assert "password" in running.said()
