"""The one statement per tick that says of every connection of this gateway that it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.presence.models import Link
from gamekeeper_wire.agent import Sample


class Verdict(StrEnum):
    """What the database knows better than the gateway, or has for it."""

    GONE = "gone"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    DRIFTED = "drifted"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Standing:
    """One connection at the moment of the flush."""

    organization_id: UUID
    id: UUID
    epoch: int
    serial: str
    """Of the certificate that it showed."""
    link: Link
    silent: float
    """Seconds since it was last heard. The database dates that, so that no gateway's clock counts."""
    sample: Sample | None


async def flush(runtime: Runtime, standings: Sequence[Standing]) -> list[tuple[UUID, Verdict]]:
    """Write the last sign of life and the newest readings of all; answers where the gateway is wrong."""
    samples = [standing.sample for standing in standings]
    async with runtime.database.write(None) as connection:
        rows = await connection.fetch(
            "SELECT * FROM flush_presence($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            runtime.node,
            [standing.organization_id for standing in standings],
            [standing.id for standing in standings],
            [standing.epoch for standing in standings],
            [standing.serial for standing in standings],
            [standing.link.value for standing in standings],
            [standing.silent for standing in standings],
            [sample and sample.cpu for sample in samples],
            [sample and sample.memory for sample in samples],
            [sample and sample.temperature for sample in samples],
            [sample and sample.disk for sample in samples],
            [sample and sample.latency for sample in samples],
        )
    return [(row["id"], Verdict(row["verdict"])) for row in rows]
