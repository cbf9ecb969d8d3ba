"""Runs the seat: lets time pass, shows it, saves it, and reports every change."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress

from gamekeeper_agent.clock import Clock, Moment
from gamekeeper_agent.link.race import until_first_ends
from gamekeeper_agent.seat.lease_book import LeaseRefused, read_lease
from gamekeeper_agent.seat.overlay_process import OverlayProcess
from gamekeeper_agent.seat.reporter import Reporter
from gamekeeper_agent.seat.saved import load_seat, save_seat
from gamekeeper_agent.seat.seat import View
from gamekeeper_agent.seat.segment_log import SegmentJournal
from gamekeeper_agent.store import Store
from gamekeeper_wire.agent import LeaseAnswer
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import LeaseEnd, LeaseGrant, LeaseKeys, SegmentsStored, Station, StationAssigned, Welcome
from gamekeeper_wire.station import Lock, Reason, StationReport

logger = logging.getLogger(__name__)

SAVE_MS = 4000
_TICK_SECONDS = 0.5
_LOCK_FIRST_MS = 5000

Send = Callable[[Frame], Awaitable[bool]]


class Keeper:
    """The seat with its overlay, its disk and its server."""

    def __init__(
        self,
        database: Store,
        boot_id: str,
        clock: Clock,
        send: Send,
        make_overlay: Callable[[Callable[[], None]], OverlayProcess],
        *,
        is_kiosk: bool,
    ) -> None:
        """Continue with the saved seat. Nothing is shown before `run`."""
        self._database = database
        self._boot_id = boot_id
        self._clock = clock
        self._send = send
        self._is_kiosk = is_kiosk
        self._seat = load_seat(database, boot_id)
        self._started_at = clock().ticks_ms
        # After a reboot the lock stands before anything is opened; in the same boot nothing may flicker.
        self._locks_first = is_kiosk and self._seat.boot_id != boot_id and self._seat.running is not None
        self._seat.resume(boot_id, clock())
        self._segments = SegmentJournal(database)
        self._reporter = Reporter(boot_id)
        self.overlay = make_overlay(self._on_shown)
        self._poked = asyncio.Event()
        self._has_news = asyncio.Event()
        self._saved_at = 0
        self._shown: tuple[Lock, str, str | None, int | None] | None = None
        self._is_uploading = False
        self.is_disk_refusing = False

    async def run(self) -> None:
        """Keep the seat until cancelled. Telling is a task of its own: a stuck network must not delay a lock."""
        await until_first_ends(self._enforce(), self._tell_server())

    async def _enforce(self) -> None:
        reason: Reason | None = Reason.RESUMED
        self._save()
        while True:
            self._poked.clear()
            ended = self._seat.look(self._clock())
            if ended is not None:
                logger.info("the lease ended: %s", ended)
                self._save()
            self._settle(ended or reason)
            reason = None
            self._has_news.set()
            await self._wait()

    async def welcomed(self, welcome: Welcome) -> None:
        """A connection stands: keys, assignment, and everything that the server missed."""
        self._seat.keys = dict(welcome.lease_public_keys)
        self._is_uploading = False
        self._assign(welcome.station)
        self._reporter.due = [Reason.CONNECTED]
        self._poked.set()

    async def received(self, frame: Frame, latency_ms: float) -> None:
        """A frame about the seat; every other is left alone."""
        match frame:
            case LeaseGrant():
                await self._grant(frame.lease, latency_ms)
            case LeaseEnd():
                self._end(frame)
            case LeaseKeys():
                self._seat.keys = dict(frame.lease_public_keys)
                self._save()
            case StationAssigned():
                self._assign(frame.station)
            case SegmentsStored():
                with suppress(sqlite3.Error):
                    self._segments.merged(frame.log_id, frame.seq)
                self._is_uploading = False
            case _:
                return
        self._poked.set()

    def save_again(self) -> None:
        """Try what the disk refused, if it did."""
        if self.is_disk_refusing:
            self._save()
            self._poked.set()

    def report(self, reason: Reason) -> StationReport | None:
        """The seat as its overlay confirms it; None when this machine is no seat."""
        seat, now = self._seat, self._clock()
        if seat.station is None:
            return None
        return StationReport(
            lock=self.overlay.confirmed,
            reason=reason,
            at=now.wall_ms,
            station_id=seat.station.station_id,
            lease_id=seat.last.lease_id if seat.last else None,
            session_id=seat.last.session_id if seat.last else None,
            seq=seat.book.seq(seat.last.session_id) if seat.last else 0,
            remaining_ms=seat.running.left(now.ticks_ms) if seat.running else 0,
        )

    def _settle(self, reason: Reason | None, *, is_renewed: bool = False) -> None:
        """Bring disk and overlay to the state of the seat."""
        now = self._clock()
        if self._seat.running is not None and now.ticks_ms - self._saved_at >= SAVE_MS:
            self._save()
        view = self._view(now)
        key = None if view is None else (view.lock, view.label, view.session_id, view.warning_s)
        if key == self._shown and not is_renewed:
            return
        is_warning = view is not None and view.lock is Lock.WARNING
        self._shown = key
        token = self.overlay.show(view)
        if view is not None:
            self._reporter.asked(token, reason or (Reason.WARNED if is_warning else Reason.RENEWED))

    def _view(self, now: Moment) -> View | None:
        view = self._seat.view(now, is_kiosk=self._is_kiosk)
        if self._locks_first:
            is_late = now.ticks_ms - self._started_at > _LOCK_FIRST_MS
            self._locks_first = self.overlay.confirmed is not Lock.LOCKED and not is_late
        return View(lock=Lock.LOCKED, label=view.label) if view is not None and self._locks_first else view

    async def _grant(self, blob: bytes, latency_ms: float) -> None:
        try:
            lease = read_lease(blob, self._seat.keys)
        except LeaseRefused as error:
            logger.warning("a lease was refused: %s: %s", error.code, error)
            await self._send(LeaseAnswer(ok=False, code=error.code, message=str(error)))
            return
        code, message = "ok", ""
        try:
            reason = self._seat.take(lease, self._clock(), latency_ms)
        except LeaseRefused as error:
            code, message = error.code, str(error)
            logger.warning("lease %s was refused: %s: %s", lease.lease_id, code, message)
        else:
            self._save()
            self._settle(reason, is_renewed=True)
        await self._send(
            LeaseAnswer(
                ok=code == "ok",
                code=code,
                message=message,
                lease_id=lease.lease_id,
                session_id=lease.session_id,
                seq=lease.seq,
            )
        )

    def _end(self, frame: LeaseEnd) -> None:
        is_ended = self._seat.end(frame.session_id, frame.seq, self._clock())
        self._save()
        if is_ended:
            logger.info("session %s was ended: %s", frame.session_id, frame.reason or "no reason given")
            self._settle(Reason.ENDED)

    def _assign(self, station: Station | None) -> None:
        is_new = self._seat.assign(station, self._clock())
        self._save()
        if is_new:
            logger.info("this machine is %s", "no seat" if station is None else f"the seat {station.label!r}")
            self._settle(Reason.ASSIGNED)

    def _save(self) -> None:
        """On disk, or said to be not."""
        now = self._clock()
        self._saved_at = now.ticks_ms
        self._seat.finished += self._reporter.faults
        self._reporter.faults.clear()
        try:
            while self._seat.finished:
                self._segments.append(self._seat.finished[0])
                self._seat.finished.pop(0)
            save_seat(self._database, self._seat)
            self.is_disk_refusing = False
        except sqlite3.Error as error:
            self.is_disk_refusing = True
            logger.warning("the seat cannot be saved: %s", error)

    def _on_shown(self) -> None:
        if self._seat.station is not None:
            self._reporter.shown(self.overlay.confirmed, self.overlay.confirmed_token, self._clock())
            if self._reporter.faults:
                self._save()
        self._poked.set()

    async def _tell_server(self) -> None:
        """Reports that are due (a lost connection drops them: the next one begins with a report), then segments."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            while self._reporter.due:
                report = self.report(self._reporter.due.pop(0))
                if report is not None:
                    await self._send(report)
            if not self._is_uploading:
                waiting = self._segments.waiting()
                self._is_uploading = waiting is not None and await self._send(waiting)

    async def _wait(self) -> None:
        running = self._seat.running
        timeout = None
        if self._locks_first:
            timeout = _TICK_SECONDS
        elif running is not None:
            ahead = running.next_change(self._clock().ticks_ms) / 1000
            timeout = min(_TICK_SECONDS, max(0.005, ahead))
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._poked.wait()
