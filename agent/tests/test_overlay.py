import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest
from agent.tests.conftest import MakeMachine
from agent.tests.gateway import SEAT, Gateway
from agent.tests.machine import Machine
from agent.tests.screen import Camera, until

from gamekeeper_wire.agent import Heartbeat, LeaseAnswer, Mode
from gamekeeper_wire.server import CommandRequest, LeaseEnd, StationAssigned
from gamekeeper_wire.station import Lock, Reason, Segment, SegmentKind, SegmentLog, StationReport

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


@pytest.fixture
async def kiosk(gateway: Gateway, make_machine: MakeMachine, display: str) -> Machine:
    """A seat in kiosk mode, connected and locked."""
    gateway.station = SEAT
    machine = make_machine(mode=Mode.KIOSK)
    machine.environment = {"DISPLAY": display}
    await machine.start(display=display)
    await reported(gateway, Lock.LOCKED)
    return machine


async def reported(gateway: Gateway, lock: Lock, after: int = 0) -> StationReport:
    return await gateway.next(StationReport, lambda report: report.lock is lock, after)


def is_whole(play: Segment, granted_ms: int) -> bool:
    """Played to the lease's own end, which lies half a round trip of the socket before the granted time."""
    is_close = granted_ms - 500 < play.duration_ms <= granted_ms
    return play.kind is SegmentKind.PLAY and play.ended_by == "expired" and is_close


def overlay_pid(machine: Machine) -> int:
    return int((machine.folder / "overlay.pid").read_text().strip("[]").split(",")[0])


