"""Keeps the overlay's process alive, told and heard."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from gamekeeper_agent.clock import Moment, now
from gamekeeper_agent.desktop import Desktop
from gamekeeper_agent.files import write_atomically
from gamekeeper_agent.link.race import until_first_ends
from gamekeeper_agent.overlay.messages import Show, Shown
from gamekeeper_agent.seat.seat import View
from gamekeeper_wire.station import Lock

logger = logging.getLogger(__name__)

PID_FILE = "overlay.pid"
SILENT_SECONDS = 10
"""An overlay that says nothing for this long hangs, and is replaced."""
_SLOWEST_RESTART = 5.0
_HEALTHY_SECONDS = 10.0
_encoder = msgspec.json.Encoder()
_shown = msgspec.json.Decoder(Shown)
_process_ids = msgspec.json.Decoder(tuple[int, float])


class OverlayProcess:
    """One overlay at a time; killed or hung, it is begun again at once with the newest view.

    An overlay outlives a killed agent and locks by itself at the end. The next agent replaces it only
    after its own overlay has confirmed what it shows, so that a locked seat never stands open between.
    """

    def __init__(self, desktop: Desktop, folder: Path, on_shown: Callable[[], None], *, is_kiosk: bool) -> None:
        """Nothing is shown before a view is given."""
        self._desktop = desktop
        self._pid_file = folder / PID_FILE
        self._on_shown = on_shown
        self._is_kiosk = is_kiosk
        self._view: View | None = None
        self._viewed_at: Moment = now()
        self._token = 0
        self._changed = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._former = self._read_former()
        self.confirmed = Lock.UNKNOWN
        self.confirmed_token = 0

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to show."""
        return self._view is not None

    def show(self, view: View | None) -> int:
        """Show this from now on (None: no overlay at all); the token that its confirmation will carry."""
        self._view, self._viewed_at = view, now()
        self._token += 1
        self._changed.set()
        self._tell()
        return self._token

    async def run(self) -> None:
        """Keep an overlay while there is something to show, until cancelled."""
        loop = asyncio.get_running_loop()
        delay = 0.0
        while True:
            self._changed.clear()
            if not self.is_wanted:
                if self._token:
                    # Not before the seat has spoken: until then the former overlay keeps the screen.
                    self._end_former()
                await self._changed.wait()
                continue
            began = loop.time()
            await self._live()
            if self.is_wanted:
                delay = 0.0 if loop.time() - began > _HEALTHY_SECONDS else min(_SLOWEST_RESTART, delay + 0.25)
                await asyncio.sleep(delay)

    async def quit(self) -> None:
        """End the overlay because the agent was told to stop."""
        self.show(None)
        process = self._process
        if process is None:
            return
        try:
            async with asyncio.timeout(3):
                await process.wait()
        except TimeoutError:
            _kill(process.pid)
            await process.wait()

    async def _live(self) -> None:
        """One overlay process from its start to its end."""
        command = [*self._desktop.overlay_command(), *(["--kiosk"] if self._is_kiosk else [])]
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
        except OSError as error:
            logger.error("the overlay cannot be started: %s", error)  # noqa: TRY400 (the trace says no more)
            return
        self._process = process
        self._write_pid(process.pid)
        self._tell()
        try:
            await until_first_ends(self._listen(process), self._watch(process))
        finally:
            self._process = None
            self._confirm(Lock.UNKNOWN, 0)
        if process.returncode is None:
            _kill(process.pid)
        code = await process.wait()
        if self.is_wanted:
            logger.warning("the overlay ended (%s): beginning it again", code)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while True:
            try:
                async with asyncio.timeout(SILENT_SECONDS):
                    line = await process.stdout.readline()
            except TimeoutError:
                logger.warning("the overlay has said nothing for %d s", SILENT_SECONDS)
                return
            if not line:
                return
            try:
                shown = _shown.decode(line)
            except (msgspec.DecodeError, UnicodeError) as error:
                logger.warning("the overlay said something else: %s", error)
                continue
            self._end_former()
            self._confirm(shown.lock, shown.token)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Ends when the overlay has gone, even if something else still holds its output."""
        await process.wait()

    def _tell(self) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return
        process.stdin.write(_encoder.encode(self._message()) + b"\n")

    def _message(self) -> Show:
        view = self._view
        if view is None:
            return Show(token=self._token, lock=Lock.LOCKED, quit=True)
        gone = now().ticks_ms - self._viewed_at.ticks_ms
        return Show(
            token=self._token,
            lock=view.lock,
            label=view.label,
            left_ms=max(0, view.left_ms - gone),
            total_ms=view.total_ms,
            lock_in_ms=None if view.lock_in_ms is None else max(0, view.lock_in_ms - gone),
            warning_s=view.warning_s,
        )

    def _confirm(self, lock: Lock, token: int) -> None:
        if (lock, token) != (self.confirmed, self.confirmed_token):
            self.confirmed, self.confirmed_token = lock, token
            self._on_shown()

    def _write_pid(self, pid: int) -> None:
        with suppress(psutil.Error, OSError):
            write_atomically(self._pid_file, _encoder.encode((pid, psutil.Process(pid).create_time())))

    def _read_former(self) -> psutil.Process | None:
        """The overlay that an earlier agent left behind."""
        with suppress(OSError, msgspec.DecodeError, psutil.Error):
            pid, created = _process_ids.decode(self._pid_file.read_bytes())
            former = psutil.Process(pid)
            if pid != os.getpid() and abs(former.create_time() - created) < 1:
                return former
        return None

    def _end_former(self) -> None:
        former, self._former = self._former, None
        if former is not None:
            with suppress(psutil.Error):
                former.terminate()
            # After a restart in place it is still our child, and would stay a zombie.
            with suppress(ChildProcessError):
                os.waitpid(former.pid, os.WNOHANG)


def _kill(pid: int) -> None:
    """By number: the process object's own kill would collect a child that has just ended before asyncio can."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
