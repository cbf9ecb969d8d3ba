import asyncio
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Generator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from agent.tests.authority import TRUST_DOMAIN, Authority
from agent.tests.gateway import DEVICE, Gateway
from agent.tests.machine import Machine
from msgspec import structs

from gamekeeper_agent.identity import load_identity, save_identity

WHOLE = f"gkc_abc.{'0' * 64}"
Answer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


class Office:
    """The enrolment half of a server: one answer for the request, one for each poll."""

    def __init__(self, authority: Authority, port: int) -> None:
        self.authority, self.port = authority, port
        self.token = f"gkc_abc.{authority.fingerprint}"
        self.asked: list[dict[str, Any]] = []
        self.polls: list[str] = []
        self.approve_after: int | None = None
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.busy: dict[int, tuple[int, dict[str, Any]]] = {}
        """What to answer a poll by its number, once."""
        self.polled_at: list[float] = []
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path in {"/api/v1/enrolments", "/api/v1/enrolments/renewals"}
                office.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._answer(*office.decide())

            def do_GET(self) -> None:
                assert self.path == "/api/v1/enrolments/pending-1"
                office.polls.append(self.headers["Authorization"])
                office.polled_at.append(time.monotonic())
                self._answer(*office.decide())

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                self.send_response(status)
                if "retry_after" in body:
                    self.send_header("Retry-After", str(body["retry_after"]))
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
                del format, args

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def decide(self) -> tuple[int, dict[str, Any]]:
        if self.refusal is not None:
            return self.refusal
        if len(self.polls) in self.busy:
            return self.busy[len(self.polls)]
        if self.approve_after is not None and len(self.polls) <= self.approve_after:
            return 202, {
                "poll_url": "/api/v1/enrolments/pending-1",
                "poll_secret": "s3cret",
                "retry_after_seconds": 1,
            }
        return 201, {
            "device_id": str(DEVICE),
            "certificate": self.authority.certify_device(self.asked[-1]["csr"], DEVICE),
            "ca": self.authority.pem,
            "gateway": {"host": "127.0.0.1", "port": self.port},
            "trust_domain": TRUST_DOMAIN,
            "something_newer": True,
        }


@pytest.fixture
def office(authority: Authority, gateway: Gateway) -> Generator[Office]:
    office = Office(authority, gateway.port)
    yield office
    office.server.shutdown()
    office.server.server_close()


