"""Writing who is connected, and telling it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit_all
from gamekeeper.modules.fleet.events import DeviceStatus
from gamekeeper.modules.fleet.presence.models import Change, Link, shown

LOST = ("connection-lost", "ping-timeout")
"""Reasons that say nothing about the device itself: its network may be gone."""
SITE_OUTAGE = "site-outage"
_OUTAGE_DEVICES = 3
_OUTAGE_WINDOW = timedelta(seconds=60)

# Only the newest connection of a device may write. The condition is checked again after a wait for the row's lock,
# so a late close of an old connection changes nothing, whichever node it is on. Rows are locked in the order of their
# ids, as in `flush_presence`: two that wait for one another would cost one of them its news.
_APPLY = """
WITH change AS (
    SELECT * FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
        AS c(id, epoch, link, reason, ip, at)
), before AS (
    SELECT p.id, p.state, p.offline_reason FROM device_presence p JOIN change c ON c.id = p.id
    WHERE p.organization_id = $1 ORDER BY p.id FOR NO KEY UPDATE OF p
)
UPDATE device_presence p SET
    epoch = c.epoch, node = $8, state = c.link, offline_reason = c.reason,
    since = CASE WHEN p.state = c.link THEN coalesce(p.since, c.at) ELSE c.at END,
    last_seen = CASE WHEN c.link = 'offline' THEN coalesce(p.last_seen, least(c.at, now()))
        ELSE greatest(p.last_seen, now()) END,
    ip = CASE WHEN c.ip = '' THEN p.ip ELSE c.ip END
FROM change c JOIN before b ON b.id = c.id
WHERE p.organization_id = $1 AND p.id = c.id AND p.epoch <= c.epoch
RETURNING p.id, (b.state, b.offline_reason) IS DISTINCT FROM (p.state, p.offline_reason) AS is_news
"""

_OUTAGES = """
WITH sites AS (
    SELECT DISTINCT d.site_id FROM devices d
    WHERE d.organization_id = $1 AND d.id = ANY($2::uuid[]) AND d.site_id IS NOT NULL
), dark AS (
    SELECT d.site_id FROM devices d JOIN device_presence p ON p.organization_id = d.organization_id AND p.id = d.id
    WHERE d.organization_id = $1 AND d.site_id IN (SELECT site_id FROM sites)
    GROUP BY d.site_id
    HAVING count(*) FILTER (WHERE p.state IN ('online', 'degraded')) = 0
       AND count(*) FILTER (WHERE p.state = 'offline' AND p.offline_reason = ANY($3) AND p.since > $4) >= $5
)
UPDATE device_presence p SET offline_reason = 'site-outage'
FROM devices d
WHERE p.organization_id = $1 AND d.organization_id = $1 AND d.id = p.id
  AND d.site_id IN (SELECT site_id FROM dark)
  AND p.state = 'offline' AND p.offline_reason = ANY($3) AND p.offline_reason <> 'site-outage' AND p.since > $4
RETURNING p.id
"""

_SHOWN = """
SELECT d.id, d.name, d.maintenance, d.revoked_at IS NOT NULL AS revoked, p.state, p.last_seen, p.offline_reason
FROM devices d JOIN device_presence p ON p.organization_id = d.organization_id AND p.id = d.id
WHERE d.organization_id = $1 AND d.id = ANY($2::uuid[]) ORDER BY d.id
"""


async def apply(ctx: Context, changes: Sequence[Change]) -> None:
    """Write changes of one organization, and tell those that are news."""
    connection = await ctx.raw()
    ordered = sorted(changes, key=lambda change: change.id)
    rows = await connection.fetch(
        _APPLY,
        ctx.organization_id,
        [change.id for change in ordered],
        [change.epoch for change in ordered],
        [change.link.value for change in ordered],
        [change.reason for change in ordered],
        [change.ip for change in ordered],
        [change.at for change in ordered],
        ctx.runtime.node,
    )
    news = {row["id"] for row in rows if row["is_news"]}
    lost = [c.id for c in ordered if c.id in news and c.link is Link.OFFLINE and c.reason in LOST]
    if lost:
        dark = await connection.fetch(
            _OUTAGES,
            ctx.organization_id,
            lost,
            [*LOST, SITE_OUTAGE],
            ctx.now - _OUTAGE_WINDOW,
            _OUTAGE_DEVICES,
        )
        news |= {row["id"] for row in dark}
    await tell(ctx, news)


async def tell(ctx: Context, device_ids: Iterable[UUID]) -> None:
    """Say what people see of these devices now."""
    ids = list(device_ids)
    if not ids:
        return
    connection = await ctx.raw()
    await emit_all(ctx, [_status(row) for row in await connection.fetch(_SHOWN, ctx.organization_id, ids)])


async def lose(ctx: Context, device_ids: Sequence[UUID], epochs: Sequence[int], reasons: Sequence[str]) -> None:
    """Devices whose gateway died are offline, unless they have come back somewhere meanwhile."""
    connection = await ctx.raw()
    rows = await connection.fetch(
        """WITH c AS (
               SELECT * FROM unnest($2::uuid[], $3::bigint[], $4::text[]) AS c(id, epoch, reason)
           ), held AS (
               SELECT p.id FROM device_presence p JOIN c ON c.id = p.id
               WHERE p.organization_id = $1 ORDER BY p.id FOR NO KEY UPDATE OF p
           )
           UPDATE device_presence p SET state = 'offline', offline_reason = c.reason,
               since = CASE WHEN p.state = 'offline' THEN p.since ELSE $5 END
           FROM held h JOIN c ON c.id = h.id
           WHERE p.organization_id = $1 AND p.id = c.id AND p.epoch = c.epoch
             AND (p.state, p.offline_reason) IS DISTINCT FROM ('offline', c.reason)
           RETURNING p.id""",
        ctx.organization_id,
        list(device_ids),
        list(epochs),
        list(reasons),
        ctx.now,
    )
    await tell(ctx, [row["id"] for row in rows])


def _status(row: asyncpg.Record) -> DeviceStatus:
    return DeviceStatus(
        subject_id=row["id"],
        subject_label=row["name"],
        id=row["id"],
        status=shown(row["state"], maintenance=row["maintenance"], revoked=row["revoked"]),
        connection=row["state"],
        last_seen=row["last_seen"],
        reason=row["offline_reason"],
    )
