"""One run of one job: claimed under a fence, done in a context, recorded as done, waiting again or failed."""

import asyncio
import json
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as Picked
from prometheus_client import Counter, Histogram

from gamekeeper.kernel.access.permission import every_permission
from gamekeeper.kernel.caller import Access, Actor, ActorKind, Authenticated, RequestFacts
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs.errand import Errand
from gamekeeper.kernel.jobs.library import Link
from gamekeeper.kernel.jobs.models import Lane
from gamekeeper.kernel.jobs.queue import SOONER, Ticket
from gamekeeper.kernel.jobs.registry import GiveUp, Job, every_job
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tracing import span
from gamekeeper.kernel.worker import service
from gamekeeper.kernel.worker.live import Announcements

log = structlog.get_logger(__name__)

RUNS = Counter("gamekeeper_job_runs_total", "Runs of jobs that ended.", ("job", "outcome"))
SECONDS = Histogram("gamekeeper_job_duration_seconds", "How long jobs ran.", ("job",))
LATE = Histogram("gamekeeper_job_delay_seconds", "From the time that a job was due to its start.")

_BUSY = timedelta(seconds=1)
_FIRST_DELAY = 2.0
_LONGEST_DELAY = 3600.0
_MOST_ERROR = 2000

# A statement of its own, committed before the job runs: `attempts` must survive a worker that the job kills.
CLAIM = """
UPDATE {table} SET status = 'running', attempts = attempts + 1, started_at = now(), finished_at = NULL
WHERE id = $1 AND status IN ('queued', 'running') AND run_at <= now()
RETURNING id, name, arguments::text AS arguments, key, attempts, actor_kind, actor_id, actor_label, request_id, ip,
          run_at, started_at
"""
DUE = "SELECT run_at - now() AS wait FROM {table} WHERE id = $1 AND status IN ('queued', 'running')"
DONE = """
UPDATE {table} SET status = 'done', finished_at = now(), error = NULL
WHERE id = $1 AND status = 'running' AND attempts = $2
"""
AGAIN = """
UPDATE {table} SET status = 'queued', run_at = now() + $3::interval, error = $4, waiting_key = NULL
WHERE id = $1 AND status = 'running' AND attempts = $2
"""
NEXT_OF_KEY = (
    "SELECT id FROM {table} WHERE key = $1 AND status = 'queued' AND run_at <= now() ORDER BY run_at, id LIMIT 1"
)


class UnknownJob(Exception):
    """This version of Gamekeeper has no such job."""


class DeadlineMissed(Exception):
    """The job did not end in its time."""


class WorkerDied(Exception):
    """The worker died each time that it ran this job."""


class Overtaken(Exception):
    """Another worker has begun this job again, because this one was silent for too long."""


@dataclass(frozen=True, slots=True)
class Run:
    """A claimed job: this is its `attempt`-th start."""

    ticket: Ticket
    name: str
    arguments: dict[str, Any]
    key: str | None
    attempt: int
    who: Authenticated
    request: RequestFacts
    now: datetime
    """By the database's clock, which decides what is due: a worker whose own is behind must not find it too early."""


