"""The newest reading of each device for whoever is looking, at most once a second."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from uuid import UUID

from gamekeeper.kernel.realtime import ephemeral
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.metrics.readings import Metric
from gamekeeper.modules.metrics.rows import Batch

EVENT = "device:metric"
_LEAST_SECONDS = 1.0
_MOST_DEVICES = 200_000


class Live:
    """Publishes `device:metric` after a commit. Replays are history and not shown."""

    def __init__(self, runtime: Runtime, clock: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._clock = clock
        self._shown: OrderedDict[UUID, float] = OrderedDict()

    def show(self, batches: Sequence[Batch]) -> None:
        """Publish the newest sample of every device that was not shown within the last second."""
        now = self._clock()
        for batch in batches:
            if batch.replay or batch.newest is None or now - self._shown.get(batch.device_id, -1e9) < _LEAST_SECONDS:
                continue
            self._shown[batch.device_id] = now
            self._shown.move_to_end(batch.device_id)
            if len(self._shown) > _MOST_DEVICES:
                self._shown.popitem(last=False)
            ts, values = batch.newest
            device_id = str(batch.device_id)
            ephemeral.publish(
                self._runtime,
                batch.organization_id,
                ("devices", f"device:{device_id}"),
                EVENT,
                {"device_id": device_id, "ts": ts, "metrics": dict(zip(Metric, values, strict=True))},
                key=f"metric:{device_id}",
            )
