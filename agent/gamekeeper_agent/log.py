"""The agent's own log: a file that turns over, standard error, and a ring that a server may read from."""

import logging
import sys
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path

from gamekeeper_wire.agent import LogLevel, LogLine
from gamekeeper_wire.text import as_line

FILE = "agent.log"
_BYTES = 1_000_000
_FILES = 4
_RING = 2000
_NUMBERS = {
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARNING: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}


class Ring(logging.Handler):
    """The newest lines, and the ones not yet sent live."""

    def __init__(self) -> None:
        """Nothing is sent live until a level is set."""
        super().__init__()
        self.lines: deque[LogLine] = deque(maxlen=_RING)
        self._unsent: deque[LogLine] = deque(maxlen=_RING)
        self._live: int | None = None

    def send_live(self, level: LogLevel | None) -> None:
        """From now on keep lines of this level and above for `take`; None stops."""
        self._live = None if level is None else _NUMBERS[level]
        if level is None:
            self._unsent.clear()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; must itself never log."""
        text = as_line(self.format(record))
        line = LogLine(int(record.created * 1000), _level(record.levelno), text)
        self.lines.append(line)
        if self._live is not None and record.levelno >= self._live:
            self._unsent.append(line)

    def take(self, limit: int) -> list[LogLine]:
        """Lines to send now, each given out once."""
        return [self._unsent.popleft() for _ in range(min(limit, len(self._unsent)))]


def _level(number: int) -> LogLevel:
    for level in (LogLevel.ERROR, LogLevel.WARNING, LogLevel.INFO):
        if number >= _NUMBERS[level]:
            return level
    return LogLevel.DEBUG


def start_log(folder: Path, *, verbose: bool = False) -> Ring:
    """Send everything the program logs to the file, to standard error and to the returned ring."""
    ring = Ring()
    ring.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    file = RotatingFileHandler(folder / FILE, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    console = logging.StreamHandler(sys.stderr)
    for handler in (file, console):
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[file, console, ring], force=True)
    logging.getLogger("websockets").setLevel(logging.ERROR)
    return ring


def read_log(folder: Path, lines: int) -> list[str]:
    """The last lines of the log files, oldest first."""
    found: list[str] = []
    for path in [folder / FILE, *(folder / f"{FILE}.{number}" for number in range(1, _FILES + 1))]:
        if len(found) >= lines or not path.exists():
            break
        found = path.read_text(encoding="utf-8", errors="replace").splitlines() + found
    return found[-lines:]
