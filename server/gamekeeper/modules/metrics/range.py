"""The time range of a chart as its query says it: `from`, `to` and the width in pixels."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime


class TimeRange:
    """`[since, until)` for a chart of `width` pixels; by default the last hour."""

    def __init__(
        self,
        from_: Annotated[
            AwareDatetime | None, Query(alias="from", description="Beginning; an hour before the end by default.")
        ] = None,
        to: Annotated[AwareDatetime | None, Query(description="End, not included; now by default.")] = None,
        width: Annotated[int, Query(ge=50, le=4000, description="Width of the chart in pixels.")] = 800,
    ) -> None:
        self.until: datetime = to or datetime.now(UTC)
        self.since: datetime = from_ or self.until - timedelta(hours=1)
        self.width = width


RangeQuery = Annotated[TimeRange, Depends()]
