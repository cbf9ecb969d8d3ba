"""The chart of one device."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from gamekeeper.kernel.http import ReadCtx
from gamekeeper.modules.fleet.readings.machines import names
from gamekeeper.modules.metrics.public import May, Metric, RangeQuery, Selection, Series, read

router = APIRouter(prefix="/api/v1/devices", tags=["devices"])


@router.get("/{device_id}/metrics")
async def read_metrics(
    ctx: ReadCtx,
    device_id: UUID,
    range_: RangeQuery,
    metric: Annotated[list[Metric] | None, Query(description="Only these; all by default.")] = None,
) -> Series:
    """Readings of a device over time, at a resolution that fits the width."""
    await names(ctx, May.READ, Selection(device_ids=(device_id,)))
    return await read(
        ctx.connection,
        ctx.organization_id,
        device_id,
        since=range_.since,
        until=range_.until,
        width=range_.width,
        now=ctx.now,
        metrics=tuple(dict.fromkeys(metric or Metric)),
    )
