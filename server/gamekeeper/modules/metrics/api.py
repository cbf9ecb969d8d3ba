"""Charts over many devices, and export. The chart of one device is the owner of devices' own page."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from gamekeeper.kernel.http import ReadCtx
from gamekeeper.kernel.http.dependencies import runtime_of
from gamekeeper.modules.metrics import export as files
from gamekeeper.modules.metrics.aggregate import Aggregate, aggregate
from gamekeeper.modules.metrics.machines import Selection
from gamekeeper.modules.metrics.range import RangeQuery
from gamekeeper.modules.metrics.readings import Metric
from gamekeeper.modules.metrics.tiers import Tier

router = APIRouter(prefix="/api/v1/metrics", tags=["metrics"])


async def _selection(
    device: Annotated[list[UUID] | None, Query(max_length=500, description="Only these devices.")] = None,
    group: Annotated[UUID | None, Query(description="Only devices of this group and what is inside it.")] = None,
    site: Annotated[UUID | None, Query(description="Only devices of this site.")] = None,
) -> Selection:
    return Selection(tuple(device or ()), group, site)


SelectionQuery = Annotated[Selection, Depends(_selection)]


@router.get("/aggregate")
async def read_aggregate(ctx: ReadCtx, range_: RangeQuery, selection: SelectionQuery, metric: Metric) -> Aggregate:
    """One metric of many devices over time: mean, extremes and 95th percentile of the devices."""
    return await aggregate(ctx, metric, selection, range_.since, range_.until, range_.width)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}, "application/json": {}}, "description": "The file."}},
)
async def export(
    request: Request,
    ctx: ReadCtx,
    range_: RangeQuery,
    selection: SelectionQuery,
    tier: Annotated[Tier, Query(description="Single readings, or one of the roll-ups.")] = Tier.FIVE_MINUTES,
    format: Annotated[files.Format, Query(description="How the file is written.")] = files.Format.CSV,  # noqa: A002 - the query's name
) -> StreamingResponse:
    """Readings as a file, at most a million rows."""
    found = await files.prepare(ctx, selection, tier, range_.since, range_.until)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return StreamingResponse(
        files.write(runtime_of(request).database, found, format),
        media_type="text/csv; charset=utf-8" if format is files.Format.CSV else "application/json",
        headers={"content-disposition": f'attachment; filename="metrics-{tier}-{stamp}.{format}"'},
    )
