"""`python -m bench [name …]`: measure everything, or some figures, and write bench/results.json."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import uvloop

from bench import commit_to_frame, device_list, fanout, fleet, metric_rows
from bench.ground import Bench, opened_bench
from bench.results import Result, tell, write

BENCHMARKS: dict[str, Callable[[Bench], Awaitable[list[Result]]]] = {
    "metric-rows": metric_rows.measure,
    "device-list": device_list.measure,
    "fanout": fanout.measure,
    "commit-to-frame": commit_to_frame.measure,
    "fleet": fleet.measure,
}


async def main(names: list[str]) -> None:
    """Run benchmarks one after the other. A part of them is printed and not written."""
    results: list[Result] = []
    async with opened_bench() as bench:
        for name in names or BENCHMARKS:
            for result in await BENCHMARKS[name](bench):
                tell(result)
                results.append(result)
    if not names:
        write(results)


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - BENCHMARKS.keys()
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}. There are {', '.join(BENCHMARKS)}.")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1:]))
