"""Doors: the audit log, page by page and as CSV."""

import json
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.caller import Caller
from gamekeeper.kernel.events.event import every_event
from gamekeeper.kernel.events.queries import Filter, search
from gamekeeper.kernel.http import Page, PageQuery, ReadCtx
from gamekeeper.kernel.http.dependencies import Who, runtime_of
from gamekeeper.kernel.http.pages import encode
from gamekeeper.kernel.http.spreadsheets import csv_of
from gamekeeper.kernel.http.texts import Line, Moment
from gamekeeper.kernel.runtime import Runtime

router = APIRouter(prefix="/api/v1/events", tags=["events"])

MOST_EXPORTED = 100_000
_EXPORT_PAGE = 1000
_COLUMNS = ("created_at", "type", "subject_label", "subject_id", "actor_kind", "actor_label", "actor_id", "ip")


class EventOut(BaseModel):
    """One recorded fact: what happened to what, by whom, from where. `data` has the fields of its type."""

    id: UUID
    type: str
    subject_id: UUID
    subject_label: str
    actor_kind: str
    actor_id: UUID | None
    actor_label: str
    request_id: str
    ip: str
    data: dict[str, Any]
    created_at: datetime


class EventTypesOut(BaseModel):
    """The types of events that are audited, for the filter."""

    items: list[str]


async def wanted(
    type: Annotated[list[Line] | None, Query(max_length=50, description="Only these types.")] = None,  # noqa: A002 - the column's name
    actor: Annotated[UUID | None, Query(description="Only what this actor did.")] = None,
    subject: Annotated[UUID | None, Query(description="Only what happened to this.")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="Not before.")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Before.")] = None,
    q: Annotated[Line | None, Query(max_length=100, description="Part of type, subject, actor or address.")] = None,
    quiet: Annotated[  # noqa: FBT002 - a query's parameters are always named
        bool, Query(description="With a subject: also what is not audited, such as a device's coming and going.")
    ] = False,
) -> Filter:
    """The filter of a request."""
    return Filter(type, actor, subject, since, until, q or None, quiet)


Wanted = Annotated[Filter, Depends(wanted)]


@router.get("")
async def list_events(ctx: ReadCtx, page: PageQuery, wanted: Wanted) -> Page[EventOut]:
    """The audit log, the newest first. A search for text may give a short page that still has a `next`."""
    ctx.require(May.AUDIT_READ)
    place = page.values(UUID)
    found = await search(ctx.connection, ctx.organization_id, wanted, place[0] if place else None, page.limit)
    items = [EventOut.model_validate(row) for row in found.rows]
    return Page(items=items, next=encode((found.next,)) if found.next else None)


@router.get("/types")
async def list_event_types(ctx: ReadCtx) -> EventTypesOut:
    """What the log may hold."""
    ctx.require(May.AUDIT_READ)
    return EventTypesOut(items=[name for name, event in every_event().items() if event.audited])


@router.get("/export", response_class=StreamingResponse)
async def export_events(request: Request, who: Who, wanted: Wanted) -> StreamingResponse:
    """The filtered log as CSV, at most 100,000 rows, the newest first."""
    caller = Caller(who)
    organization_id = caller.organization_id
    caller.require(May.AUDIT_READ)
    return StreamingResponse(
        _lines(runtime_of(request), organization_id, wanted),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="audit.csv"'},
    )


async def _lines(runtime: Runtime, organization_id: UUID, wanted: Filter) -> AsyncGenerator[str]:
    yield csv_of([(*_COLUMNS, "data")])
    after: UUID | None = None
    written = 0
    while written < MOST_EXPORTED:
        # A transaction for each page: a slow reader must not hold one open for minutes.
        async with runtime.database.read(organization_id) as connection:
            found = await search(connection, organization_id, wanted, after, _EXPORT_PAGE)
        yield csv_of(
            (*(row[name] for name in _COLUMNS), json.dumps(row["data"], ensure_ascii=False)) for row in found.rows
        )
        written += len(found.rows)
        after = found.next
        if after is None:
            return
