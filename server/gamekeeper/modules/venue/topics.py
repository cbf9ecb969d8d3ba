"""What can be listened to in the venue."""

from gamekeeper.kernel.realtime import Topic
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.sessions.models import Session
from gamekeeper.modules.venue.stations.models import Station

STATIONS = Topic("stations", May.VIEW, parts=True)
STATION = Topic("station", May.VIEW, Station)
SESSIONS = Topic("sessions", May.VIEW, parts=True)
SESSION = Topic("session", May.VIEW, Session)
