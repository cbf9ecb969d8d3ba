"""A disk without any room: the agent goes on, says so, and loses nothing that it had said was kept."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest
from agent.tests.authority import Authority
from agent.tests.gateway import DEVICE, SEAT, Gateway
from agent.tests.machine import Machine

from gamekeeper_agent import keys
from gamekeeper_agent.commands.journal import Journal
from gamekeeper_agent.metrics.disk_buffer import DiskBuffer
from gamekeeper_agent.seat.seat import Stretch
from gamekeeper_agent.seat.segment_log import SegmentJournal
from gamekeeper_agent.store import open_store
from gamekeeper_wire.agent import CommandResult, Health, Heartbeat, LeaseAnswer, Metrics, Renew, Sample
from gamekeeper_wire.server import CommandRequest, Renewed
from gamekeeper_wire.station import SegmentKind

KILLED = """
import os, sys
from pathlib import Path
from agent.tests.test_full_disk import stretch
from gamekeeper_agent.metrics.disk_buffer import DiskBuffer
from gamekeeper_agent.seat.segment_log import SegmentJournal
from gamekeeper_agent.store import open_store
from gamekeeper_wire.agent import Sample

store = open_store(Path(sys.argv[1]))
DiskBuffer(store).append(Sample(ts=1))
SegmentJournal(store).append(stretch())
os._exit(0)
"""
"""An agent that ends without closing its database."""


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Path]:
    """A disk of two megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk that is small enough to fill")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    with (disk / "ballast").open("ab", buffering=0) as ballast:
        for size in (4096, 1):
            try:
                while ballast.write(b"x" * size):
                    continue
            except OSError:
                continue


def empty(disk: Path) -> None:
    (disk / "ballast").unlink()


def is_unwell(beat: Heartbeat) -> bool:
    return beat.health is Health.DEGRADED and any("disk" in problem for problem in beat.problems)


async def test_it_starts_on_a_full_disk_and_goes_back_to_it(disk: Path, authority: Authority, gateway: Gateway) -> None:
    gateway.stores, gateway.station = False, SEAT
    machine = Machine(disk / "machine", authority, gateway.port)
    try:
        await machine.start()
        kept = (await gateway.next(Metrics)).samples[0].ts
        await machine.kill()
        fill(disk)
        await machine.start()
        await gateway.connected(2)
        await gateway.next(Heartbeat, is_unwell)
        # A seat is guarded all the same.
        await gateway.grant()
        assert (await gateway.next(LeaseAnswer)).ok
        # What cannot be written down could be done twice, so it is not done at all.
        await gateway.send(CommandRequest(command_id="c-1", action="restart", params={}, ttl_ms=60_000))
        assert (await gateway.next(CommandResult)).code == "disk-refuses"
        gateway.stores = True
        empty(disk)
        seen = len(gateway.heard)
        await gateway.next(Heartbeat, lambda beat: not is_unwell(beat), after=seen)
        await gateway.next(Metrics, lambda frame: any(sample.ts == kept for sample in frame.samples))
    finally:
        await machine.stop()


async def test_a_certificate_that_the_disk_refuses_leaves_the_old_one(
    disk: Path, authority: Authority, gateway: Gateway
) -> None:
    machine = Machine(disk / "machine", authority, gateway.port)
    machine.certify(authority, lifetime=timedelta(days=7), age=timedelta(minutes=5))
    old = (machine.folder / "device.pem").read_bytes()
    try:
        await machine.start()
        await gateway.next(Heartbeat)
        fill(disk)
        chain = authority.certify_device(keys.make_request(keys.load_key(old), "x"), DEVICE)
        await gateway.send(Renewed(chain=chain, ca=authority.pem))
        await gateway.next(Heartbeat, lambda beat: any("certificate" in problem for problem in beat.problems))
        assert (machine.folder / "device.pem").read_bytes() == old
        assert not (machine.folder / ".device.pem.new").exists()
        assert machine.process is not None
        assert machine.process.returncode is None
    finally:
        await machine.stop()


async def test_nothing_is_asked_for_that_has_no_room(disk: Path, authority: Authority, gateway: Gateway) -> None:
    machine = Machine(disk / "machine", authority, gateway.port)
    machine.certify(authority, lifetime=timedelta(hours=10), age=timedelta(hours=8))
    fill(disk)
    try:
        await machine.start()
        await gateway.next(Heartbeat, lambda beat: any("certificate" in problem for problem in beat.problems))
        assert not gateway.all(Renew)
    finally:
        await machine.stop()


def test_what_was_on_the_disk_is_known_and_nothing_new_is_numbered(disk: Path) -> None:
    path = disk / "agent.db"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=True)
    (disk / "agent.db-shm").unlink()  # as after a reboot
    fill(disk)

    again = open_store(path)
    assert again.is_standing_in
    buffer, segments, journal = DiskBuffer(again), SegmentJournal(again), Journal(again, "boot")
    buffer.append(Sample(ts=2))
    assert buffer.depth == 2
    assert buffer.is_disk_refusing
    for write in (lambda: segments.append(stretch()), lambda: journal.begin("c", "restart")):
        with pytest.raises(sqlite3.OperationalError):
            write()
    known = segments.waiting()
    assert known is not None
    # Said to be merged while nothing can be deleted: not sent again and again.
    with pytest.raises(sqlite3.OperationalError):
        segments.merged(known.log_id, known.entries[-1].seq)
    assert segments.waiting() is None

    empty(disk)
    again.open_again()
    assert not again.is_standing_in
    segments.append(stretch())
    back = segments.waiting()
    assert back is not None
    assert (back.log_id, [entry.seq for entry in back.entries]) == (known.log_id, [2])
    buffer.append(Sample(ts=3))
    batch = buffer.next_batch()
    assert batch is not None
    assert [sample.ts for sample in batch.samples] == [1, 2, 3]


def stretch() -> Stretch:
    return Stretch(kind=SegmentKind.PLAY, boot_id="boot", started_at=1, duration_ms=1)
