"""What happens in the venue."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel

from gamekeeper.kernel.events import Event
from gamekeeper.modules.venue.card import Card


class StationAdded(Event):
    """A seat was added to the floor."""

    type: ClassVar[str] = "station:added"
    site_id: UUID
    device_id: UUID | None
    zone: str


class StationUpdated(Event):
    """A person changed a seat; `changes` names the fields and their new values."""

    type: ClassVar[str] = "station:updated"
    changes: dict[str, Any]


class StationRemoved(Event):
    """A seat was removed from the floor."""

    type: ClassVar[str] = "station:removed"


class StationStatus(Card, Event):
    """A seat looks different now; the data is its whole card."""

    type: ClassVar[str] = "station:status"
    audited: ClassVar[bool] = False


class StationClockMoved(Event):
    """A seat's wall clock was set back while its machine was off. No time was given for it."""

    type: ClassVar[str] = "station:clock-moved"
    back_seconds: int


class StationClaimCut(Event):
    """A seat claimed to have been off while we heard of it, and got no more time than it can have been off."""

    type: ClassVar[str] = "station:claim-cut"
    session_id: UUID
    claimed_seconds: int
    believed_seconds: int


class OfSession(BaseModel):
    """What every event of a session tells. The event's subject is the session."""

    subject_id: UUID
    station_id: UUID
    station: str
    """The seat's label."""

    def topics(self) -> tuple[str, ...]:
        """The list of sessions, the session itself, the floor, and the seat itself."""
        return ("sessions", f"session:{self.subject_id}", "stations", f"station:{self.station_id}")


class SessionStarted(OfSession, Event):
    """Somebody sat down."""

    type: ClassVar[str] = "session:started"
    guest: str
    minutes: int
    amount: int
    currency: str
    ends_at: datetime


class SessionExtended(OfSession, Event):
    """More time was bought, or time lost to a fault was given back (`minutes` 0)."""

    type: ClassVar[str] = "session:extended"
    minutes: int
    amount: int
    currency: str
    ends_at: datetime
    reason: str


class SessionUndone(OfSession, Event):
    """A sale was taken back within its ten seconds; `is_over` when it was the start."""

    type: ClassVar[str] = "session:undone"
    minutes: int
    amount: int
    currency: str
    is_over: bool
    ends_at: datetime


class SessionWarned(OfSession, Event):
    """The seat itself showed the customer that time runs out."""

    type: ClassVar[str] = "session:warned"
    audited: ClassVar[bool] = False
    remaining_seconds: int


class SessionEnding(OfSession, Event):
    """The first warning is due: whoever wants to sell more time should do it now."""

    type: ClassVar[str] = "session:ending"
    audited: ClassVar[bool] = False
    ends_at: datetime


class SessionEnded(OfSession, Event):
    """The time is over or was ended. The seat is free once it reports its lock."""

    type: ClassVar[str] = "session:ended"
    ended_by: str
    played_seconds: int
    total: int
    refunded: int
    currency: str


class SessionMerged(OfSession, Event):
    """A seat told of time that we did not see; `credited` is owed to the guest for what a fault took."""

    type: ClassVar[str] = "session:merged"
    lost_seconds: int
    credited: int
    currency: str


class PaymentReceived(OfSession, Event):
    """Money came in."""

    type: ClassVar[str] = "payment:received"
    transfer_id: UUID
    method: str
    amount: int
    currency: str


class PaymentReturned(OfSession, Event):
    """Money was given back."""

    type: ClassVar[str] = "payment:returned"
    transfer_id: UUID
    method: str
    amount: int
    currency: str
    reason: str


class PriceRuleMade(Event):
    """A price rule was made and is in force at its site."""

    type: ClassVar[str] = "price-rule:made"
    site_id: UUID
    rate: int
    currency: str


class PriceRuleUpdated(Event):
    """A price rule was changed; `changes` names the fields and their new values. Running sessions keep theirs."""

    type: ClassVar[str] = "price-rule:updated"
    changes: dict[str, Any]


class VenuePolicyUpdated(Event):
    """The house rules were changed."""

    type: ClassVar[str] = "venue-policy:updated"
    changes: dict[str, Any]

    def topics(self) -> tuple[str, ...]:
        """There is one of it in an organization, so neither a list nor an id."""
        return ("venue-policy",)


class LeaseKeyRotated(Event):
    """Leases are signed with a new key."""

    type: ClassVar[str] = "lease-key:rotated"
    key_id: str
