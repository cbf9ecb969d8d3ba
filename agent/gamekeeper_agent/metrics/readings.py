"""What psutil and the socket tell about the machine; what cannot be measured is None."""

import time
from pathlib import Path

import psutil

from gamekeeper_wire.agent import Sample

# Sensors in the order in which their first reading stands for "the machine's temperature".
_SENSORS = ("cpu_thermal", "coretemp", "k10temp", "zenpower", "soc_thermal", "acpitz")


class Readings:
    """Takes samples; processor load is the mean since the sample before."""

    def __init__(self, disk: Path = Path("/")) -> None:
        """Watch the file system that `disk` stands on."""
        self._disk = str(disk)
        psutil.cpu_percent(interval=None)

    def sample(self, latency_ms: float | None) -> Sample:
        """A reading of this moment."""
        return Sample(
            ts=time.time_ns() // 1_000_000,
            cpu=psutil.cpu_percent(interval=None),
            memory=psutil.virtual_memory().percent,
            temperature=_temperature(),
            disk=_disk(self._disk),
            latency=None if latency_ms is None else round(latency_ms, 2),
        )


def _temperature() -> float | None:
    if not hasattr(psutil, "sensors_temperatures"):
        return None
    found = psutil.sensors_temperatures()
    for name in (*_SENSORS, *sorted(found)):
        for reading in found.get(name, ()):
            if reading.current and -50 < reading.current < 150:
                return round(reading.current, 1)
    return None


def _disk(path: str) -> float | None:
    try:
        return psutil.disk_usage(path).percent
    except OSError:
        return None
