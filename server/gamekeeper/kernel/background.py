"""Loops that run as long as the process: one that breaks is told of and begun again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import Counter

log = structlog.get_logger(__name__)

BROKEN = Counter("gamekeeper_background_failures_total", "Background loops that broke.", ("loop",))

_PAUSE_SECONDS = 1.0


@asynccontextmanager
async def background(**loops: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    """Run each of `loops` until the block ends; then cancel them and wait for their clean-up."""
    tasks = [asyncio.create_task(_forever(name, loop), name=name) for name, loop in loops.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _forever(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await loop()
        except Exception:
            BROKEN.labels(name).inc()
            log.exception("a background loop broke and begins again", loop=name)
        await asyncio.sleep(_PAUSE_SECONDS)
