"""What goes in and out of the devices' API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from gamekeeper.kernel.http.texts import Line
from gamekeeper.modules.fleet.devices.models import Approval, DeviceKind
from gamekeeper.modules.fleet.presence.models import DeviceState, Link
from gamekeeper_wire.agent import LogLevel, Mode

Name = Annotated[Line, Field(min_length=1, max_length=120)]
Text = Annotated[Line, Field(max_length=255)]
Note = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
Tag = Annotated[Line, Field(min_length=1, max_length=50, pattern=r"^[^,]*$")]
Tags = Annotated[list[Tag], Field(max_length=20)]


class DeviceIn(BaseModel):
    """A device to register before it has an agent."""

    name: Name
    site_id: UUID | None = None
    group_id: UUID | None = None
    kind: DeviceKind = DeviceKind.PC
    location: Text = ""
    notes: Note = ""
    tags: Tags = Field(default_factory=list)


class DeviceChangesIn(BaseModel):
    """What a person may change of a device; fields that are left out stay as they are."""

    name: Name | None = None
    site_id: UUID | None = None
    group_id: UUID | None = None
    kind: DeviceKind | None = None
    location: Text | None = None
    notes: Note | None = None
    maintenance: bool | None = None
    tags: Tags | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were sent; null empties a place and leaves anything else as it is."""
        sent = self.model_dump(exclude_unset=True)
        return {name: value for name, value in sent.items() if value is not None or name in {"site_id", "group_id"}}


class DeviceRowOut(BaseModel):
    """A device in the list."""

    id: UUID
    name: str
    hostname: str
    site_id: UUID | None
    group_id: UUID | None
    kind: DeviceKind
    mode: Mode
    location: str
    os: str
    agent_version: str
    approval: Approval
    maintenance: bool
    status: DeviceState
    connection: Link
    since: datetime | None
    last_seen: datetime | None
    reason: str = Field(description="Why it is offline, or what is wrong while it is degraded.")
    ip: str
    cpu: float | None = Field(description="Percent, the newest reading.")
    memory: float | None = Field(description="Percent.")
    temperature: float | None = Field(description="Degrees Celsius.")
    disk: float | None = Field(description="Percent.")
    latency: float | None = Field(description="Milliseconds.")
    tags: list[str]


class DevicePageOut(BaseModel):
    """A part of the list."""

    items: list[DeviceRowOut]
    next: str | None


class CertificateOut(BaseModel):
    """The newest certificate of a device."""

    serial: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None


class DeviceOut(DeviceRowOut):
    """Everything that is known of a device."""

    arch: str
    notes: str
    capabilities: dict[str, Any] | None = Field(description="What the agent says that it can and may do here.")
    machine: dict[str, Any] | None
    revoked_at: datetime | None
    log_level: LogLevel | None = Field(description="Set while somebody follows the log.")
    log_until: datetime | None
    certificate: CertificateOut | None
    created_at: datetime
    updated_at: datetime
    version: int


class DeviceCountsOut(BaseModel):
    """How many devices of each state there are."""

    total: int
    pending: int = Field(description="Of these, how many wait for approval.")
    states: dict[DeviceState, int]


class TagOut(BaseModel):
    """A tag in use."""

    tag: str
    devices: int


class ApprovalIn(BaseModel):
    """The answer to a machine that asked to join."""

    approved: bool


class LogLineOut(BaseModel):
    """A line of an agent's log."""

    id: UUID
    at: datetime = Field(description="By the machine's clock.")
    received_at: datetime
    level: LogLevel
    message: str


class LogFollowIn(BaseModel):
    """How much of the log to send from now on, and for how long."""

    level: LogLevel | Literal["off"] = LogLevel.INFO
    seconds: int = Field(300, ge=10, le=3600)


class LogFollowOut(BaseModel):
    """Until when the agent sends its log as it is written; the lines come as `device:log` on `device-log:<id>`."""

    level: LogLevel | None
    until: datetime | None
