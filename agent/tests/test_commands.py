import asyncio
import sys
from base64 import b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from agent.tests.conftest import MakeMachine
from agent.tests.gateway import Gateway
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gamekeeper_agent.policy import UpdatePolicy
from gamekeeper_wire.agent import CommandAck, CommandPart, CommandProgress, CommandResult, LogLevel, LogLines, Mode
from gamekeeper_wire.limits import Facts
from gamekeeper_wire.server import CommandRequest, Intervals


async def outcome(gateway: Gateway, command_id: str, after: int = 0) -> CommandResult:
    return await gateway.next(CommandResult, lambda frame: frame.command_id == command_id, after)


async def test_restart_answers_from_the_new_process(gateway: Gateway, make_machine: MakeMachine) -> None:
    machine = make_machine()
    await machine.start()
    first = await gateway.connected()
    await gateway.send(CommandRequest(command_id="c1", action="restart"))
    await gateway.next(CommandAck)
    await gateway.next(CommandProgress)
    second = await gateway.connected(2)
    result = await outcome(gateway, "c1")
    assert result.ok
    assert result.message == "the agent is back"
    assert first.boot_id == second.boot_id
    assert machine.process is not None
    assert machine.process.returncode is None, "it began anew in place"


async def test_logs_come_in_parts_with_their_digest(gateway: Gateway, make_machine: MakeMachine) -> None:
    await make_machine().start()
    await gateway.connected()
    await gateway.send(CommandRequest(command_id="c1", action="logs", params={"lines": 50}))
    result = await outcome(gateway, "c1")
    content = b"".join(part.content for part in gateway.all(CommandPart))
    assert result.ok
    assert result.data["sha256"] == sha256(content).hexdigest()
    assert b"gamekeeper-agent 0.1.0 starts" in content
    assert gateway.all(CommandPart)[-1].last
    await gateway.send(CommandRequest(command_id="c2", action="logs", params={"lines": "many"}))
    assert (await outcome(gateway, "c2")).code == "bad-params"


async def test_live_log_lines_while_the_server_asks(gateway: Gateway, make_machine: MakeMachine) -> None:
    await make_machine().start()
    await gateway.connected()
    await gateway.send(Intervals(heartbeat_seconds=1, metrics_seconds=1, log_level=LogLevel.WARNING))
    await gateway.send(CommandRequest(command_id="c1", action="reboot"))
    lines = (await gateway.next(LogLines)).entries
    assert any("not-allowed-by-machine" in line.message for line in lines)


@pytest.mark.parametrize("action", ["reboot", "update"])
async def test_an_observed_machine_refuses_and_says_why(
    gateway: Gateway, make_machine: MakeMachine, action: str
) -> None:
    await make_machine().start()
    await gateway.connected()
    await gateway.send(CommandRequest(command_id="c1", action=action))
    result = await outcome(gateway, "c1")
    assert not result.ok
    assert result.code == "not-allowed-by-machine"
    assert "observe" in result.message


async def test_commands_of_a_newer_server_and_without_a_screen_are_refused(
    gateway: Gateway, make_machine: MakeMachine
) -> None:
    await make_machine().start()
    assert not (await gateway.connected()).capabilities.screen
    await gateway.send(CommandRequest(command_id="c1", action="dance"))
    await gateway.send(CommandRequest(command_id="c2", action="screenshot"))
    assert (await outcome(gateway, "c1")).code == "unknown-action"
    assert (await outcome(gateway, "c2")).code == "no-screen"


async def test_screenshot_is_a_png_of_the_display(gateway: Gateway, make_machine: MakeMachine, display: str) -> None:
    await make_machine().start(display=display)
    assert (await gateway.connected()).capabilities.screen
    await gateway.send(CommandRequest(command_id="c1", action="screenshot"))
    result = await outcome(gateway, "c1")
    picture = b"".join(part.content for part in gateway.all(CommandPart))
    assert result.ok
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20]) == 1280
    assert result.data["size"] == len(picture)


