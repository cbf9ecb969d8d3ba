"""Many machines in one process."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from gamekeeper.simulate.behavior import Behavior
from gamekeeper.simulate.enrolment import AUTHORITY, Member
from gamekeeper.simulate.machine import SimulatedMachine, Watcher
from gamekeeper_agent.link.endpoint import Endpoint

STARTS_PER_SECOND = 250
"""Machines are not switched on in the same millisecond; more would only wait in the gateway's queue."""


def behavior_of(place: int, *, overheats_from: float | None = None) -> Behavior:
    """A machine like its neighbors and yet not the same."""
    return Behavior(
        seed=place,
        opens=9.5 + place % 3 * 0.5,
        busy=52 + place * 7 % 25,
        ambient=22 + place * 5 % 6,
        heating=0.44 + place * 3 % 5 * 0.03,
        latency=1.2 + place * 11 % 17 * 0.35,
        disk=38 + place * 13 % 40,
        fan_fails_at=overheats_from,
    )


class KeptEndpoint(Endpoint):
    """An endpoint that reads its files once. A real agent does at every attempt, but it is one and not a thousand."""

    __slots__ = ()

    def tls(self) -> ssl.SSLContext:
        """The context of the first attempt."""
        return _context(self)


@cache
def _context(endpoint: Endpoint) -> ssl.SSLContext:
    return Endpoint.tls(endpoint)


@asynccontextmanager
async def swarm(
    members: Sequence[Member], behaviors: Sequence[Behavior], address: tuple[str, int], watcher: Watcher
) -> AsyncGenerator[list[SimulatedMachine]]:
    """Machines that connect, reconnect and report for as long as the block lasts."""
    host, port = address
    machines = [
        SimulatedMachine(
            member.name,
            KeptEndpoint(host, port, member.identity, _authority(member.identity)),
            behavior,
            watcher,
        )
        for member, behavior in zip(members, behaviors, strict=True)
    ]
    tasks = [
        asyncio.create_task(_run(machine, place / STARTS_PER_SECOND), name=machine.name)
        for place, machine in enumerate(machines)
    ]
    try:
        yield machines
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _authority(identity: Path) -> Path:
    return identity.parent / AUTHORITY


async def _run(machine: SimulatedMachine, delay: float) -> None:
    await asyncio.sleep(delay)
    await machine.connection.run()
