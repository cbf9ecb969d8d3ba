"""The record of a job: what a member sees of it, and what a worker needs to run it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, choice, new_id


class JobStatus(StrEnum):
    """Where a job is. A job that failed and will be tried again is queued."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Lane(StrEnum):
    """Quick jobs hold a transaction, errands call the outside world. Neither waits behind the other."""

    JOB = "job"
    ERRAND = "errand"


class JobColumns(MappedAsDataclass, kw_only=True):
    """What jobs of an organization and jobs of the installation have in common.

    `key`: jobs with the same one never run at the same time. `waiting_key`: at most one with it is queued.
    `attempts` counts starts, and is the fence: a run whose number is no longer the row's may not commit.
    """

    name: Mapped[str]
    lane: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(server_default="queued", default="queued")
    key: Mapped[str | None]
    waiting_key: Mapped[str | None]
    run_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)
    error: Mapped[str | None] = mapped_column(default=None)
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str]
    request_id: Mapped[str]
    ip: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class JobRow(Tenanted, JobColumns, Base):
    """A job of an organization."""

    __tablename__ = "jobs"
    __table_args__ = (
        choice("status", JobStatus),
        choice("lane", Lane),
        Index(
            "uq_jobs_waiting",
            "organization_id",
            "waiting_key",
            unique=True,
            postgresql_where=text("status = 'queued' AND waiting_key IS NOT NULL"),
        ),
        Index("ix_jobs_status", "organization_id", "status", "id"),
        Index(
            "ix_jobs_key",
            "organization_id",
            "key",
            "run_at",
            postgresql_where=text("status = 'queued' AND key IS NOT NULL"),
        ),
        Index("ix_jobs_open", "status", "id", postgresql_where=text("status IN ('queued', 'running')")),
        Index("ix_jobs_finished", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    )


class SystemJobRow(JobColumns, Base):
    """A job of the installation, such as the pruning of old rows. No organization sees it."""

    __tablename__ = "system_jobs"
    __table_args__ = (
        choice("status", JobStatus),
        choice("lane", Lane),
        Index(
            "uq_system_jobs_waiting",
            "waiting_key",
            unique=True,
            postgresql_where=text("status = 'queued' AND waiting_key IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)


class JobSchedule(Base):
    """When a periodic job runs next. The one who moves `next_run` on is the one who enqueues it."""

    __tablename__ = "job_schedules"

    name: Mapped[str] = mapped_column(primary_key=True)
    expression: Mapped[str]
    next_run: Mapped[datetime]
    last_run: Mapped[datetime | None] = mapped_column(default=None)
