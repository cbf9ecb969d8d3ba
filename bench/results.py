"""What a benchmark found, and how it is written down."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. `ceiling` and `ratio` are None where a limit in absolute numbers is all there is."""

    name: str
    value: float
    ceiling: float | None
    ratio: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Target:
    """What the figure should be: at least a ratio of its ceiling, or at most a value."""

    least_ratio: float | None = None
    most_value: float | None = None

    def met(self, result: Result) -> bool:
        """Whether the figure is good enough."""
        if self.least_ratio is not None:
            return result.ratio is not None and result.ratio >= self.least_ratio
        return self.most_value is None or result.value <= self.most_value

    def __str__(self) -> str:
        """For a person."""
        return f"at least {self.least_ratio}" if self.least_ratio is not None else f"at most {self.most_value}"


TARGETS = {
    "metric rows stored": Target(least_ratio=0.35),
    "device list requests": Target(least_ratio=0.35),
    "frames to 1,000 sockets": Target(least_ratio=0.6),
    "commit to frame p99": Target(most_value=50),
    "gateway cpu at 1,000 agents": Target(most_value=40),
    "gateway memory at 1,000 agents": Target(most_value=250),
    "restart with 1,000 agents": Target(most_value=15),
}


def beside(name: str, unit: str, ours: Sequence[float], ceilings: Sequence[float]) -> Result:
    """The result of interleaved rounds: medians, and the median of the rounds' own ratios.

    A round's two halves ran within seconds of each other, so whatever else the machine did slowed both.
    """
    ratio = median(our / ceiling for our, ceiling in zip(ours, ceilings, strict=True))
    return Result(name, round(median(ours), 1), round(median(ceilings), 1), round(ratio, 3), unit)


def alone(name: str, unit: str, value: float) -> Result:
    """A result that is judged by its own value."""
    return Result(name, round(value, 2), None, None, unit)


def tell(result: Result) -> None:
    """Print one line."""
    target = TARGETS[result.name]
    beside_ceiling = "" if result.ceiling is None else f"  ceiling {result.ceiling:>12,.1f}  ratio {result.ratio:.2f}"
    verdict = "ok" if target.met(result) else "MISSED"
    print(f"{result.name:32} {result.value:>12,.1f} {result.unit:10}{beside_ceiling}  ({target}) {verdict}", flush=True)


def write(results: Sequence[Result]) -> None:
    """Write `results.json`."""
    RESULTS.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
