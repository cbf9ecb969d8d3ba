"""The agent as a whole: its parts, put together on one state folder."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gamekeeper_agent import VERSION, clock, machine
from gamekeeper_agent.commands.journal import Journal
from gamekeeper_agent.commands.runner import Runner
from gamekeeper_agent.desktop import Desktop
from gamekeeper_agent.identity import endpoint, load_identity
from gamekeeper_agent.link.connection import Connection
from gamekeeper_agent.link.race import until_first_ends
from gamekeeper_agent.log import Ring
from gamekeeper_agent.metrics.disk_buffer import DiskBuffer
from gamekeeper_agent.metrics.readings import Readings
from gamekeeper_agent.policy import load_policy
from gamekeeper_agent.renewal import Renewal
from gamekeeper_agent.seat.keeper import Keeper
from gamekeeper_agent.seat.overlay_process import OverlayProcess
from gamekeeper_agent.store import open_store
from gamekeeper_wire.agent import Capabilities, Health, Heartbeat, Hello, LogLines, Mode, Sample
from gamekeeper_wire.limits import PROTOCOL
from gamekeeper_wire.server import CommandRequest, Intervals, Renewed, ServerFrame, Welcome
from gamekeeper_wire.station import Lock, Reason

logger = logging.getLogger(__name__)

_LIVE_LOG_SECONDS = 1.0
_LIVE_LOG_LINES = 50
"""At most this many a second, which fit into a frame however long they are."""
_DISPLAY_SECONDS = 30.0
_DISK_SECONDS = 10.0


class Agent:
    """One enrolled machine. Answers what a connection asks of its handler."""

    def __init__(self, folder: Path, desktop: Desktop, ring: Ring) -> None:
        """Open the state folder. Raises NotEnrolled, PolicyBroken."""
        self._folder = folder
        self._desktop = desktop
        self._ring = ring
        self._started = time.monotonic()
        self._boot_id = clock.boot_id()
        self._policy = load_policy(folder)
        self._machine = machine.describe()
        self._capabilities = self._look()
        self._stopping = asyncio.Event()
        self._wants_restart = False
        database = self._store = open_store(folder / "agent.db")
        self._buffer = DiskBuffer(database)
        self._readings = Readings(folder)
        identity = load_identity(folder)
        self.connection = Connection(endpoint(folder, identity), self, self._buffer)
        send = self.connection.send
        self._renewal = Renewal(folder, identity, send)
        self._commands = Runner(Journal(database, self._boot_id), self._policy, desktop, folder, send, self.restart)
        self._keeper = Keeper(
            database, self._boot_id, clock.now, send, self._make_overlay, is_kiosk=self._policy.mode is Mode.KIOSK
        )

    async def run(self) -> bool:
        """Work until `stop` or `restart`; whether a fresh copy is to be begun in this process's place."""
        logger.info("gamekeeper-agent %s starts: mode %s, boot %s", VERSION, self._policy.mode.value, self._boot_id)
        await until_first_ends(
            self._until_stopped(),
            self.connection.run(),
            self._keeper.run(),
            self._keeper.overlay.run(),
            self._commands.run(),
            self._renewal.run(),
            self._send_log(),
            self._watch_display(),
            self._watch_disk(),
        )
        return self._wants_restart

    def stop(self) -> None:
        """End the run; the overlay goes too."""
        self._stopping.set()

    def restart(self) -> None:
        """End the run for a fresh copy; the overlay stays until that one has its own."""
        self._wants_restart = True
        self._stopping.set()

    def hello(self) -> Hello:
        """The first frame of a connection."""
        return Hello(
            protocol=PROTOCOL,
            agent_version=VERSION,
            boot_id=self._boot_id,
            hostname=machine.hostname(),
            os=sys.platform,
            arch=os.uname().machine,
            mode=self._policy.mode,
            capabilities=self._capabilities,
            time=time.time_ns() // 1_000_000,
            machine=self._machine,
        )

    def heartbeat(self) -> Heartbeat:
        """How it goes."""
        problems = self._problems()
        return Heartbeat(
            uptime_s=int(time.monotonic() - self._started),
            health=Health.DEGRADED if problems else Health.OK,
            problems=problems,
            buffered_samples=self._buffer.depth,
            dropped_samples=self._buffer.dropped,
            station=self._keeper.report(Reason.HEARTBEAT),
        )

    def sample(self, latency_ms: float | None) -> Sample:
        """A reading of this moment."""
        return self._readings.sample(latency_ms)

    async def welcomed(self, welcome: Welcome) -> None:
        """The server took the connection."""
        logger.info("connected as %s", welcome.device_id)
        self._ring.send_live(welcome.log_level, welcome.log_from)
        await self._keeper.welcomed(welcome)
        await self._commands.resend()
        await self._renewal.ask_if_due()

    async def received(self, frame: ServerFrame) -> None:
        """A frame for one of the parts."""
        match frame:
            case CommandRequest():
                await self._commands.take(frame)
            case Renewed():
                self._renewal.received(frame)
            case Intervals():
                self._ring.send_live(frame.log_level)
            case _:
                await self._keeper.received(frame, self.connection.latency_ms or 0.0)

    def lost(self, reason: str) -> None:
        """The connection ended, or an attempt failed."""
        logger.warning("not connected: %s", reason)
        if self._renewal.is_clock_behind:
            logger.warning("this machine's clock stands in the past, so certificates are refused: set the clock")

    async def _until_stopped(self) -> None:
        await self._stopping.wait()
        if not self._wants_restart:
            await self._keeper.overlay.quit()

    def _look(self) -> Capabilities:
        return Capabilities(
            actions=self._policy.actions(), screen=self._desktop.has_screen(), overlay=self._desktop.has_overlay()
        )

    async def _watch_display(self) -> None:
        """A display that comes or goes later than we did is told by a new hello."""
        while True:
            await asyncio.sleep(_DISPLAY_SECONDS)
            seen = await asyncio.to_thread(self._look)
            if seen != self._capabilities:
                logger.info("screen: %s, overlay: %s", seen.screen, seen.overlay)
                self._capabilities = seen
                await self.connection.reconnect()

    async def _watch_disk(self) -> None:
        """What a full disk refused is tried again when there may be room."""
        while True:
            await asyncio.sleep(_DISK_SECONDS)
            self._store.open_again()
            self._keeper.save_again()

    async def _send_log(self) -> None:
        """New log lines, once a second, while the server asked for them."""
        while True:
            await asyncio.sleep(_LIVE_LOG_SECONDS)
            if self.connection.is_connected and (lines := self._ring.take(_LIVE_LOG_LINES)):
                await self.connection.send(LogLines(entries=lines))

    def _problems(self) -> list[str]:
        problems: list[str] = []
        if self._store.is_standing_in or self._buffer.is_disk_refusing or self._keeper.is_disk_refusing:
            problems.append("the disk takes no more: what must be remembered is kept in memory")
        if self._renewal.is_disk_refusing:
            problems.append("the disk takes no new certificate: the old one is kept")
        if self._buffer.dropped:
            problems.append(f"{self._buffer.dropped} samples were dropped because the buffer was full")
        report = self._keeper.report(Reason.HEARTBEAT)
        if report is not None and report.lock is Lock.UNKNOWN:
            problems.append("the seat's overlay is not shown: nothing locks this seat")
        return problems

    def _make_overlay(self, on_shown: Callable[[], None]) -> OverlayProcess:
        return OverlayProcess(self._desktop, self._folder, on_shown, is_kiosk=self._policy.mode is Mode.KIOSK)
