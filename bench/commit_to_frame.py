"""From the commit of a change to its frame at a client that listens, at a hundred changes a second."""

import asyncio
import json
import time

from bench.ground import Bench
from bench.results import Result, alone
from bench.sockets import CountingSocket, subscribe
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import emit
from gamekeeper.modules.fleet.events import DeviceUpdated
from gamekeeper.simulate.measures import spread
from gamekeeper.simulate.run import ORGANIZATION

PER_SECOND = 100
SECONDS = 20


async def measure(bench: Bench) -> list[Result]:
    """The 99th percentile in milliseconds."""
    committed: dict[int, float] = {}
    arrived: dict[int, float] = {}
    async with bench.web() as web:
        socket = await subscribe(web, bench.tokens()[0], ["devices"], lambda: None)
        listening = asyncio.create_task(_listen(socket, arrived))
        changes: list[asyncio.Task[None]] = []
        began = time.perf_counter()
        for number in range(PER_SECOND * SECONDS):
            await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            changes.append(asyncio.create_task(_change(bench, number, committed)))
        await asyncio.gather(*changes)
        async with asyncio.timeout(10):
            await listening
        socket.leave()
    found = spread([max(0.0, arrived[number] - committed[number]) for number in committed])
    if found is None:
        raise AssertionError("nothing was measured")
    p50, p95, most = (1000 * seconds for seconds in (found.p50, found.p95, found.most))
    print(f"  commit to frame: p50 {p50:.1f} ms, p95 {p95:.1f} ms, most {most:.1f} ms")
    return [alone("commit to frame p99", "ms", found.p99 * 1000)]


async def _change(bench: Bench, number: int, committed: dict[int, float]) -> None:
    async with bench.runtime.as_system(ORGANIZATION) as ctx:
        await emit(ctx, DeviceUpdated(subject_id=new_id(), subject_label="Seat", changes={"number": number}))
    committed[number] = time.perf_counter()


async def _listen(socket: CountingSocket, arrived: dict[int, float]) -> None:
    while len(arrived) < PER_SECOND * SECONDS:
        frame = json.loads(await socket.next())
        if frame["event"] == DeviceUpdated.type:
            arrived[frame["data"]["changes"]["number"]] = time.perf_counter()
