import resource
import sqlite3
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.tests.conftest import MakeMachine
from agent.tests.gateway import Gateway
from agent.tests.screen import until
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gamekeeper_agent.metrics.buffer import MemoryBuffer, SampleBuffer
from gamekeeper_agent.metrics.disk_buffer import DiskBuffer
from gamekeeper_agent.store import open_store
from gamekeeper_wire.agent import Metrics, Sample
from gamekeeper_wire.limits import MAX_SAMPLES


def drained(buffer: SampleBuffer) -> list[int]:
    found: list[int] = []
    while (batch := buffer.next_batch()) is not None:
        found += [sample.ts for sample in batch.samples]
        buffer.forget(batch.batch_id)
    return found


class BufferLife(RuleBasedStateMachine):
    """Whatever happens in whatever order: every sample leaves once, in order, and only when it is forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.database = open_store(Path(self.folder.name) / "agent.db")
        self.database.execute("PRAGMA synchronous=OFF")
        self.buffer = DiskBuffer(self.database)
        self.expected: list[int] = []
        self.count = 0

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @rule(number=st.integers(1, 700))
    def append(self, number: int) -> None:
        for _ in range(number):
            self.count += 1
            self.buffer.append(Sample(self.count, 1.5))
            self.expected.append(self.count)

    @rule()
    def agent_dies(self) -> None:
        self.buffer = DiskBuffer(self.database)

    @rule(is_stored=st.booleans())
    def send(self, *, is_stored: bool) -> None:
        batch = self.buffer.next_batch()
        if batch is None:
            assert not self.expected
            return
        sent = [sample.ts for sample in batch.samples]
        assert sent == self.expected[: len(sent)]
        assert 0 < len(sent) <= MAX_SAMPLES
        if is_stored:
            self.buffer.forget(batch.batch_id)
            self.expected = self.expected[len(sent) :]
        else:
            again = self.buffer.next_batch()
            assert again == batch._replace(replay=True)

    @invariant()
    def depth_is_true(self) -> None:
        assert self.buffer.depth == len(self.expected)


BufferLife.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
TestBufferLife = BufferLife.TestCase


def test_the_oldest_samples_go_first_and_are_counted(tmp_path: Path) -> None:
    buffer = DiskBuffer(open_store(tmp_path / "agent.db"), limit=1000)
    for number in range(1500):
        buffer.append(Sample(number))
    assert buffer.depth <= 1000
    assert buffer.depth + buffer.dropped == 1500
    assert drained(buffer) == list(range(buffer.dropped, 1500))


def test_a_memory_buffer_keeps_the_newest() -> None:
    buffer = MemoryBuffer(limit=10)
    for number in range(25):
        buffer.append(Sample(number))
    assert buffer.dropped == 15
    assert drained(buffer) == list(range(15, 25))


FILLS_THE_DISK = """
import resource, sys
from pathlib import Path
from gamekeeper_agent.metrics.disk_buffer import DiskBuffer
from gamekeeper_agent.store import open_store
from gamekeeper_wire.agent import Sample
buffer = DiskBuffer(open_store(Path(sys.argv[1])))
for number in range(300):
    buffer.append(Sample(number, 50.0, 50.0, 50.0, 50.0, 50.0))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
for number in range(300, 600):
    buffer.append(Sample(number, 50.0, 50.0, 50.0, 50.0, 50.0))
assert buffer.is_disk_refusing and buffer.depth == 600 and buffer.dropped == 0
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
found = []
while (batch := buffer.next_batch()) is not None:
    found += [sample.ts for sample in batch.samples]
    buffer.forget(batch.batch_id)
assert found == list(range(600)), found
assert buffer.depth == 0 and not buffer.is_disk_refusing
"""


def test_a_disk_that_takes_no_more_loses_nothing(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    program = [sys.executable, "-c", FILLS_THE_DISK, str(tmp_path / "agent.db")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_damaged_database_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    path.write_bytes(b"this is no database at all, but long enough to look like a damaged one" * 100)
    assert DiskBuffer(open_store(path)).depth == 0
    assert len(list(tmp_path.glob("agent.broken-*"))) == 1


async def test_killed_while_nobody_stores_it_sends_everything_later_and_once(
    gateway: Gateway, make_machine: MakeMachine
) -> None:
    gateway.stores = False
    machine = make_machine()
    for _ in range(3):
        start = len(gateway.heard)
        await machine.start()
        await gateway.next(Metrics, after=start)
        before = len(machine.samples())
        await until(lambda before=before: len(machine.samples()) > before)
        await machine.kill()
    kept = machine.samples()
    assert len(kept) > 3
    gateway.stores = True
    start = len(gateway.heard)
    await machine.start()
    await gateway.next(Metrics, lambda frame: frame.samples[-1].ts >= kept[-1], after=start)
    later = [frame for frame in gateway.heard[start:] if isinstance(frame, Metrics)]
    assert later[0].replay, "it was sent before the kill"
    stored = [sample.ts for frame in later for sample in frame.samples]
    assert stored[: len(kept)] == kept
    assert len(set(stored)) == len(stored)


async def test_nothing_is_forgotten_before_the_server_has_it(gateway: Gateway, make_machine: MakeMachine) -> None:
    machine = make_machine()
    gateway.stores = False
    await machine.start()
    batch = await gateway.next(Metrics)
    assert [sample.ts for sample in batch.samples] == machine.samples()[: len(batch.samples)]


def test_the_store_is_private(tmp_path: Path) -> None:
    open_store(tmp_path / "agent.db")
    assert (tmp_path / "agent.db").stat().st_mode & 0o777 == 0o600
    assert sqlite3.connect(tmp_path / "agent.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)
