"""What can be listened to in the venue."""

from gamekeeper.kernel.realtime import Topic
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.pricing.models import PriceRule
from gamekeeper.modules.venue.sessions.models import Session
from gamekeeper.modules.venue.stations.models import Station

STATIONS = Topic("stations", May.VIEW, parts=True)
STATION = Topic("station", May.VIEW, Station)
SESSIONS = Topic("sessions", May.VIEW, parts=True)
SESSION = Topic("session", May.VIEW, Session)
PRICE_RULES = Topic("price-rules", May.VIEW, parts=True)
PRICE_RULE = Topic("price-rule", May.VIEW, PriceRule)
VENUE_POLICY = Topic("venue-policy", May.VIEW, shared=True)
