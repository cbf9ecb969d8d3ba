"""Log lines: one form for ours and the libraries', and no secrets from local variables."""

import json
import subprocess
import sys

import pytest

SAY = """
import logging, structlog
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.telemetry import start_logging
start_logging(Settings())
ours, theirs = structlog.get_logger("gamekeeper.test"), logging.getLogger("library")
ours.info("a device came", device="seat-14")
ours.debug("hidden")
theirs.warning("theirs %s", "too")
logging.getLogger("uvicorn.error").info("hidden")
def secretly(password):
    raise ValueError("broken")
try:
    secretly("hunter2")
except ValueError:
    ours.exception("it broke", path="line\\nbreak")
"""


def said(log_format: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SAY],
        env={"GAMEKEEPER_LOG_FORMAT": log_format, "GAMEKEEPER_DATA": "unused"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert "hunter2" not in done.stderr
    assert "hidden" not in done.stderr
    return done.stderr.splitlines()


@pytest.mark.parametrize("log_format", ["json", "auto"])
def test_a_collector_gets_one_object_a_line(log_format: str) -> None:
    ours, theirs, broken = (json.loads(line) for line in said(log_format))
    assert (ours["event"], ours["device"], ours["level"]) == ("a device came", "seat-14", "info")
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["logger"]) == ("theirs too", "library")
    assert "ValueError: broken" in broken["exception"]


def test_a_person_gets_text() -> None:
    lines = said("console")
    assert "a device came" in lines[0]
    assert lines[-1].endswith("ValueError: broken")
