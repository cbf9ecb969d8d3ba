"""What the floor shows of a seat: one pure decision."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gamekeeper.modules.venue.card import FloorState
from gamekeeper.modules.venue.stations.models import Desired
from gamekeeper_wire.station import Lock

SETTLING = timedelta(seconds=10)
"""How long a seat may take to do what it was told before that is a fault."""

PRESENT = frozenset({"online", "degraded"})
"""States of a device whose connection stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """The facts of one seat at a moment. `device` is the fleet's word for its machine, None without one."""

    device: str | None
    out_of_order: bool
    desired: str
    desired_at: datetime
    reported: str
    confirmed: bool
    ends_at: datetime | None
    """Of the open session, None without one."""
    has_overlay: bool = True
    offline_reason: str = ""
    warning_seconds: int = 300


def floor_state(seat: Seat, now: datetime) -> FloorState:
    """The state of a seat.

    Free only when the machine is there and its lock is confirmed. A busy seat stays busy while its machine is away:
    its lease goes on without us.
    """
    if seat.ends_at is not None:
        return _with_session(seat, seat.ends_at, now)
    if seat.out_of_order or seat.device == "maintenance":
        return FloorState.MAINTENANCE
    if seat.device not in PRESENT:
        return FloorState.OFFLINE
    if seat.desired == Desired.LOCKED and seat.confirmed:
        return FloorState.FREE
    if seat.reported == Lock.TECHNICIAN:
        return FloorState.MAINTENANCE
    return FloorState.LOCKING if now < seat.desired_at + SETTLING else FloorState.FAULT


def _with_session(seat: Seat, ends_at: datetime, now: datetime) -> FloorState:
    is_deaf = seat.device in PRESENT and not seat.confirmed and now >= seat.desired_at + SETTLING
    if is_deaf:
        return FloorState.FAULT
    return FloorState.ENDING if ends_at - now <= timedelta(seconds=seat.warning_seconds) else FloorState.BUSY


def problem(seat: Seat, state: FloorState) -> str | None:
    """What keeps a seat from being used, in a sentence that says what to do."""
    if seat.device is None:
        return "No machine belongs to this seat. Choose one."
    if seat.device not in PRESENT and seat.device != "maintenance":
        return _ABSENT.get(seat.device) or _away(seat.offline_reason)
    return _fault(seat) if state is FloorState.FAULT else None


def _fault(seat: Seat) -> str:
    if seat.reported == Lock.UNKNOWN and not seat.has_overlay:
        return "This machine has no screen that its agent could lock. Start the agent within a desktop."
    if seat.reported == Lock.UNKNOWN:
        return "The machine answers, its lock does not. Look at the seat, or restart its agent."
    if seat.reported == Lock.LOCKED:
        return "It is locked although somebody has paid. It is being told again."
    if seat.ends_at is None:
        return "It is open although nobody plays. It is being told again."
    return "It is open for another session. It is being told again."


_ABSENT = {
    "never_seen": "This machine's agent has never connected.",
    "revoked": "This machine was revoked. Enrol it again or choose another.",
}


def _away(reason: str) -> str:
    why = f" ({reason.replace('-', ' ')})" if reason else ""
    return f"The machine does not answer{why}. What it was told last goes on to its end."
