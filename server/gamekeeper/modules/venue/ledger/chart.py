"""The chart of accounts: names, and which of them may go below zero."""

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """The first word of an account's name. Assets and expenses grow by debits, the others by credits."""

    ASSET = "asset"
    LIABILITY = "liability"
    REVENUE = "revenue"
    EXPENSE = "expense"
    EQUITY = "equity"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a site's books, by name: `asset:cash:main`. A guarded one never goes below zero."""

    name: str
    guarded: bool

    @property
    def family(self) -> Family:
        """Asset, liability, revenue, expense or equity."""
        return Family(self.name.partition(":")[0])


def cash(drawer: str = "main") -> Account:
    """The money in a drawer."""
    return Account(f"asset:cash:{drawer}", guarded=True)


def credit(session_id: object) -> Account:
    """What the house owes to the guest of a session, for time that a fault took."""
    return Account(f"liability:credit:{session_id}", guarded=True)


TIME = Account("revenue:time", guarded=True)
"""What played and sold time has earned."""
