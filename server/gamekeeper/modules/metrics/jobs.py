"""What happens by itself: roll-ups, partitions ahead, old partitions away."""

from datetime import UTC, datetime

from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.modules.metrics import partitions, rollups
from gamekeeper.modules.metrics.settings import metrics_settings

# Errands, because each of them is several short transactions rather than one long one.


@every("1-59/5 * * * *")
@errand(retries=2, timeout=240, single=True)
async def roll_up(run: Errand) -> None:
    """Sum up readings by minutes, hours and days."""
    await rollups.roll_up(run.runtime.database)


@every("17 * * * *")
@errand(retries=5, timeout=120, single=True)
async def keep_partitions(run: Errand) -> None:
    """Make room for new readings and drop old ones.

    Partitions of the next days, and those that are too old.
    """
    now = datetime.now(UTC)
    await partitions.prepare(run.runtime.database, metrics_settings(), now)
    await partitions.retire(run.runtime.database, metrics_settings(), now)
