"""Where samples wait until the server has stored them."""

from collections import deque
from typing import NamedTuple, Protocol
from uuid import uuid4

from gamekeeper_wire.agent import Sample
from gamekeeper_wire.limits import MAX_SAMPLES


class Batch(NamedTuple):
    """Samples that travel together under one id."""

    batch_id: str
    samples: list[Sample]
    replay: bool
    """Whether it may have been sent before."""


class SampleBuffer(Protocol):
    """What a connection needs of a buffer."""

    def append(self, sample: Sample) -> None:
        """Keep a sample."""
        ...

    def next_batch(self) -> Batch | None:
        """The oldest batch not yet forgotten, the same one until it is; None when empty."""
        ...

    def forget(self, batch_id: str) -> None:
        """Drop a batch that the server has, or will never take."""
        ...

    @property
    def depth(self) -> int:
        """Samples kept."""
        ...

    @property
    def dropped(self) -> int:
        """Samples given up because there was no room."""
        ...


class MemoryBuffer:
    """A bounded buffer without a disk, for simulated agents and for a full disk."""

    def __init__(self, limit: int = 1440) -> None:
        """Keep at most `limit` samples; the oldest make room."""
        self._waiting: deque[Sample] = deque()
        self._batch: Batch | None = None
        self._limit = limit
        self.dropped = 0

    def append(self, sample: Sample) -> None:
        """Keep a sample."""
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(sample)

    def next_batch(self) -> Batch | None:
        """The batch in flight, marked as a replay, or a new one."""
        if self._batch is not None:
            self._batch = self._batch._replace(replay=True)
        elif self._waiting:
            count = min(len(self._waiting), MAX_SAMPLES)
            self._batch = Batch(uuid4().hex, [self._waiting.popleft() for _ in range(count)], replay=False)
        return self._batch

    def forget(self, batch_id: str) -> None:
        """Drop the batch in flight if it is this one."""
        if self._batch is not None and self._batch.batch_id == batch_id:
            self._batch = None

    @property
    def depth(self) -> int:
        """Samples kept."""
        return len(self._waiting) + (len(self._batch.samples) if self._batch else 0)
