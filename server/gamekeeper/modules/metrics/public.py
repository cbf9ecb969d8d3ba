"""What other modules may call.

`open_writer` is the gateway's way in. `read` with `RangeQuery` is the chart of one device, for the module that owns
devices and has checked the caller's right to one. That module also calls `know_machines` once, so that charts over
many devices and exports follow the same rights.
"""

from gamekeeper.modules.metrics.live import EVENT as LIVE_EVENT
from gamekeeper.modules.metrics.machines import Machines, Selection, know_machines
from gamekeeper.modules.metrics.permissions import May
from gamekeeper.modules.metrics.range import RangeQuery, TimeRange
from gamekeeper.modules.metrics.readings import UNITS, Metric
from gamekeeper.modules.metrics.rollups import roll_up
from gamekeeper.modules.metrics.series import Series, read
from gamekeeper.modules.metrics.writer import ReadingsNotStored, ReadingsRefused, Stored, Writer, open_writer

__all__ = [
    "LIVE_EVENT",
    "UNITS",
    "Machines",
    "May",
    "Metric",
    "RangeQuery",
    "ReadingsNotStored",
    "ReadingsRefused",
    "Selection",
    "Series",
    "Stored",
    "TimeRange",
    "Writer",
    "know_machines",
    "open_writer",
    "read",
    "roll_up",
]
