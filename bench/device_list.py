"""`GET /api/v1/devices`, the first 50 of 200, signed in and under row-level security, beside a bare app."""

import asyncpg

from bench.ground import Bench, answers, process
from bench.load import per_second
from bench.results import Result, beside
from gamekeeper.kernel.access.permission import every_permission
from gamekeeper.kernel.caller import Access, Actor, ActorKind, Authenticated
from gamekeeper.modules.fleet.devices.service import register
from gamekeeper.simulate.gateway import free_port
from gamekeeper.simulate.run import ORGANIZATION

ROUNDS = 7
SECONDS = 2.0
PATH = "/api/v1/devices?limit=50"


async def measure(bench: Bench) -> list[Result]:
    """Requests per second of both, in alternating rounds, sixteen connections each."""
    everything = Access(frozenset(permission.value for permission in every_permission()))
    who = Authenticated(Actor(ActorKind.SYSTEM, label="Bench"), ORGANIZATION, everything)
    async with bench.runtime.context(who) as ctx:
        for place in range(200):
            await register(ctx, name=f"Seat {place:03}", site_id=None, group_id=None, tags=("row-a", "vip"))
    connection = await asyncpg.connect(bench.superuser_url)
    await connection.execute("ANALYZE devices, device_presence, device_tags")
    await connection.close()
    signed_in = [{"authorization": f"Bearer {token}"} for token in bench.tokens()]
    nobody = [{"accept": "*/*"} for _ in signed_in]
    port = free_port()
    environment = {"BENCH_URL": bench.superuser_url, "BENCH_ORGANIZATION": str(ORGANIZATION)}
    ours: list[float] = []
    ceilings: list[float] = []
    async with bench.web() as web, process("-m", "bench.bare_list", str(port), **environment):
        await answers(f"http://127.0.0.1:{port}/")
        for number in range(ROUNDS + 1):
            our = await per_second(web, PATH, signed_in, SECONDS)
            ceiling = await per_second(port, PATH, nobody, SECONDS)
            if number:  # the first round warms both
                ours.append(our)
                ceilings.append(ceiling)
    return [beside("device list requests", "requests/s", ours, ceilings)]
