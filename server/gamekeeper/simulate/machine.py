"""One simulated machine: the real agent's connection with made-up hardware behind it."""

import asyncio
import random
import time
from collections.abc import Callable
from uuid import uuid4

from gamekeeper.simulate.behavior import Behavior
from gamekeeper.simulate.seat import SimulatedSeat
from gamekeeper_agent.link.connection import Connection
from gamekeeper_agent.link.endpoint import Endpoint
from gamekeeper_agent.metrics.buffer import MemoryBuffer
from gamekeeper_wire.agent import (
    Action,
    Capabilities,
    CommandAck,
    CommandProgress,
    CommandResult,
    Heartbeat,
    Hello,
    Machine,
    Mode,
    Sample,
)
from gamekeeper_wire.limits import PROTOCOL
from gamekeeper_wire.server import CommandRequest, ServerFrame, Welcome


class TimedBuffer(MemoryBuffer):
    """Tells how long each sample took from its reading to the server's word that it is stored."""

    def __init__(self, stored: Callable[[float], None]) -> None:
        """`stored` gets seconds."""
        super().__init__()
        self._stored = stored

    def forget(self, batch_id: str) -> None:
        """Drop the batch in flight if it is this one."""
        if self._batch is not None and self._batch.batch_id == batch_id:
            now = time.time()
            for sample in self._batch.samples:
                self._stored(now - sample.ts / 1000)
        super().forget(batch_id)


class SimulatedMachine:
    """The handler behind a connection: says hello, reads its behavior, does what commands ask at once."""

    def __init__(self, name: str, endpoint: Endpoint, behavior: Behavior, watcher: "Watcher") -> None:
        self.name = name
        self.behavior = behavior
        self._watcher = watcher
        self._boot = uuid4().hex
        self._started = time.monotonic()
        self._buffer = TimedBuffer(watcher.stored)
        self._work: set[asyncio.Task[None]] = set()
        self.connection = Connection(endpoint, self, self._buffer)
        self._seat = SimulatedSeat(self._boot, self.connection.send)

    def hello(self) -> Hello:
        """The first frame of a connection."""
        return Hello(
            protocol=PROTOCOL,
            agent_version="simulated",
            boot_id=self._boot,
            hostname=self.name,
            os="linux",
            arch="x86_64",
            mode=Mode.CONTROL,
            capabilities=Capabilities(actions=[action.value for action in Action], screen=True, overlay=True),
            time=int(time.time() * 1000),
            machine=Machine(
                model="Simulated",
                os_version="Debian GNU/Linux 12",
                cpu_model="8 cores",
                cpu_count=8,
                memory_bytes=16 * 2**30,
                disk_bytes=512 * 2**30,
            ),
        )

    def heartbeat(self) -> Heartbeat:
        """How it goes."""
        return Heartbeat(uptime_s=int(time.monotonic() - self._started), buffered_samples=self._buffer.depth)

    def sample(self, latency_ms: float | None) -> Sample:
        """A reading of this moment; the simulated network is slower than the loopback that was measured."""
        del latency_ms
        return self.behavior.sample(int(time.time() * 1000))

    async def welcomed(self, welcome: Welcome) -> None:
        """The server took the connection."""
        self._watcher.connected(self.name)
        await self._seat.welcomed(welcome)

    async def received(self, frame: ServerFrame) -> None:
        """Commands are done, leases are taken."""
        if isinstance(frame, CommandRequest):
            task = asyncio.create_task(self._obey(frame))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
        else:
            await self._seat.received(frame)

    def lost(self, reason: str) -> None:
        """The connection ended, or an attempt failed."""
        self._watcher.lost(self.name, reason)

    async def _obey(self, request: CommandRequest) -> None:
        await self.connection.send(CommandAck(command_id=request.command_id))
        seconds = self._watcher.work_seconds()
        if seconds:
            await asyncio.sleep(seconds)
            await self.connection.send(CommandProgress(command_id=request.command_id, percent=50, text="half done"))
            await asyncio.sleep(seconds)
        await self.connection.send(
            CommandResult(command_id=request.command_id, ok=True, code="ok", message="simulated", data={})
        )


class TooFewConnected(RuntimeError):
    """Not every machine connected in time."""


class Watcher:
    """What a swarm notices of its machines."""

    def __init__(self, *, busy: bool = False) -> None:
        """`busy` machines take a moment for a command, as real ones do."""
        self.online: set[str] = set()
        self.lags: list[float] = []
        self.losses: dict[str, int] = {}
        self._busy = busy
        self._changed = asyncio.Event()

    def connected(self, name: str) -> None:
        """A machine was welcomed."""
        self.online.add(name)
        self._changed.set()

    def lost(self, name: str, reason: str) -> None:
        """A machine lost its connection, or could not connect."""
        self.online.discard(name)
        self.losses[reason] = self.losses.get(reason, 0) + 1
        self._changed.set()

    def stored(self, seconds: float) -> None:
        """A sample was acknowledged so long after it was read."""
        self.lags.append(seconds)

    def work_seconds(self) -> float:
        """How long half of a command takes."""
        return random.uniform(0.5, 3.0) if self._busy else 0.0  # noqa: S311 - makes a demo look alive

    async def until_online(self, count: int, seconds: float) -> None:
        """Wait until so many machines are connected. Raises TooFewConnected."""
        try:
            async with asyncio.timeout(seconds):
                while len(self.online) < count:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            why = ", ".join(f"{times} x {reason}" for reason, times in self.losses.items()) or "no answer"
            raise TooFewConnected(f"only {len(self.online)} of {count} machines are connected ({why})") from error
