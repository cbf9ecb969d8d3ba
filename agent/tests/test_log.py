"""The agent's log, as a server may have it sent again after a restart."""

import logging
from collections.abc import Generator
from pathlib import Path

import pytest

from gamekeeper_agent.log import FILE, Ring, read_log, start_log
from gamekeeper_wire.agent import LogLevel, LogLine


@pytest.fixture(autouse=True)
def root() -> Generator[None]:
    """The test's own log is set back."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield
    for handler in logger.handlers:
        if handler not in handlers:
            handler.close()
    logger.handlers[:] = handlers
    logger.setLevel(level)


def test_the_next_process_knows_the_lines_as_they_were(tmp_path: Path) -> None:
    first = start_log(tmp_path)
    log = logging.getLogger("seat")
    log.info("plain")
    log.warning("two\nlines\r and \x85 more")
    try:
        raise RuntimeError("wrong")  # noqa: TRY301 - a trace is what is wanted
    except RuntimeError:
        log.exception("broken")
    again = start_log(tmp_path)
    assert list(again.lines) == list(first.lines)
    assert len(again.lines) == 3


def test_a_file_of_before_and_half_a_line_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        "a trace\n2026-11-22 04:19:27,123 INFO seat: kept\n2026-99-22 04:19:27,123 INFO seat: no\n2026-11-"
    )
    assert [line.message for line in start_log(tmp_path).lines] == ["seat: kept"]


def test_a_message_cannot_look_like_another_entry(tmp_path: Path) -> None:
    first = start_log(tmp_path)
    logging.getLogger("seat").warning("typed:\n1969-07-20 20:17:40.000+00:00 ERROR seat: not so\n\ttabbed\n\nend")
    again = start_log(tmp_path)
    assert list(again.lines) == list(first.lines)
    assert len(again.lines) == 1


def test_what_no_server_would_take_and_an_empty_file_are_left_out(tmp_path: Path) -> None:
    (tmp_path / f"{FILE}.1").write_text(
        "1969-07-20 20:17:40.000+00:00 INFO seat: too early\n2026-11-22 04:19:27.123+00:00 INFO seat: kept\n"
    )
    (tmp_path / FILE).touch()
    assert [line.message for line in start_log(tmp_path).lines] == ["seat: kept"]
    assert read_log(tmp_path, 1) == ["2026-11-22 04:19:27.123+00:00 INFO seat: kept"]


def test_lines_are_given_out_again_from_the_last_of_that_time() -> None:
    def line(ts: int, message: str, level: LogLevel = LogLevel.INFO) -> LogLine:
        return LogLine(ts, level, message)

    ring = Ring([line(9, "a"), line(7, "b"), line(9, "c"), line(9, "d"), line(5, "back"), line(5, "x", LogLevel.DEBUG)])
    ring.send_live(LogLevel.INFO, 9)
    assert [each.message for each in ring.take(50)] == ["c", "d", "back"]
    ring.send_live(LogLevel.INFO, 8)
    assert [each.message for each in ring.take(50)] == ["a", "c", "d"]
    ring.send_live(LogLevel.INFO)
    assert ring.take(50) == []
