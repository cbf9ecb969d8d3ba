"""The job page: what waits, runs, failed and was done, and what runs when."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import func, select

from gamekeeper.kernel.http import Ctx, Page, PageQuery
from gamekeeper.kernel.jobs.models import JobRow, JobSchedule, JobStatus
from gamekeeper.kernel.jobs.registry import every_job, every_schedule, title_of
from gamekeeper.kernel.worker import schedule, service, upkeep
from gamekeeper.kernel.worker.permissions import May

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])

# Imported for what they register: the page names these jobs too.
_OURS = (schedule.fan_out, upkeep.prune)


class JobOut(BaseModel):
    """A job. A failed try leaves it queued with its `error` until no try is left."""

    id: UUID
    name: str
    title: str
    status: JobStatus
    attempts: int
    most_attempts: int | None
    error: str | None
    actor_kind: str
    actor_label: str
    created_at: datetime
    run_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class PeriodicOut(BaseModel):
    """A job that runs again and again; `expression` is a cron line in UTC."""

    name: str
    title: str
    expression: str
    next_run: datetime
    last_run: datetime | None


class JobsOverviewOut(BaseModel):
    """How many jobs are in which state, and when the periodic ones run next."""

    queued: int
    running: int
    failed: int
    done: int
    periodic: list[PeriodicOut]


def _out(row: JobRow) -> JobOut:
    job = every_job().get(row.name)
    return JobOut(
        id=row.id,
        name=row.name,
        title=title_of(row.name),
        status=JobStatus(row.status),
        attempts=row.attempts,
        most_attempts=job.retries + 1 if job else None,
        error=row.error,
        actor_kind=row.actor_kind,
        actor_label=row.actor_label,
        created_at=row.created_at,
        run_at=row.run_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


@router.get("", name="list")
async def recent(
    ctx: Ctx, page: PageQuery, status: Annotated[JobStatus | None, Query(description="Only jobs in this state.")] = None
) -> Page[JobOut]:
    """Jobs, newest first. What is done is kept for two days, what failed for a month, by default."""
    statement = ctx.rows(JobRow, May.READ).order_by(JobRow.id.desc()).limit(page.limit + 1)
    if status is not None:
        statement = statement.where(JobRow.status == status)
    if page.after_id is not None:
        statement = statement.where(JobRow.id < page.after_id)
    rows = [_out(row) for row in await ctx.scalars(statement)]
    return page.page(rows, lambda job: (job.id,))


@router.get("/overview")
async def overview(ctx: Ctx) -> JobsOverviewOut:
    """Numbers and the timetable."""
    statement = ctx.rows(JobRow, May.READ).with_only_columns(JobRow.status, func.count()).group_by(JobRow.status)
    counts = {row[0]: row[1] for row in (await ctx.session.execute(statement)).all()}
    known = every_schedule()
    rows = await ctx.scalars(select(JobSchedule).order_by(JobSchedule.next_run, JobSchedule.name))
    return JobsOverviewOut(
        queued=counts.get("queued", 0),
        running=counts.get("running", 0),
        failed=counts.get("failed", 0),
        done=counts.get("done", 0),
        periodic=[
            PeriodicOut(
                name=row.name,
                title=known[row.name].job.title,
                expression=row.expression,
                next_run=row.next_run,
                last_run=row.last_run,
            )
            for row in rows
            if row.name in known
        ],
    )


@router.put("/{job_id}/retry")
async def retry(ctx: Ctx, job_id: UUID) -> JobOut:
    """Try a failed job again."""
    return _out(await service.retry(ctx, job_id))
