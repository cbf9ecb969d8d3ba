"""A seat's card: the row of the floor, the same in a list, in an event and on the live socket."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel


class FloorState(StrEnum):
    """The word on a seat's card."""

    FREE = "free"
    BUSY = "busy"
    ENDING = "ending"
    LOCKING = "locking"
    FAULT = "fault"
    OFFLINE = "offline"
    MAINTENANCE = "maintenance"


class SessionCard(BaseModel):
    """The session on a seat, as far as its card shows it."""

    id: UUID
    guest: str
    started_at: datetime
    ends_at: datetime
    bought_minutes: int
    paid: int
    currency: str
    warning_seconds: int


class Card(BaseModel):
    """A seat now. Mere time may move `state` on to `ending` or `fault`: `ends_at` and `desired_at` say when."""

    id: UUID
    site_id: UUID
    label: str
    kind: str
    zone: str
    position: int
    state: FloorState
    problem: str | None
    """Why it cannot be used as it should, in a sentence; None while all is well."""
    out_of_order: str | None
    device_id: UUID | None
    device_name: str | None
    device_state: str | None
    desired: str
    desired_at: datetime
    reported: str
    reported_at: datetime | None
    confirmed_at: datetime | None
    session: SessionCard | None
    version: int
    told: int
    """Rises with every card of this seat that was told: of two cards the one with the higher number is the newer one,
    in whatever order they come."""
