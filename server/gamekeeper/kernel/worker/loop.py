"""The worker: claims jobs, keeps time, rescues what was lost; drains when it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import PgqException

from gamekeeper.kernel.database.pools import DATABASE_LOST, STATEMENT_REFUSED
from gamekeeper.kernel.jobs.library import SETTINGS, Link, queries
from gamekeeper.kernel.jobs.models import Lane
from gamekeeper.kernel.jobs.queue import HINT
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.worker import schedule, upkeep
from gamekeeper.kernel.worker.live import Announcements
from gamekeeper.kernel.worker.run import Runner

log = structlog.get_logger(__name__)

_ERRANDS = 20


@dataclass(frozen=True, slots=True)
class Pace:
    """Times of a worker in seconds. A worker that is silent for `lease` has lost its jobs to others."""

    lease: float = 10.0
    look: float = 1.0
    """How often to look although nobody hints: what a lost hint or a jump of the clock costs at most."""
    rescue: float = 30.0
    drain: float = 25.0
    """How long running jobs may go on after the worker was told to stop."""


async def work(runtime: Runtime, pace: Pace | None = None) -> None:
    """Run jobs until cancelled, then let the running ones end. A lost database is waited for."""
    pace = pace or Pace()
    while True:
        try:
            await _shift(runtime, pace)
        except DATABASE_LOST as error:
            log.warning("the worker lost the database and tries again", error=str(error))
        except (*STATEMENT_REFUSED, PgqException):  # the web and the gateway of this process go on meanwhile
            log.exception("the worker failed and begins anew")
        await asyncio.sleep(1)


async def _shift(runtime: Runtime, pace: Pace) -> None:
    """Work on one connection, until it breaks or the worker is cancelled."""
    connection = await asyncpg.connect(runtime.database.url, server_settings={"application_name": "gamekeeper jobs"})
    try:
        link = Link(connection)
        announcements = Announcements(runtime)
        managers = [_manager(runtime, link, lane, announcements) for lane in Lane]
        stop_listening = runtime.hints.listen(HINT, link.wake)
        try:
            await upkeep.rescue(runtime)
            await schedule.introduce(runtime)
            with runtime.health.up("jobs"):
                parts = [*_lanes(runtime, managers, pace), *_beside(runtime, link, pace)]
                await _until_one_ends(managers, parts, pace)
        finally:
            stop_listening()
    finally:
        # terminate, not close: whatever state the connection is in, its locks must go.
        connection.terminate()


def _manager(runtime: Runtime, link: Link, lane: Lane, announcements: Announcements) -> QueueManager:
    manager = QueueManager(queries(link), channel=SETTINGS.channel)
    manager.min_dequeue_poll_interval = timedelta(milliseconds=20)
    # Named explicitly: its own detection would take the runner for something that wants its context.
    manager.entrypoint(lane.value, accepts_context=False)(Runner(runtime, link, announcements))
    return manager


def _lanes(runtime: Runtime, managers: list[QueueManager], pace: Pace) -> list[Awaitable[None]]:
    # A quick job holds a connection of the pool while it runs: half of them stay free for requests.
    batches = {Lane.JOB: max(1, runtime.settings.database_pool // 4), Lane.ERRAND: _ERRANDS // 2}
    return [
        manager.run(
            dequeue_timeout=timedelta(seconds=pace.look),
            batch_size=batches[lane],
            max_concurrent_tasks=2 * batches[lane],
            heartbeat_timeout=timedelta(seconds=pace.lease),
            log_aggregation_interval=timedelta(0),
        )
        for lane, manager in zip(Lane, managers, strict=True)
    ]


def _beside(runtime: Runtime, link: Link, pace: Pace) -> list[Awaitable[None]]:
    return [schedule.keep_time(runtime), _forever(lambda: _rescue(runtime, link), pace.rescue)]


async def _rescue(runtime: Runtime, link: Link) -> None:
    if await upkeep.rescue(runtime):
        link.wake()


async def _forever(act: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        await act()


async def _until_one_ends(managers: list[QueueManager], parts: list[Awaitable[None]], pace: Pace) -> None:
    """Run `parts`; when one breaks, or we are cancelled, stop claiming and let running jobs end."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    lanes, beside = tasks[: len(managers)], tasks[len(managers) :]
    outcomes: list[BaseException | None] = []
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for manager in managers:
            manager.shutdown.set()
        for task in beside:
            task.cancel()
        # Never cancelled: pgqueuer would take their jobs for unwanted.
        ended, running = await asyncio.wait(lanes, timeout=pace.drain)
        if running:
            log.warning("jobs did not end in time and will run again elsewhere")
        for task in running:
            task.add_done_callback(_look_at)
        outcomes += await asyncio.gather(*ended, *beside, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def _look_at(task: asyncio.Future[None]) -> None:
    """Take note of how a task ended that nobody waits for any more."""
    if not task.cancelled() and task.exception() is not None:
        log.warning("a lane ended late", error=str(task.exception()))
