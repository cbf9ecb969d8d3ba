"""Figures of a run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Spread:
    """How something was spread, in seconds."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


def spread(values: Sequence[float]) -> Spread | None:
    """The spread of some measurements; None when there are none."""
    if not values:
        return None
    ordered = sorted(values)

    def at(part: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 4)

    return Spread(len(ordered), at(0.50), at(0.95), at(0.99), round(ordered[-1], 4))


@dataclass(slots=True)
class Figures:
    """What a simulation found out. Seconds, percent of one core, megabytes."""

    devices: int
    enrol_seconds: float = 0.0
    connect_seconds: float = 0.0
    command_round_trip: Spread | None = None
    metric_lag: Spread | None = None
    gateway_cpu_percent: float | None = None
    gateway_rss_mb: float | None = None
    restart_seconds: float | None = None
    losses: dict[str, int] = field(default_factory=dict[str, int])

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For a person."""
        found = [
            f"devices              {self.devices}",
            f"enrolled in          {self.enrol_seconds:.1f} s",
            f"all connected in     {self.connect_seconds:.1f} s",
            f"command round trip   {_said(self.command_round_trip)}",
            f"metric lag           {_said(self.metric_lag)}",
        ]
        if self.gateway_cpu_percent is not None:
            found.append(
                f"gateway              {self.gateway_cpu_percent:.1f} % of a core, {self.gateway_rss_mb:.0f} MB"
            )
        if self.restart_seconds is not None:
            found.append(f"all back after       {self.restart_seconds:.1f} s (the gateway was restarted)")
        if self.losses:
            found.append("connections lost     " + ", ".join(f"{count} x {why}" for why, count in self.losses.items()))
        return found


def _said(values: Spread | None) -> str:
    if values is None:
        return "none measured"
    return (
        f"p50 {values.p50 * 1000:.0f} ms, p95 {values.p95 * 1000:.0f} ms, p99 {values.p99 * 1000:.0f} ms "
        f"({values.count} measured)"
    )
