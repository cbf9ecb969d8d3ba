"""What goes in and out of the commands' API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from gamekeeper.modules.fleet.commands.models import CommandState
from gamekeeper.modules.fleet.devices.models import DeviceKind
from gamekeeper.modules.fleet.devices.queries import Filter
from gamekeeper.modules.fleet.presence.models import DeviceState
from gamekeeper_wire.agent import Action, Mode

Short = Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")]
Value = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Whole = Annotated[int, Field(gt=-(2**53), lt=2**53)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Params = Annotated[dict[Short, Value | Whole | Number | bool | None], Field(max_length=32)]


class ActionIn(BaseModel):
    """Something for a device to do."""

    action: Action
    params: Params = Field(default_factory=dict)
    ttl: int = Field(300, ge=5, le=30 * 86_400, description="Seconds that it waits for a device that is offline.")


class CommandOut(BaseModel):
    """A command and how it goes."""

    id: UUID
    device_id: UUID
    bulk_id: UUID | None
    action: str
    params: dict[str, Any]
    state: CommandState
    percent: int | None
    code: str = Field(description="`ok`, or a stable word for what went wrong.")
    message: str
    data: dict[str, Any] | None
    has_output: bool = Field(description="Whether a picture or a log can be fetched.")
    issuer_kind: str
    issuer_label: str
    created_at: datetime
    expires_at: datetime
    not_before: datetime | None = Field(description="When its turn comes; null: at once.")
    sent_at: datetime | None
    acknowledged_at: datetime | None
    finished_at: datetime | None


class CommandOutputOut(BaseModel):
    """A file that a command brought back. `type` was found out from the content."""

    url: str
    name: str
    type: str
    size: int = Field(description="Bytes.")


class FilterIn(BaseModel):
    """The same filter as the list's."""

    states: list[DeviceState] = Field(default_factory=list[DeviceState])
    site_id: UUID | None = None
    group_id: UUID | None = None
    tags: list[Short] = Field(default_factory=list, max_length=10)
    modes: list[Mode] = Field(default_factory=list[Mode])
    kinds: list[DeviceKind] = Field(default_factory=list[DeviceKind])
    q: Annotated[str, Field(max_length=120, pattern=r"^[^\x00]*$")] = ""

    def filter(self) -> Filter:
        """As the query takes it."""
        return Filter(**self.model_dump())


class BulkActionIn(ActionIn):
    """Something for many devices to do: those that are named, or all that fit a filter."""

    device_ids: Annotated[list[UUID], Field(max_length=2000)] | None = None
    filter: FilterIn | None = None
    stagger_seconds: int = Field(
        0,
        ge=0,
        le=86_400,
        description="Ask the devices one after the other, evenly over this many seconds. 0: all at once.",
    )
    preview: bool = Field(True, description="Only tell what it would touch. Nothing happens unless this is false.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "BulkActionIn":
        if (self.device_ids is None) == (self.filter is None):
            msg = "name device_ids or a filter, and not both"
            raise ValueError(msg)
        return self


class RefusalOut(BaseModel):
    """Why some devices are left out."""

    reason: str
    devices: int


class BulkActionOut(BaseModel):
    """What an action touches. `bulk_id` is null in a preview."""

    bulk_id: UUID | None
    total: int = Field(description="Devices that are asked.")
    online: int = Field(description="Of these, connected: asked at once, or when it is their turn.")
    offline: int = Field(description="Of these, asked when they come back before the time to live ends.")
    refusing: int
    refusals: list[RefusalOut]
    names: list[str] = Field(description="Some of the devices that are asked, in their order.")
    last_after_seconds: int = Field(description="When the last of them is asked, in seconds from now.")
