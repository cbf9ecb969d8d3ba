"""How long the log is kept: what is audited for good unless somebody says otherwise, the rest for a while."""

from datetime import timedelta

from gamekeeper.kernel.housekeeping.lifetimes import MADE_BEFORE, forget
from gamekeeper.kernel.settings import Settings

# A reader that is behind still gets what it has not read; one that nobody has heard of for a month is no reader.
_READ_BY_ALL = """NOT EXISTS (
    SELECT FROM event_cursors c
    WHERE (c.xid, c.position) < (r.xid, r.position) AND c.updated_at > now() - interval '30 days')"""


def _audit_kept(settings: Settings) -> timedelta | None:
    return timedelta(days=settings.keep_audit_days) if settings.keep_audit_days else None


forget(
    "events",
    f"NOT r.audited AND {MADE_BEFORE} AND {_READ_BY_ALL}",
    lambda settings: timedelta(days=settings.keep_live_events_days),
)
forget("events", f"r.audited AND {MADE_BEFORE} AND {_READ_BY_ALL}", _audit_kept)
