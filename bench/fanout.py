"""One event to a thousand browser sockets, beside a bare `websockets` broadcast of the same bytes."""

import asyncio
import json
import sys
import time
from uuid import UUID

from bench.ground import ROOT, Bench, answers
from bench.results import Result, beside
from bench.sockets import CountingSocket, connect, subscribe
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import emit
from gamekeeper.modules.fleet.events import DeviceUpdated
from gamekeeper.simulate.gateway import free_port
from gamekeeper.simulate.run import ORGANIZATION

SOCKETS = 1008  # sixteen people with as many sockets each
EVENTS = 20
ROUNDS = 7
FRAMES = SOCKETS * EVENTS


class Counter:
    """Counts frames of all sockets, and knows when a round is complete."""

    def __init__(self) -> None:
        self._count = 0
        self._goal = 0
        self._done = asyncio.Event()

    def __call__(self) -> None:
        """One frame arrived."""
        self._count += 1
        if self._count == self._goal:
            self._done.set()

    def begin(self, goal: int) -> None:
        """Start a round."""
        self._count, self._goal = 0, goal
        self._done.clear()

    async def done(self) -> None:
        """Wait for the round's last frame. Raises TimeoutError when frames were lost."""
        async with asyncio.timeout(60):
            await self._done.wait()


async def measure(bench: Bench) -> list[Result]:
    """Frames per second of both, in alternating rounds: from the first event to the last socket's last frame."""
    device_id = new_id()
    counter = Counter()
    port = free_port()
    bare = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.bare_broadcast", str(port)), stdin=asyncio.subprocess.PIPE, cwd=ROOT
    )
    ours: list[float] = []
    ceilings: list[float] = []
    try:
        async with bench.web() as web:
            await answers(f"http://127.0.0.1:{port}/")
            text = await _sample_frame(bench, web, device_id)
            tokens = bench.tokens()
            sockets: list[CountingSocket] = []
            bare_sockets: list[CountingSocket] = []
            for _ in range(0, SOCKETS, len(tokens)):
                sockets += await asyncio.gather(*(subscribe(web, token, ["devices"], counter) for token in tokens))
                bare_sockets += await asyncio.gather(*(connect(port, "/", counter) for _ in tokens))
            await asyncio.sleep(1)
            _count_only([*sockets, *bare_sockets])
            for number in range(ROUNDS + 1):
                our = await _through_us(bench, counter, device_id)
                ceiling = await _through_bare(bare, counter, text)
                if number:  # the first round warms both
                    ours.append(our)
                    ceilings.append(ceiling)
            for socket in [*sockets, *bare_sockets]:
                socket.leave()
    finally:
        bare.terminate()
        await bare.wait()
    return [beside("frames to 1,000 sockets", "frames/s", ours, ceilings)]


def _count_only(sockets: list[CountingSocket]) -> None:
    for socket in sockets:
        socket.count_only()


async def _happen(bench: Bench, device_id: UUID) -> None:
    async with bench.runtime.as_system(ORGANIZATION) as ctx:
        changes = {"name": "Seat 7", "maintenance": True, "tags": ["row-a"]}
        await emit(ctx, DeviceUpdated(subject_id=device_id, subject_label="Seat", changes=changes))


async def _sample_frame(bench: Bench, web: int, device_id: UUID) -> str:
    """What one event looks like on the wire."""
    socket = await subscribe(web, bench.tokens()[0], ["devices"], lambda: None)
    await _happen(bench, device_id)
    text = await socket.next()
    socket.leave()
    return text


async def _through_us(bench: Bench, counter: Counter, device_id: UUID) -> float:
    counter.begin(FRAMES)
    began = time.perf_counter()
    # Each in a transaction of its own, as they happen: the server may not gather them into one write a socket more
    # than it would on a busy day.
    for _ in range(EVENTS):
        await _happen(bench, device_id)
    await counter.done()
    return FRAMES / (time.perf_counter() - began)


async def _through_bare(bare: asyncio.subprocess.Process, counter: Counter, text: str) -> float:
    counter.begin(FRAMES)
    if bare.stdin is None:
        raise RuntimeError("the bare server has no input")
    began = time.perf_counter()
    bare.stdin.write(json.dumps([EVENTS, text]).encode() + b"\n")
    await counter.done()
    return FRAMES / (time.perf_counter() - began)
