"""What the fleet tells its neighbors at start."""

from gamekeeper.modules.fleet.readings.machines import names
from gamekeeper.modules.metrics.public import know_machines

know_machines(names)
