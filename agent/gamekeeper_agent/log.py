"""The agent's own log: a file that turns over, standard error, and a ring that a server may read from."""

import logging
import re
import sys
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
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
_FURTHER = "\n\t"
_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}(?:[+-]\d\d:\d\d)?) ([A-Z]+) (.*)", re.DOTALL)


class Ring(logging.Handler):
    """The newest lines, and the ones not yet sent live."""

    def __init__(self, earlier: Iterable[LogLine] = ()) -> None:
        """Nothing is sent live until a level is set. `earlier` lines are of the processes before this one."""
        super().__init__()
        self.lines: deque[LogLine] = deque(earlier, maxlen=_RING)
        self._unsent: deque[LogLine] = deque(maxlen=_RING)
        self._live: int | None = None

    def send_live(self, level: LogLevel | None, since: int | None = None) -> None:
        """From now on keep lines of this level and above for `take`; None stops.

        With `since` (ms) all from the last line of that time on are given out again: those that the former process
        or a broken connection took along are among them.
        """
        self.acquire()
        try:
            self._live = None if level is None else _NUMBERS[level]
            if level is None or since is not None:
                self._unsent.clear()
            if self._live is not None and since is not None:
                lowest = self._live
                self._unsent.extend(line for line in _from(list(self.lines), since) if _NUMBERS[line.level] >= lowest)
        finally:
            self.release()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; must itself never log."""
        text = as_line(self.format(record))
        line = LogLine(_moment(record), _level(record.levelno), text)
        self.lines.append(line)
        if self._live is not None and record.levelno >= self._live:
            self._unsent.append(line)

    def take(self, limit: int) -> list[LogLine]:
        """Lines to send now, each given out once."""
        return [self._unsent.popleft() for _ in range(min(limit, len(self._unsent)))]


class _Dated(logging.Formatter):
    """Times with their zone: without it, an hour of every autumn would be there twice.

    Whatever a message says, only its first line begins at the margin: no other can look like an entry of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The entry, its further lines behind a tab."""
        return super().format(record).replace("\n", _FURTHER)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002 (as the library calls it)
        """The very millisecond that a server is told."""
        moment = datetime.fromtimestamp(_moment(record) // 1000, UTC).replace(microsecond=_moment(record) % 1000 * 1000)
        return moment.astimezone().isoformat(" ", "milliseconds")


def _moment(record: logging.LogRecord) -> int:
    return int(record.created * 1000)


def _from(lines: list[LogLine], since: int) -> list[LogLine]:
    # Looked for from the end: a clock that was set back makes later lines look earlier.
    for at in reversed(range(len(lines))):
        if lines[at].ts == since and (at == 0 or lines[at - 1].ts != since):
            return lines[at:]
    return [line for line in lines if line.ts >= since]


def _level(number: int) -> LogLevel:
    for level in (LogLevel.ERROR, LogLevel.WARNING, LogLevel.INFO):
        if number >= _NUMBERS[level]:
            return level
    return LogLevel.DEBUG


def start_log(folder: Path, *, verbose: bool = False) -> Ring:
    """Send everything the program logs to the file, to standard error and to the returned ring."""
    ring = Ring(_earlier(folder))
    ring.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    file = RotatingFileHandler(folder / FILE, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    console = logging.StreamHandler(sys.stderr)
    for handler in (file, console):
        handler.setFormatter(_Dated("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[file, console, ring], force=True)
    logging.getLogger("websockets").setLevel(logging.ERROR)
    return ring


def read_log(folder: Path, lines: int) -> list[str]:
    """The last lines of the log files, oldest first."""
    found: list[str] = []
    for path in [folder / FILE, *(folder / f"{FILE}.{number}" for number in range(1, _FILES + 1))]:
        if len(found) >= lines or not path.exists():
            break
        # By line feeds alone: a message may hold whatever else could end a line.
        text = path.read_bytes().decode(errors="replace")
        found = (text.removesuffix("\n").split("\n") if text else []) + found
    return found[-lines:]


def _earlier(folder: Path) -> list[LogLine]:
    """What the log file holds, as the process that wrote it would have sent it."""
    entries: list[list[str]] = []
    for line in read_log(folder, _RING):
        if _WRITTEN.match(line):
            entries.append([line])
        elif entries:
            entries[-1].append(line.removeprefix("\t"))
    return [found for entry in entries if (found := _parsed("\n".join(entry))) is not None]


def _parsed(entry: str) -> LogLine | None:
    matched = _WRITTEN.match(entry)
    if matched is None:
        return None
    written, level, text = matched.groups()
    try:
        ts = round(datetime.fromisoformat(written).timestamp() * 1000)
    except ValueError:
        # Half a line, from when the power went.
        return None
    if ts < 0:
        return None
    return LogLine(ts, _level(logging.getLevelNamesMapping().get(level, logging.INFO)), as_line(text))
