"""`gamekeeper simulate`: how many machines this installation can serve, and how fast."""

import asyncio
import json
import logging

import click

from gamekeeper.app import furnish
from gamekeeper.commands.failures import StartRefused
from gamekeeper.commands.migrate import bring_up_to_date
from gamekeeper.commands.process import ground, opened
from gamekeeper.kernel.settings import Settings
from gamekeeper.simulate.gateway import GatewayDied
from gamekeeper.simulate.machine import TooFewConnected
from gamekeeper.simulate.run import Plan, simulate


def plan_of(devices: int, minutes: float, gateway: str | None) -> Plan:
    """The plan of a command line. Raises StartRefused for an address that is none."""
    if gateway is None:
        return Plan(devices, minutes * 60)
    host, _, port = gateway.rpartition(":")
    if not host or not port.isdigit():
        raise StartRefused(f"--gateway {gateway} is not HOST:PORT")
    return Plan(devices, minutes * 60, (host.strip("[]"), int(port)))


async def start(settings: Settings, stop: asyncio.Event, *, plan: Plan, as_json: bool) -> None:
    """Run a simulation and print what it found. Raises StartRefused."""
    furnish()
    # A thousand agents that each say in the log what they do are no log.
    logging.getLogger("gamekeeper_agent").setLevel(logging.CRITICAL)
    async with ground(settings) as found:
        await bring_up_to_date(found)
        async with opened(found) as runtime:
            running = asyncio.create_task(simulate(runtime, plan, lambda line: click.echo(line, err=True)))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not running.done():
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                return
            try:
                figures = running.result()
            except (GatewayDied, TooFewConnected) as error:
                raise StartRefused(str(error)) from error
    click.echo(json.dumps(figures.as_json(), indent=2) if as_json else "\n".join(figures.lines()))
