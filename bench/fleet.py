"""A thousand agents on one gateway: what they cost, and how soon all are back after a restart."""

from bench.ground import Bench
from bench.results import Result, alone
from gamekeeper.simulate.run import Plan, simulate

AGENTS = 1000
SECONDS = 60


async def measure(bench: Bench) -> list[Result]:
    """Processor and memory of the gateway's process over a minute, and the restart."""
    figures = await simulate(bench.runtime, Plan(AGENTS, SECONDS), lambda line: print(f"  {line}", flush=True))
    for line in figures.lines():
        print(f"  {line}")
    return [
        alone("gateway cpu at 1,000 agents", "% of a core", figures.gateway_cpu_percent or 0.0),
        alone("gateway memory at 1,000 agents", "MB", figures.gateway_rss_mb or 0.0),
        alone("restart with 1,000 agents", "s", figures.restart_seconds or 0.0),
    ]
