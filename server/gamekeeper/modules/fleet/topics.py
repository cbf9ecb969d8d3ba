"""What can be listened to in the fleet."""

from gamekeeper.kernel.realtime import Topic
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.permissions import May

DEVICES = Topic("devices", May.VIEW)
DEVICE = Topic("device", May.VIEW, Device)
