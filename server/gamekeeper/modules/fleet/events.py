"""What happens in the fleet."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel

from gamekeeper.kernel.events import Event


class DeviceRegistered(Event):
    """A device was made, by a person or by its enrolment."""

    type: ClassVar[str] = "device:registered"
    site_id: UUID | None
    approval: str


class DeviceEnrolled(Event):
    """A machine got a certificate for a device with a claim token, or was approved."""

    type: ClassVar[str] = "device:enrolled"
    hostname: str
    serial: str


class CertificateRenewed(Event):
    """A device got its next certificate."""

    type: ClassVar[str] = "device:renewed"
    serial: str
    not_after: datetime


class DeviceApproved(Event):
    """Somebody answered a machine that asked to join."""

    type: ClassVar[str] = "device:approved"
    approved: bool


class DeviceUpdated(Event):
    """A person changed a device; `changes` names the fields and their new values."""

    type: ClassVar[str] = "device:updated"
    changes: dict[str, Any]


class DeviceMoved(Event):
    """A device goes to another site or group. It is told where the device was, as the last thing that is told there."""

    type: ClassVar[str] = "device:moved"
    audited: ClassVar[bool] = False


class DeviceReported(Event):
    """The agent told new facts of its machine; `changes` names those that people look for."""

    type: ClassVar[str] = "device:reported"
    changes: dict[str, Any]


class DeviceRevoked(Event):
    """A device's certificates were taken away."""

    type: ClassVar[str] = "device:revoked"


class DeviceDeleted(Event):
    """A device was deleted with everything that was known of it."""

    type: ClassVar[str] = "device:deleted"


class DeviceStatus(Event):
    """A device's state changed. `status` is what people see, `connection` what its socket does."""

    type: ClassVar[str] = "device:status"
    audited: ClassVar[bool] = False
    id: UUID
    status: str
    connection: str
    last_seen: datetime | None
    reason: str


class ClaimTokenMade(Event):
    """Somebody made a claim token."""

    type: ClassVar[str] = "claim-token:made"
    site_id: UUID | None
    group_id: UUID | None
    device_id: UUID | None
    needs_approval: bool
    expires_at: datetime


class ClaimTokenRevoked(Event):
    """Somebody took a claim token back."""

    type: ClassVar[str] = "claim-token:revoked"


class GroupMade(Event):
    """A device group was made."""

    type: ClassVar[str] = "device-group:made"
    parent_id: UUID | None


class GroupUpdated(Event):
    """A device group was renamed or moved."""

    type: ClassVar[str] = "device-group:updated"
    changes: dict[str, Any]


class GroupDeleted(Event):
    """A device group was deleted; what lay in it moved up."""

    type: ClassVar[str] = "device-group:deleted"


class CommandStep(BaseModel):
    """What every step of a command tells. The event's subject is the command."""

    device_id: UUID
    action: str

    def topics(self) -> tuple[str, ...]:
        """The list of devices, where bulk actions are followed, and the device itself."""
        return ("devices", f"device:{self.device_id}")


class CommandQueued(CommandStep, Event):
    """Somebody asked a device to do something."""

    type: ClassVar[str] = "command:queued"
    expires_at: datetime
    bulk_id: UUID | None


class CommandSent(CommandStep, Event):
    """The command is on its way."""

    type: ClassVar[str] = "command:sent"
    audited: ClassVar[bool] = False


class CommandAcknowledged(CommandStep, Event):
    """The device has written the command down."""

    type: ClassVar[str] = "command:acknowledged"
    audited: ClassVar[bool] = False


class CommandFinished(CommandStep, Event):
    """A command ended: `state` is succeeded, failed, refused or cancelled."""

    type: ClassVar[str] = "command:finished"
    state: str
    code: str
    message: str


class CommandExpired(CommandStep, Event):
    """A command's time ran out before the device took it."""

    type: ClassVar[str] = "command:expired"
    message: str
