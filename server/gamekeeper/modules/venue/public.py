"""What others may call."""

from gamekeeper.modules.venue.ledger.check import Checked, Difference, check

__all__ = ["Checked", "Difference", "check"]