async def test_a_machine_may_forbid_pictures(gateway: Gateway, make_machine: MakeMachine, display: str) -> None:
    await make_machine(screenshot=False).start(display=display)
    assert "screenshot" not in (await gateway.connected()).capabilities.actions
    await gateway.send(CommandRequest(command_id="c1", action="screenshot"))
    assert (await outcome(gateway, "c1")).code == "not-allowed-by-machine"


def counting(path: Path, then: str = "") -> list[str]:
    """A program that leaves a mark for each time it was run."""
    return [sys.executable, "-c", f"import os, time; open({str(path)!r}, 'a').write('x'); {then}"]


async def test_a_command_that_is_sent_again_is_answered_again_but_done_once(
    gateway: Gateway, make_machine: MakeMachine, tmp_path: Path
) -> None:
    mark = tmp_path / "reboots"
    machine = make_machine(mode=Mode.CONTROL, reboot_command=counting(mark, then="raise SystemExit(3)"))
    await machine.start()
    await gateway.connected()
    request = CommandRequest(command_id="c1", action="reboot")
    await gateway.send(request)
    first = await outcome(gateway, "c1")
    assert first.code == "reboot-failed"
    await gateway.send(request)
    assert await outcome(gateway, "c1", after=gateway.heard.index(first) + 1) == first
    await machine.kill()
    await machine.start()
    await gateway.connected(2)
    start = len(gateway.heard)
    await gateway.send(request)
    assert await outcome(gateway, "c1", after=start) == first
    assert mark.read_text() == "x"


async def test_killed_in_the_middle_a_command_is_not_begun_again(
    gateway: Gateway, make_machine: MakeMachine, tmp_path: Path
) -> None:
    mark = tmp_path / "reboots"
    machine = make_machine(mode=Mode.CONTROL, reboot_command=counting(mark, then="time.sleep(8)"))
    await machine.start()
    await gateway.connected()
    request = CommandRequest(command_id="c1", action="reboot")
    await gateway.send(request)
    async with asyncio.timeout(20):
        while not mark.exists():
            await asyncio.sleep(0.05)
    await machine.kill()
    await machine.start()
    await gateway.connected(2)
    result = await outcome(gateway, "c1")
    assert result.code == "interrupted"
    await gateway.send(request)
    assert await outcome(gateway, "c1", after=gateway.heard.index(result) + 1) == result
    assert mark.read_text() == "x"


async def test_updates_are_refused_where_nobody_is_trusted(gateway: Gateway, make_machine: MakeMachine) -> None:
    await make_machine(mode=Mode.CONTROL).start()
    await gateway.connected()
    await gateway.send(CommandRequest(command_id="c1", action="update", params={"version": "2", "url": "https://x"}))
    assert (await outcome(gateway, "c1")).code == "update-not-configured"


async def test_a_signed_update_is_staged_and_a_forged_one_is_not(
    gateway: Gateway, make_machine: MakeMachine, tmp_path: Path
) -> None:
    key, content = Ed25519PrivateKey.generate(), b"the new agent" * 1000
    signature = b64encode(key.sign(b"2.0.0\x00" + content)).decode()
    policy = UpdatePolicy(public_key=key.public_key().public_bytes_raw(), command=counting(tmp_path / "installed"))
    machine = make_machine(mode=Mode.CONTROL, update=policy)
    await machine.start()
    await gateway.connected()
    with serving(content) as url:
        params: Facts = {"version": "2.0.0", "url": url, "signature": signature}
        await gateway.send(CommandRequest(command_id="c1", action="update", params={**params, "version": "3.0.0"}))
        assert (await outcome(gateway, "c1")).code == "bad-signature"
        await gateway.send(CommandRequest(command_id="c2", action="update", params={**params, "version": "../2"}))
        assert (await outcome(gateway, "c2")).code == "bad-params"
        assert not (tmp_path / "installed").exists()
        await gateway.send(CommandRequest(command_id="c3", action="update", params=params))
        assert (await outcome(gateway, "c3")).ok
    assert (machine.folder / "updates" / "2.0.0").read_bytes() == content
    assert (tmp_path / "installed").read_text() == "x"


class serving:  # noqa: N801 (reads as a verb)
    """A web server on this machine with one file."""

    def __init__(self, content: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/agent.bin"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
