"""The doctor beside a Gamekeeper that runs, and beside another program that has its port."""

import socket
from pathlib import Path

from gamekeeper.commands.holding import holding, is_held
from tests.commands.conftest import Run
from tests.running import begin, end


def test_the_ports_of_the_gamekeeper_that_runs_are_in_order(
    run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    running = begin({**environment, "GAMEKEEPER_OWN_AGENT": "false"}, tmp_path / "up.log")
    try:
        running.until(lambda: "Ctrl-C" in running.said())
        done = run("doctor")
        elsewhere = run("doctor", GAMEKEEPER_DATA=str(tmp_path / "other"))
    finally:
        end(running)
    assert done.returncode == 0, done.stdout
    for name in ("GAMEKEEPER_PORT", "GAMEKEEPER_AGENT_PORT"):
        (line,) = [line for line in done.stdout.splitlines() if f"port {environment[name]} " in line]
        assert line.startswith("ok")
        assert "in use by this Gamekeeper, which is running" in line
    assert "(web) is served by a Gamekeeper with another data folder" in elsewhere.stdout
    # Killed, it holds nothing any more.
    assert "in use by" not in run("doctor").stdout


def test_a_port_of_another_program_is_warned_of(run: Run, environment: dict[str, str], data: Path) -> None:
    data.mkdir(parents=True)
    port = int(environment["GAMEKEEPER_PORT"])
    with holding(data, port):
        pass
    with socket.create_server(("127.0.0.1", port)):
        done = run("doctor")
    (line,) = [line for line in done.stdout.splitlines() if f"port {port} " in line]
    assert line.startswith("warn")


def test_a_folder_that_cannot_be_written_keeps_nobody_from_serving(tmp_path: Path) -> None:
    with holding(tmp_path / "missing", 8470):
        assert not is_held(tmp_path / "missing", 8470)
