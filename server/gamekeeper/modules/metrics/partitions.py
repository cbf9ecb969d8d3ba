"""Days and months ahead of the readings that fall into them, and what has become too old."""

from datetime import UTC, date, datetime, timedelta

import structlog

from gamekeeper.kernel.database import Database
from gamekeeper.modules.metrics.settings import MetricsSettings

log = structlog.get_logger(__name__)

_DAYS_AHEAD = 3
DEFAULT = "device_metrics_default"


def partition_of(day: int) -> str:
    """The partition of a day, counted since 1970."""
    return f"device_metrics_{date.fromordinal(date(1970, 1, 1).toordinal() + day):%Y%m%d}"


async def prepare(database: Database, settings: MetricsSettings, now: datetime) -> int:
    """Make the partitions that are missing, from the oldest reading still taken to three days ahead.

    Returns how many were made. The function belongs to the tables' owner; callers need no right on the tables.
    """
    today = now.astimezone(UTC).date()
    async with database.write(None) as connection:
        made: int = await connection.fetchval(
            "SELECT prepare_metrics($1, $2)", today - settings.raw, today + timedelta(days=_DAYS_AHEAD)
        )
    if made:
        log.info("made partitions for readings", count=made)
    return made


async def retire(database: Database, settings: MetricsSettings, now: datetime) -> list[str]:
    """Drop the partitions that are too old, whole: a day takes milliseconds, where DELETE would leave bloat.

    Returns their names. Raises asyncpg.LockNotAvailableError when a long query holds one: try again later.
    """
    async with database.write(None) as connection:
        rows = await connection.fetch(
            "SELECT * FROM retire_metrics($1, $2, $3)",
            now - settings.raw,
            now - settings.five_minutes,
            now - settings.hour,
        )
    names = [str(row[0]) for row in rows]
    if names:
        log.info("dropped partitions of old readings", partitions=names)
    return names
