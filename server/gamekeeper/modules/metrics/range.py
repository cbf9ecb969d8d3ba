"""The time range of a chart as its query says it: `from`, `to` and the width in pixels."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query

from gamekeeper.kernel.http.texts import Moment


class TimeRange:
    """`[since, until)` for a chart of `width` pixels; by default the last hour."""

    def __init__(self, since: datetime | None, until: datetime | None, width: int) -> None:
        self.until: datetime = until or datetime.now(UTC)
        self.since: datetime = since or self.until - timedelta(hours=1)
        self.width = width


async def _from_query(
    from_: Annotated[
        Moment | None, Query(alias="from", description="Beginning; an hour before the end by default.")
    ] = None,
    to: Annotated[Moment | None, Query(description="End, not included; now by default.")] = None,
    width: Annotated[int, Query(ge=50, le=4000, description="Width of the chart in pixels.")] = 800,
) -> TimeRange:
    return TimeRange(from_, to, width)


RangeQuery = Annotated[TimeRange, Depends(_from_query)]