async def run(folder: Path, *arguments: str) -> tuple[int, str]:
    environment = os.environ | {"GAMEKEEPER_AGENT_STATE": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gamekeeper_agent", *arguments, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_an_enrolled_machine_connects(office: Office, gateway: Gateway, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    token = office.token
    code, output = await run(folder, "enrol", "--server", office.address, "--token", token, "--mode", "kiosk")
    assert (code, output) == (0, f"Enrolled as {DEVICE} (kiosk).\n")
    asked = office.asked[0]
    assert asked["token"] == token
    assert asked["mode"] == "kiosk"
    assert asked["hostname"]
    assert asked["machine"]["cpu_count"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("device.pem", "identity.json", "policy.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    environment = os.environ | {"GAMEKEEPER_AGENT_STATE": str(folder)}
    agent = await asyncio.create_subprocess_exec(sys.executable, "-m", "gamekeeper_agent", "run", env=environment)
    assert (await gateway.connected()).mode == "kiosk"
    code, output = await run(folder, "run")
    assert code == 1
    assert "another agent already runs" in output
    agent.terminate()
    await agent.wait()
    code, output = await run(folder, "enrol", "--server", office.address, "--token", token)
    assert code == 1
    assert str(DEVICE) in output


async def test_a_machine_waits_for_approval(office: Office, tmp_path: Path) -> None:
    office.approve_after = 2
    code, output = await run(tmp_path / "state", "enrol", "--server", office.address, "--token", office.token)
    assert code == 0, output
    assert output.endswith(f"Enrolled as {DEVICE} (observe).\n")
    assert office.polls == ["Bearer s3cret"] * 3


async def test_a_server_that_is_asked_too_often_is_left_alone_and_asked_again(office: Office, tmp_path: Path) -> None:
    office.approve_after = 2
    office.busy = {
        1: (429, {"code": "too_many_requests", "detail": "Too many requests.", "retry_after": 3}),
        2: (503, {"code": "database_unavailable", "detail": "Try again shortly.", "retry_after": 2}),
    }
    code, output = await run(tmp_path / "state", "enrol", "--server", office.address, "--token", office.token)
    assert code == 0, output
    assert "in 3 seconds: the server answered 429: Too many requests." in output
    assert output.endswith(f"Enrolled as {DEVICE} (observe).\n")
    assert office.polls == ["Bearer s3cret"] * 3
    first, second, third = office.polled_at
    # Never earlier than it was told; how much later is the machine's business.
    assert second - first >= 3
    assert third - second >= 2
    assert len(office.asked) == 1


async def test_the_waiting_goes_on_when_the_agent_runs(office: Office, gateway: Gateway, tmp_path: Path) -> None:
    office.approve_after = 1
    folder = tmp_path / "state"
    await run(folder, "enrol", "--server", office.address, "--token", office.token, "--no-wait")
    environment = os.environ | {"GAMEKEEPER_AGENT_STATE": str(folder)}
    agent = await asyncio.create_subprocess_exec(sys.executable, "-m", "gamekeeper_agent", "run", env=environment)
    await gateway.connected()
    agent.terminate()
    await agent.wait()


async def test_a_server_with_another_authority_than_the_token_names_gets_no_agent(
    office: Office, tmp_path: Path
) -> None:
    token = f"gkc_abc.{'0' * 64}"
    code, output = await run(tmp_path / "state", "enrol", "--server", office.address, "--token", token)
    assert code == 1
    assert "authority is not the one that the token names" in output
    assert not (tmp_path / "state" / "identity.json").exists()


@pytest.mark.parametrize("token", ["gkc_abc", WHOLE[:-2], WHOLE + "0", WHOLE.replace(".", ""), ""])
async def test_half_a_token_is_not_sent_and_no_trust_in_whatever_answers(
    office: Office, tmp_path: Path, token: str
) -> None:
    code, output = await run(tmp_path / "state", "enrol", "--server", office.address, "--token", token)
    assert code == 1
    assert "the token is not whole" in output
    assert office.asked == []


async def test_a_used_token_is_refused_in_the_servers_words(office: Office, tmp_path: Path) -> None:
    office.refusal = (410, {"code": "claim_used", "title": "Gone", "detail": "This token was used already."})
    code, output = await run(tmp_path / "state", "enrol", "--server", office.address, "--token", WHOLE)
    assert code == 1
    assert output == "gamekeeper-agent: the server answered 410: This token was used already.\n"


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("http://play.example.org", "is not an https address"),
        ("http://127.0.0.1:9", "Connection refused"),
        ("ftp://127.0.0.1", "is not an https address"),
    ],
)
async def test_a_wrong_address_is_one_clear_line(tmp_path: Path, server: str, words: str) -> None:
    code, output = await run(tmp_path / "state", "enrol", "--server", server, "--token", WHOLE)
    assert code == 1
    assert words in output
    assert output.count("\n") == 1


async def test_a_machine_from_the_shelf_renews_its_expired_certificate(
    office: Office, gateway: Gateway, tmp_path: Path
) -> None:
    machine = Machine(tmp_path / "shelf", office.authority, gateway.port)
    machine.certify(office.authority, lifetime=timedelta(days=7), age=timedelta(days=30))
    identity = load_identity(machine.folder)
    save_identity(machine.folder, structs.replace(identity, server=office.address))
    await machine.start()
    await gateway.connected()
    assert office.asked[0].keys() == {"certificate", "csr"}
    await machine.stop()


async def test_a_machine_enrolled_anew_forgets_what_it_knew(office: Office, gateway: Gateway, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "moved", office.authority, gateway.port)
    identity = load_identity(machine.folder)
    save_identity(machine.folder, structs.replace(identity, device_id=UUID(int=5)))
    (machine.folder / "agent.db").write_bytes(b"readings and sessions of another organization")
    (machine.folder / "agent.db-wal").write_bytes(b"more of them")
    code, output = await run(
        machine.folder,
        "enrol",
        "--server",
        office.address,
        "--token",
        office.token,
        "--force",
    )
    assert code == 0, output
    assert not list(machine.folder.glob("agent.db*"))
