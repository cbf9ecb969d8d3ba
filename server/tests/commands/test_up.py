"""`gamekeeper up` as a person meets it: started, killed, started again, its database killed, stopped."""

import os
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import psutil
import pytest

from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from tests.running import OWNER, Running, begin, end

Start = Callable[..., Running]


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Generator[Start]:
    running: list[Running] = []

    def start(**variables: str) -> Running:
        running.append(begin({**environment, **variables}, tmp_path / f"up-{len(running)}.log"))
        return running[-1]

    yield start
    for each in running:
        end(each)


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
    assert (
        not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
    )  # orphaned: whether init reaps it is not ours


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
