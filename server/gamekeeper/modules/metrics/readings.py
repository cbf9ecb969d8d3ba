"""The five readings of a device: their names, units, and what a sound sensor can say."""

from enum import StrEnum
from types import MappingProxyType


class Metric(StrEnum):
    """A column of the wide row, in the order of the wire's `Sample`."""

    CPU = "cpu"
    MEMORY = "memory"
    TEMPERATURE = "temperature"
    DISK = "disk"
    LATENCY = "latency"


UNITS = MappingProxyType(
    {Metric.CPU: "%", Metric.MEMORY: "%", Metric.TEMPERATURE: "°C", Metric.DISK: "%", Metric.LATENCY: "ms"}
)

RANGES = MappingProxyType(
    {
        Metric.CPU: (0.0, 100.0),
        Metric.MEMORY: (0.0, 100.0),
        Metric.TEMPERATURE: (-60.0, 200.0),
        Metric.DISK: (0.0, 100.0),
        Metric.LATENCY: (0.0, 600_000.0),
    }
)
"""Least and most of each. What lies outside, NaN included, is a broken sensor: the value is refused, not the row."""
