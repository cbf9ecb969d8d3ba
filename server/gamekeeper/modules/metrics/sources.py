"""The SQL that makes points of a plan: roll-ups, and for the newest minutes the readings that are not in them yet."""

from collections.abc import Sequence

from gamekeeper.modules.metrics.readings import Metric
from gamekeeper.modules.metrics.tiers import Tier

TABLES = {Tier.FIVE_MINUTES: "metrics_5min", Tier.HOUR: "metrics_hour"}


def points(tier: Tier, metrics: Sequence[Metric], devices: str) -> str:
    """A SELECT of (device_id, t, and for each metric `_min`, `_max`, `_sum`, `_count`).

    Parameters: $1 organization, $2 since, $3 until, $4 step (interval); `devices` is a condition on device_id.
    The organization stands in the statement besides the policy, so that the planner knows it.
    """
    found = _raw(metrics, devices, since="$2")
    if tier is not Tier.RAW:
        # No row is in both: a roll-up holds what lies before the mark.
        tail = _raw(metrics, devices, since="greatest($2, (SELECT through FROM metrics_marks WHERE tier = 'rollup'))")
        found = f"{_rolled(tier, metrics, devices)} UNION ALL {tail}"
    columns = ", ".join(
        f"min({m}_min) AS {m}_min, max({m}_max) AS {m}_max, "
        f"sum({m}_mean::double precision * {m}_count) AS {m}_sum, sum({m}_count) AS {m}_count"
        for m in metrics
    )
    # Names of metrics and tables are ours; everything from outside is a parameter.
    return (
        f"SELECT device_id, date_bin($4::interval, at, 'epoch'::timestamptz) AS t, {columns} "  # noqa: S608
        f"FROM ({found}) AS found GROUP BY 1, 2"
    )


def _raw(metrics: Sequence[Metric], devices: str, *, since: str) -> str:
    columns = ", ".join(
        f"{m} AS {m}_min, {m} AS {m}_max, {m} AS {m}_mean, ({m} IS NOT NULL)::integer AS {m}_count" for m in metrics
    )
    return (
        f"SELECT device_id, ts AS at, {columns} FROM device_metrics "  # noqa: S608
        f"WHERE organization_id = $1 AND {devices} AND ts >= {since} AND ts < $3"
    )


def _rolled(tier: Tier, metrics: Sequence[Metric], devices: str) -> str:
    columns = ", ".join(f"{m}_min, {m}_max, {m}_avg AS {m}_mean, {m}_count::integer AS {m}_count" for m in metrics)
    return (
        f"SELECT device_id, bucket AS at, {columns} FROM {TABLES[tier]} "  # noqa: S608
        f"WHERE organization_id = $1 AND {devices} AND bucket >= $2 AND bucket < $3"
    )
