"""Values that only the moment needs, such as a reading or a typing dot: never in the log, the newest wins."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from gamekeeper.kernel.runtime import Runtime

TOPIC = "live"


def publish(
    runtime: Runtime, organization_id: UUID, topics: Sequence[str], event: str, data: dict[str, Any], *, key: str
) -> None:
    """Send `{event, data}` (without an id, since it cannot be resumed) to the listeners of `topics`.

    `key` names the value, such as `metric:<device>`: for a socket that is behind, a newer value replaces an older one
    with the same key. `data` must be JSON-serializable and below 6 KB.
    """
    value = {"o": str(organization_id), "t": list(topics), "e": event, "d": data, "k": key}
    runtime.hints.tell(TOPIC, f"{organization_id}:{key}", value)
