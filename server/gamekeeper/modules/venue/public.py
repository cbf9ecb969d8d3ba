"""What others may call: the verbs that fill a floor, and the check of the books."""

from gamekeeper.modules.venue.ledger.check import Checked, Difference, check
from gamekeeper.modules.venue.pricing.service import make as make_price_rule
from gamekeeper.modules.venue.sessions.models import PaymentMethod
from gamekeeper.modules.venue.sessions.service import end as end_session
from gamekeeper.modules.venue.sessions.service import extend as extend_session
from gamekeeper.modules.venue.sessions.service import start as start_session
from gamekeeper.modules.venue.stations.service import add as add_stations

__all__ = [
    "Checked",
    "Difference",
    "PaymentMethod",
    "add_stations",
    "check",
    "end_session",
    "extend_session",
    "make_price_rule",
    "start_session",
]
