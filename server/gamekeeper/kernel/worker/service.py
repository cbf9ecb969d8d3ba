"""The verbs of jobs: failing one for good, having a failed one tried again."""

from datetime import timedelta
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict
from gamekeeper.kernel.events.service import emit
from gamekeeper.kernel.jobs.models import JobRow, JobStatus, Lane
from gamekeeper.kernel.jobs.queue import HINT, Ticket, admit, ticket_of
from gamekeeper.kernel.jobs.registry import title_of
from gamekeeper.kernel.worker.events import JobFailed, JobRetried
from gamekeeper.kernel.worker.permissions import May

FAILED = """
UPDATE {table} SET status = 'failed', finished_at = now(), error = $3, waiting_key = NULL
WHERE id = $1 AND status = 'running' AND attempts = $2
"""


class JobNotFailed(Conflict):
    """Only a failed job can be tried again. This one is waiting, running or done."""


async def fail(ctx: Context, ticket: Ticket, name: str, attempts: int, error: str) -> None:
    """Record that a job failed for good; it stays visible until it is tried again or a month has passed."""
    connection = await ctx.raw()
    status = await connection.execute(FAILED.format(table=ticket.table), ticket.id, attempts, error)
    if status != "UPDATE 0" and ticket.organization_id is not None:
        failed = JobFailed(
            subject_id=ticket.id, subject_label=title_of(name), name=name, attempts=attempts, error=error
        )
        await emit(ctx, failed)


async def retry(ctx: Context, job_id: UUID) -> JobRow:
    """Queue a failed job again, with all its tries. Raises JobNotFailed."""
    row = await ctx.get(JobRow, job_id, May.RETRY, lock=True)
    if row.status != JobStatus.FAILED:
        raise JobNotFailed
    row.status = JobStatus.QUEUED
    row.attempts = 0
    row.run_at = ctx.now
    row.finished_at = None
    connection = await ctx.raw()
    await admit(connection, Lane(row.lane), ticket_of(row.organization_id, row.id, row.key), timedelta())
    await emit(ctx, JobRetried(subject_id=row.id, subject_label=title_of(row.name), name=row.name))
    ctx.poke(HINT)
    return row
