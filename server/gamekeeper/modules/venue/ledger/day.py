"""The business day: a night belongs to the day on which it began."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def business_day(now: datetime, time_zone: str, begins_at_minutes: int) -> date:
    """The day that a posting of `now` belongs to, where days begin so many minutes after local midnight."""
    local = now.astimezone(ZoneInfo(time_zone))
    minutes = local.hour * 60 + local.minute
    return local.date() - timedelta(days=1 if minutes < begins_at_minutes else 0)