def has_ended(pid: int) -> bool:
    """Whether a process has ended. Nobody may have waited for it yet: in a container without an init nobody does."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_a_seat_locks_opens_warns_and_locks_again(gateway: Gateway, kiosk: Machine, display: str) -> None:
    camera = Camera(display)
    assert kiosk.process
    assert gateway.hellos[0].capabilities.overlay
    await until(camera.has_lock)
    await gateway.grant(remaining_ms=6000, warnings_s=(4, 2))
    opened = await reported(gateway, Lock.UNLOCKED)
    assert opened.reason is Reason.STARTED
    assert opened.session_id == "session-1"
    assert 0 < opened.remaining_ms <= 6000
    await until(camera.is_clear)
    warned = await reported(gateway, Lock.WARNING)
    assert warned.reason is Reason.WARNED
    await until(camera.has_warning)
    start = gateway.heard.index(warned)
    again = await gateway.next(StationReport, lambda report: report.reason is Reason.WARNED, after=start + 1)
    assert again.remaining_ms <= 2000
    locked = await reported(gateway, Lock.LOCKED, after=start)
    assert locked.reason is Reason.EXPIRED
    assert locked.remaining_ms == 0
    await until(camera.has_lock)
    (play,) = (await gateway.next(SegmentLog)).entries
    assert is_whole(play, 6000)


async def test_an_extension_opens_longer_and_an_end_locks_now(gateway: Gateway, kiosk: Machine, display: str) -> None:
    assert kiosk.process
    camera = Camera(display)
    await gateway.grant(remaining_ms=3000, warnings_s=(2,))
    warned = await reported(gateway, Lock.WARNING)
    await gateway.grant(seq=2, remaining_ms=600_000, warnings_s=(2,))
    start = gateway.heard.index(warned)
    longer = await reported(gateway, Lock.UNLOCKED, after=start)
    assert (longer.reason, longer.seq) == (Reason.RENEWED, 2)
    assert longer.remaining_ms > 500_000
    await until(camera.is_clear)
    await gateway.send(LeaseEnd(session_id="session-1", seq=3, reason="left early"))
    assert (await reported(gateway, Lock.LOCKED, after=start)).reason is Reason.ENDED
    await until(camera.has_lock)


async def test_old_and_foreign_leases_open_nothing(gateway: Gateway, kiosk: Machine, display: str) -> None:
    assert kiosk.process
    await gateway.grant(seq=4, remaining_ms=600_000)
    opened = await reported(gateway, Lock.UNLOCKED)
    await gateway.send(LeaseEnd(session_id="session-1", seq=5))
    await gateway.grant(seq=4, remaining_ms=600_000)
    await gateway.grant(lease_id="elsewhere", station_id="seat-15", seq=9)
    await gateway.grant(lease_id="earlier", boot_nonce="another-boot", seq=9)
    await gateway.next(LeaseAnswer, lambda answer: answer.lease_id == "earlier")
    codes = [answer.code for answer in gateway.all(LeaseAnswer)]
    assert codes == ["ok", "lease-replayed", "lease-other-station", "lease-other-boot"]
    await reported(gateway, Lock.LOCKED, after=gateway.heard.index(opened))
    await until(Camera(display).has_lock)
    assert gateway.all(StationReport)[-1].lock is Lock.LOCKED


async def test_a_killed_overlay_is_back_at_once_and_the_gap_is_told(
    gateway: Gateway, kiosk: Machine, display: str
) -> None:
    camera = Camera(display)
    await until(camera.has_lock)
    before = overlay_pid(kiosk)
    start = len(gateway.heard)
    os.kill(before, signal.SIGKILL)
    lost = await reported(gateway, Lock.UNKNOWN, after=start)
    assert lost.reason is Reason.OVERLAY_LOST
    back = await reported(gateway, Lock.LOCKED, after=start)
    assert back.reason is Reason.OVERLAY_BACK
    await until(camera.has_lock)
    assert overlay_pid(kiosk) != before
    assert (await gateway.next(SegmentLog, after=start)).entries[0].kind is SegmentKind.FAULT


async def test_a_hung_overlay_is_replaced(gateway: Gateway, kiosk: Machine, display: str) -> None:
    start = len(gateway.heard)
    os.kill(overlay_pid(kiosk), signal.SIGSTOP)
    await reported(gateway, Lock.UNKNOWN, after=start)
    await reported(gateway, Lock.LOCKED, after=start)
    await until(Camera(display).has_lock)


async def test_with_the_server_gone_it_ends_in_time_and_tells_later_once(
    gateway: Gateway, kiosk: Machine, display: str
) -> None:
    assert kiosk.process
    camera = Camera(display)
    await gateway.grant(remaining_ms=4000, warnings_s=())
    await reported(gateway, Lock.UNLOCKED)
    await gateway.close()
    await until(camera.is_clear)
    await until(camera.has_lock)
    start = len(gateway.heard)
    gateway.merges = False
    await gateway.open()
    first = await gateway.next(SegmentLog, after=start)
    (play,) = first.entries
    assert play.session_id == "session-1"
    assert is_whole(play, 4000)
    gateway.merges = True
    assert gateway.socket
    await gateway.socket.close()
    again = await gateway.next(SegmentLog, after=gateway.heard.index(first) + 1)
    assert again == first, "the same numbers, so that it merges once"
    report = gateway.all(StationReport)[-1]
    assert (report.lock, report.session_id, report.remaining_ms) == (Lock.LOCKED, "session-1", 0)
    await gateway.next(Heartbeat, after=gateway.heard.index(again) + 1)
    assert gateway.all(SegmentLog)[-1] == again


async def test_a_killed_agent_leaves_a_seat_that_locks_itself(gateway: Gateway, kiosk: Machine, display: str) -> None:
    camera = Camera(display)
    await gateway.grant(remaining_ms=5000, warnings_s=())
    await reported(gateway, Lock.UNLOCKED)
    await kiosk.kill()
    await until(camera.is_clear)
    await until(camera.has_lock)
    start = len(gateway.heard)
    await kiosk.start(display=display)
    await reported(gateway, Lock.LOCKED, after=start)
    (play,) = (await gateway.next(SegmentLog)).entries
    assert is_whole(play, 5000)


async def test_killed_and_begun_again_the_end_stays_where_it_was(
    gateway: Gateway, kiosk: Machine, display: str
) -> None:
    camera = Camera(display)
    await gateway.grant(remaining_ms=9000, warnings_s=())
    await reported(gateway, Lock.UNLOCKED)
    await kiosk.kill()
    start = len(gateway.heard)
    await kiosk.start(display=display)
    resumed = await reported(gateway, Lock.UNLOCKED, after=start)
    assert resumed.remaining_ms < 9000
    assert camera.is_clear()
    await reported(gateway, Lock.LOCKED, after=start)
    (play,) = (await gateway.next(SegmentLog)).entries
    assert is_whole(play, 9000)


async def test_a_locked_seat_stands_locked_through_kill_and_restart(
    gateway: Gateway, kiosk: Machine, display: str
) -> None:
    camera = Camera(display)
    await until(camera.has_lock)
    before = overlay_pid(kiosk)
    await kiosk.kill()
    watching = asyncio.create_task(seen_open(camera))
    start = len(gateway.heard)
    await kiosk.start(display=display)
    await reported(gateway, Lock.LOCKED, after=start)
    await gateway.send(CommandRequest(command_id="c1", action="restart"))
    await gateway.connected(3)
    await reported(gateway, Lock.LOCKED, after=len(gateway.heard))
    await until(lambda: has_ended(before))
    watching.cancel()
    assert not watching.done() or watching.cancelled(), "the screen was seen open"


async def test_after_a_reboot_it_locks_first_and_opens_with_what_is_left(
    gateway: Gateway, kiosk: Machine, display: str
) -> None:
    await gateway.grant(remaining_ms=60_000, warnings_s=())
    await reported(gateway, Lock.UNLOCKED)
    await kiosk.kill()
    os.kill(overlay_pid(kiosk), signal.SIGKILL)
    kiosk.pretend_another_boot(minutes_ago=0.25)
    start = len(gateway.heard)
    await kiosk.start(display=display)
    opened = await reported(gateway, Lock.UNLOCKED, after=start)
    seen = [each.lock for each in gateway.heard[start:] if isinstance(each, StationReport)]
    assert next(lock for lock in seen if lock is not Lock.UNKNOWN) is Lock.LOCKED
    assert 0 < opened.remaining_ms <= 45_000
    off = (await gateway.next(SegmentLog, after=start)).entries[-1]
    assert off.kind is SegmentKind.OFF
    assert off.duration_ms >= 15_000
    await gateway.grant(boot_nonce="earlier-boot", seq=2)
    assert (await gateway.next(LeaseAnswer, after=start)).code == "lease-other-boot"


async def seen_open(camera: Camera) -> None:
    """Ends when the lock is not all over the screen."""
    while camera.has_lock():
        await asyncio.sleep(0.01)


async def test_a_moved_wall_clock_moves_no_end(
    gateway: Gateway, make_machine: MakeMachine, display: str, tmp_path: Path
) -> None:
    if not FAKETIME.exists():
        pytest.skip("libfaketime is not installed, so the clock cannot be moved here")
    gateway.station = SEAT
    shift = tmp_path / "faketime"
    shift.write_text("+0")
    machine = make_machine(mode=Mode.KIOSK)
    await machine.start(
        display=display,
        LD_PRELOAD=str(FAKETIME),
        FAKETIME_TIMESTAMP_FILE=str(shift),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    camera = Camera(display)
    await reported(gateway, Lock.LOCKED)
    await gateway.grant(remaining_ms=9000, warnings_s=(3,))
    await reported(gateway, Lock.UNLOCKED)
    for moved, hours in (("+50h", 50), ("-50h", -50)):
        shift.write_text(moved)
        start = len(gateway.heard)
        beat = await gateway.next(Heartbeat, after=start + 1)
        assert beat.station
        assert abs(beat.station.at / 1000 - time.time() - hours * 3600) < 60, "its wall clock moved"
        assert beat.station.lock is Lock.UNLOCKED
        assert camera.is_clear()
    await reported(gateway, Lock.WARNING)
    await until(camera.has_warning)
    assert (await gateway.next(StationReport, lambda report: report.reason is Reason.EXPIRED)).lock is Lock.LOCKED
    await until(camera.has_lock)
    (play,) = (await gateway.next(SegmentLog)).entries
    assert is_whole(play, 9000)


async def test_an_observed_machine_shows_an_ordinary_window(
    gateway: Gateway, make_machine: MakeMachine, display: str
) -> None:
    if shutil.which("xwininfo") is None:
        pytest.skip("xwininfo is not installed, so windows cannot be asked for their kind")
    gateway.station = SEAT
    machine = make_machine()
    await machine.start(display=display)
    await reported(gateway, Lock.LOCKED)
    process = await asyncio.create_subprocess_exec(
        "xwininfo", "-display", display, "-name", "Gamekeeper", "-all", stdout=asyncio.subprocess.PIPE
    )
    output = (await process.communicate())[0].decode()
    assert "Override Redirect State: no" in output
    assert "Width: 640" in output
    await gateway.grant(remaining_ms=60_000)
    await reported(gateway, Lock.UNLOCKED)
    overlay = overlay_pid(machine)
    await machine.kill()
    await until(lambda: has_ended(overlay))


async def test_a_seat_becomes_none_and_its_lock_goes(gateway: Gateway, kiosk: Machine, display: str) -> None:
    camera = Camera(display)
    await until(camera.has_lock)
    await gateway.send(StationAssigned(station=None))
    await until(camera.is_clear)
    overlay = overlay_pid(kiosk)
    await until(lambda: has_ended(overlay))


async def test_a_seat_without_a_display_says_so(gateway: Gateway, make_machine: MakeMachine) -> None:
    gateway.station = SEAT
    await make_machine(mode=Mode.KIOSK).start()
    hello = await gateway.connected()
    assert not hello.capabilities.overlay
    await gateway.grant(remaining_ms=60_000)
    assert (await gateway.next(LeaseAnswer)).ok
    assert (await gateway.next(StationReport)).lock is Lock.UNKNOWN
    beat = await gateway.next(Heartbeat)
    assert "nothing locks this seat" in beat.problems[0]