class Runner:
    """Runs what pgqueuer picks. It never raises but to have a job again later; the record is ours."""

    def __init__(self, runtime: Runtime, link: Link, announcements: Announcements) -> None:
        self._runtime = runtime
        self._link = link
        self._announcements = announcements
        # A person's right was checked when the job was enqueued; what the job may reach is bound by its organization.
        self._access = Access(frozenset(permission.value for permission in every_permission()))

    async def __call__(self, picked: Picked) -> None:
        """Run one job of pgqueuer's, as its entry point."""
        ticket = msgspec.json.decode(picked.payload or b"", type=Ticket)
        if ticket.lock is None:
            await self._run(ticket)
            return
        if not await self._link.take(ticket.lock):
            raise RetryRequested(_BUSY * random.uniform(0.5, 1), "another job with the same key is running")  # noqa: S311 - jitter
        key: str | None = None
        try:
            key = await self._run(ticket)
        finally:
            await self._link.release(ticket.lock)
        if key is not None:
            await self._call_next(ticket, key)

    async def _run(self, ticket: Ticket) -> str | None:
        """Claim, perform, record. Returns the job's key."""
        run = await self._claim(ticket)
        if run is None:
            return None
        structlog.contextvars.bind_contextvars(job=run.name, job_id=str(ticket.id), request_id=run.request.id)
        self._announcements.moved(ticket.organization_id)
        started = time.perf_counter()
        job = every_job().get(run.name)
        try:
            with span(f"job {run.name}", {"job.id": str(ticket.id)}):
                await self._perform(run, job)
            RUNS.labels(run.name, "done").inc()
        except Overtaken:
            RUNS.labels(run.name, "overtaken").inc()
            log.warning("a job was begun again elsewhere while it ran; its changes here were rolled back")
        except Exception as error:  # noqa: BLE001 - whatever a job raises is recorded and tried again
            await self._failed(run, job, error)
        finally:
            SECONDS.labels(run.name).observe(time.perf_counter() - started)
            self._announcements.moved(ticket.organization_id)
            structlog.contextvars.unbind_contextvars("job", "job_id", "request_id")
        return run.key

    async def _claim(self, ticket: Ticket) -> Run | None:
        async with self._runtime.database.write(ticket.organization_id) as connection:
            row = await connection.fetchrow(CLAIM.format(table=ticket.table), ticket.id)
            wait = None if row else await connection.fetchval(DUE.format(table=ticket.table), ticket.id)
        if row is None:
            if wait is not None:
                raise RetryRequested(max(wait, timedelta()), "not due yet")
            return None  # done before the worker died, or deleted with its organization
        LATE.observe(max(0.0, (row["started_at"] - row["run_at"]).total_seconds()))
        actor = Actor(ActorKind(row["actor_kind"]), row["actor_id"], row["actor_label"])
        return Run(
            ticket=ticket,
            name=row["name"],
            arguments=json.loads(row["arguments"]),
            key=row["key"],
            attempt=row["attempts"],
            who=Authenticated(actor=actor, organization_id=ticket.organization_id, access=self._access),
            request=RequestFacts(row["request_id"], row["ip"]),
            now=row["started_at"],
        )

    async def _perform(self, run: Run, job: Job | None) -> None:
        if job is None:
            raise UnknownJob(run.name)
        if run.attempt > job.retries + 1:
            raise WorkerDied("The worker died each time that it ran this job.")
        arguments = dict(job.arguments.model_validate(run.arguments))
        try:
            async with asyncio.timeout(job.timeout):
                if job.lane is Lane.JOB:
                    async with self._runtime.context(run.who, run.request, run.now) as ctx:
                        await job.function(ctx, **arguments)
                        await self._finish(ctx, run)
                    return
                errand = Errand(
                    self._runtime, run.who, run.request, run.ticket.id, run.attempt, last=run.attempt > job.retries
                )
                await job.function(errand, **arguments)
        except TimeoutError as error:
            raise DeadlineMissed(f"It did not end within {job.timeout:g} seconds.") from error
        async with self._runtime.context(run.who, run.request) as ctx:
            await self._finish(ctx, run)

    async def _finish(self, ctx: Context, run: Run) -> None:
        connection = await ctx.raw()
        status = await connection.execute(DONE.format(table=run.ticket.table), run.ticket.id, run.attempt)
        if status == "UPDATE 0":
            raise Overtaken

    async def _failed(self, run: Run, job: Job | None, error: Exception) -> None:
        retries = job.retries if job else 10
        message = f"{type(error).__name__}: {error}"[:_MOST_ERROR]
        if isinstance(error, GiveUp | WorkerDied) or run.attempt > retries:
            RUNS.labels(run.name, "failed").inc()
            log.error("a job failed for good", attempt=run.attempt, exc_info=error)
            async with self._runtime.context(run.who, run.request) as ctx:
                await service.fail(ctx, run.ticket, run.name, run.attempt, message)
            return
        delay = timedelta(seconds=backoff(run.attempt))
        RUNS.labels(run.name, "retried").inc()
        log.warning("a job failed and will be tried again", attempt=run.attempt, error=message, delay=str(delay))
        async with self._runtime.database.write(run.ticket.organization_id) as connection:
            statement = AGAIN.format(table=run.ticket.table)
            status = await connection.execute(statement, run.ticket.id, run.attempt, delay, message)
        if status != "UPDATE 0":
            raise RetryRequested(delay, message)

    async def _call_next(self, ticket: Ticket, key: str) -> None:
        """Let the job that waited longest for this key start now, rather than at its next try."""
        async with self._runtime.database.write(ticket.organization_id) as connection:
            following = await connection.fetchval(NEXT_OF_KEY.format(table=ticket.table), key)
            if following is None:
                return
            await connection.execute(SOONER, str(following), timedelta())
        self._link.wake()


def backoff(attempt: int) -> float:
    """Seconds before the next try after the `attempt`-th: doubling from 2 s to an hour, with jitter downwards."""
    longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(attempt - 1, 20))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
