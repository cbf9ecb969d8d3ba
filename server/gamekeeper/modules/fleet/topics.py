"""What can be listened to in the fleet."""

from gamekeeper.kernel.realtime import Topic
from gamekeeper.modules.fleet.devices import logs
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.permissions import May

DEVICES = Topic("devices", May.VIEW, parts=True)
DEVICE_LOG = Topic(logs.TOPIC, May.INSPECT, Device)
"""An agent's log as it is written: reading it is a right of its own, on the socket as over HTTP."""
DEVICE = Topic("device", May.VIEW, Device)
