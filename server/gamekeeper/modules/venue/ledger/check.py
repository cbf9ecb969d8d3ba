"""Checking the books: every balance again from the postings, over all organizations."""

from dataclasses import dataclass
from uuid import UUID

from gamekeeper.kernel.database import Database


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up, in minor units.

    `account`: its balance and the sum of its postings. `transfer`: zero and the sum of its postings. `session`: what
    was bought for it and what it has earned.
    """

    kind: str
    organization_id: UUID
    subject_id: UUID
    label: str
    currency: str
    stored: int
    recomputed: int

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.label} ({self.subject_id}) of organization {self.organization_id}: "
            f"{self.stored} written down, {self.recomputed} from the postings, {self.currency}"
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and what differs."""

    accounts: int
    transfers: int
    differences: tuple[Difference, ...]


async def check(database: Database) -> Checked:
    """Recompute every account, transfer and session from the postings. Sound books have no difference."""
    async with database.read(None) as connection:
        size = await connection.fetchrow("SELECT * FROM ledger_size()")
        rows = await connection.fetch("SELECT * FROM ledger_differences()")
    if size is None:
        msg = "ledger_size() answers one row"
        raise RuntimeError(msg)
    return Checked(
        accounts=size["accounts"],
        transfers=size["transfers"],
        differences=tuple(
            Difference(
                kind=row["kind"],
                organization_id=row["organization_id"],
                subject_id=row["subject_id"],
                label=row["label"],
                currency=row["currency"],
                stored=row["stored"],
                recomputed=row["recomputed"],
            )
            for row in rows
        ),
    )
