"""Metric rows through the whole path, beside psql's own copy of the same rows into the same kind of table."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
from websockets.asyncio.client import ClientConnection, connect

from bench.ground import Bench
from bench.results import Result, beside
from gamekeeper.simulate.behavior import Behavior
from gamekeeper.simulate.enrolment import AUTHORITY, Member, Wanted, enrol
from gamekeeper.simulate.gateway import GatewayProcess
from gamekeeper.simulate.machine import SimulatedMachine, Watcher
from gamekeeper.simulate.run import ORGANIZATION
from gamekeeper_agent.link.endpoint import NAME, Endpoint
from gamekeeper_wire import codec
from gamekeeper_wire.agent import Metrics
from gamekeeper_wire.limits import MAX_FRAME, MAX_SAMPLES

AGENTS = 40
FRAMES = 10
ROUNDS = 5
ROWS = AGENTS * FRAMES * MAX_SAMPLES
_STEP_MS = 100

_TABLE = """
CREATE TABLE bench_metrics (LIKE device_metrics INCLUDING DEFAULTS, PRIMARY KEY (organization_id, device_id, ts))
    PARTITION BY RANGE (ts);
CREATE INDEX ON bench_metrics USING brin (ts);
"""


async def measure(bench: Bench) -> list[Result]:
    """Rows per second of both, in alternating rounds."""
    wanted = [Wanted(f"buffer-{place:03}") for place in range(AGENTS)]
    members = await enrol(bench.runtime, ORGANIZATION, wanted, bench.folder / "metric-rows")
    owner = await asyncpg.connect(bench.superuser_url)
    await _prepare(owner)
    gateway = GatewayProcess()
    await gateway.start()
    sockets = [await _join(gateway, member) for member in members]
    ours: list[float] = []
    ceilings: list[float] = []
    try:
        for number in range(ROUNDS + 1):
            frames = _frames(number)
            seconds = await _send_all(sockets, frames)
            stored = await owner.fetchval(
                "SELECT count(*) FROM device_metrics WHERE ts >= $1 AND ts < $2", *_span(number)
            )
            if stored != ROWS:
                raise AssertionError(f"{stored} of {ROWS} rows are there")
            file = bench.folder / "rows.tsv"
            await owner.copy_from_query(
                "SELECT * FROM device_metrics WHERE ts >= $1 AND ts < $2", *_span(number), output=file
            )
            copied = await _copy(bench, str(file))
            if number:  # the first round warms both
                ours.append(ROWS / seconds)
                ceilings.append(ROWS / copied)
    finally:
        for socket in sockets:
            await socket.close()
        await gateway.stop()
        await owner.execute("DROP TABLE bench_metrics")
        await owner.close()
    return [beside("metric rows stored", "rows/s", ours, ceilings)]


async def _prepare(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    await owner.execute(_TABLE)
    today = datetime.now(UTC).date()
    for day in (today - timedelta(days=1), today):
        name = f"bench_metrics_{day:%Y%m%d}"
        await owner.execute(
            f"CREATE TABLE {name} PARTITION OF bench_metrics FOR VALUES FROM ('{day} 00:00Z') "
            f"TO ('{day + timedelta(days=1)} 00:00Z')"
        )


_BEGAN_MS = int(time.time() * 1000)


def _span(number: int) -> tuple[datetime, datetime]:
    """The time that the rows of a round lie in; each round has its own, further back than the one before."""
    length = FRAMES * MAX_SAMPLES * _STEP_MS
    until = _BEGAN_MS - number * length
    return datetime.fromtimestamp((until - length) / 1000, UTC), datetime.fromtimestamp(until / 1000, UTC)


def _frames(number: int) -> list[str]:
    """What every agent sends in a round: the same readings, each under its own device."""
    since = int(_span(number)[0].timestamp() * 1000)
    behavior = Behavior(number)
    frames: list[str] = []
    for place in range(FRAMES):
        samples = [behavior.sample(since + (place * MAX_SAMPLES + offset) * _STEP_MS) for offset in range(MAX_SAMPLES)]
        frames.append(codec.encode(Metrics(batch_id=f"r{number}f{place}", samples=samples)))
    return frames


async def _join(gateway: GatewayProcess, member: Member) -> ClientConnection:
    endpoint = Endpoint(gateway.host, gateway.port, member.identity, member.identity.parent / AUTHORITY)
    socket = await connect(
        endpoint.url,
        ssl=endpoint.tls(),
        server_hostname=NAME,
        proxy=None,
        compression=None,
        max_size=MAX_FRAME,
    )
    hello = SimulatedMachine(member.name, endpoint, Behavior(0), Watcher()).hello()
    await socket.send(codec.encode(hello))
    await socket.recv()
    return socket


async def _send_all(sockets: Sequence[ClientConnection], frames: Sequence[str]) -> float:
    """Seconds until the last of all frames is acknowledged: by then its rows are committed and visible."""
    began = time.perf_counter()
    await asyncio.gather(*(_send(socket, frames) for socket in sockets))
    return time.perf_counter() - began


async def _send(socket: ClientConnection, frames: Sequence[str]) -> None:
    """As an agent empties its buffer: one batch in flight, the next when it is stored."""
    for frame in frames:
        await socket.send(frame)
        answer = ""
        while "metrics-stored" not in answer:
            answer = str(await socket.recv())
            if "metrics-refused" in answer:
                raise AssertionError(answer)


async def _copy(bench: Bench, file: str) -> float:
    """Seconds of psql for the same rows."""
    began = time.perf_counter()
    psql = await asyncio.create_subprocess_exec(
        *(str(bench.psql), bench.superuser_url, "-X", "-q", "-v", "ON_ERROR_STOP=1"),
        *("-c", f"\\copy bench_metrics from '{file}'"),
    )
    if await psql.wait():
        raise AssertionError("psql failed")
    return time.perf_counter() - began
