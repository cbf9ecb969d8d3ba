"""Frames from the server to an agent."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from gamekeeper_wire.agent import LogLevel
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.limits import (
    MAX_LEASE,
    Count,
    DurationMs,
    Facts,
    Id,
    Line,
    Name,
    Pem,
    Seconds,
    UnixMs,
    Whole,
)

PublicKeys = Annotated[dict[Id, Annotated[bytes, Meta(min_length=32, max_length=32)]], Meta(max_length=8)]
"""Raw Ed25519 public keys by key id."""


class Station(Struct, frozen=True, kw_only=True):
    """The seat that this machine is."""

    station_id: Id
    label: Name = ""


class Welcome(Frame, frozen=True, kw_only=True):
    """The answer to a hello; nothing else is sent before it."""

    device_id: UUID
    epoch: Count
    server_time: UnixMs
    heartbeat_seconds: Seconds = 30
    metrics_seconds: Seconds = 60
    log_level: LogLevel | None = None
    """Send log lines of this level and above as they happen; None sends none."""
    log_from: UnixMs | None = None
    """By the machine's clock: the time of the newest line that the server has of what it asked for, or of its asking.
    All from there on is sent again; the server knows what it has of that millisecond."""
    lease_public_keys: PublicKeys = field(default_factory=dict[Id, bytes])
    station: Station | None = None
    """None: this machine is no seat, its overlay stays away."""


class Intervals(Frame, frozen=True, kw_only=True):
    """New intervals for a connected agent."""

    heartbeat_seconds: Seconds
    metrics_seconds: Seconds
    log_level: LogLevel | None = None


class StationAssigned(Frame, frozen=True, kw_only=True):
    """This machine became a seat, another seat, or none."""

    station: Station | None


class LeaseKeys(Frame, frozen=True, kw_only=True):
    """The keys that leases are signed with from now on."""

    lease_public_keys: PublicKeys


class MetricsStored(Frame, frozen=True, kw_only=True):
    """The batch is committed; the agent may forget it."""

    batch_id: Id


class MetricsRefused(Frame, frozen=True, kw_only=True):
    """The batch will never be stored; the agent drops it and says so in its log."""

    batch_id: Id
    code: Name
    message: Line = ""


class CommandRequest(Frame, frozen=True, kw_only=True):
    """Do this once; a request with an id that was seen before repeats its result."""

    command_id: Id
    action: Name
    """Of `Action`; a plain string so that an older agent refuses a newer action by name."""
    params: Facts = field(default_factory=dict[Name, Line | Whole | float | bool | None])
    ttl_ms: DurationMs = 60_000
    """Refused as `expired` when it could not begin within this time of its arrival."""


class LeaseGrant(Frame, frozen=True, kw_only=True):
    """A signed lease, see `gamekeeper_wire.lease`."""

    lease: Annotated[bytes, Meta(max_length=MAX_LEASE)]


class LeaseEnd(Frame, frozen=True, kw_only=True):
    """Ends the session's lease now; grants up to `seq` are void from here on."""

    session_id: Id
    seq: Count
    reason: Line = ""


class Renewed(Frame, frozen=True, kw_only=True):
    """The new certificate with its chain, and the authorities to trust (PEM)."""

    chain: Pem
    ca: Pem


class SegmentsStored(Frame, frozen=True, kw_only=True):
    """Every segment of this log up to `seq` is merged; the agent may forget them."""

    log_id: Id
    seq: Count


class Drain(Frame, frozen=True, kw_only=True):
    """The gateway goes down: reconnect at a random moment within the spread."""

    reconnect_spread_seconds: Seconds
    reason: Line = ""


class Refused(Frame, frozen=True, kw_only=True):
    """Something the agent sent was not accepted; a close may follow."""

    code: Name
    message: Line = ""


ServerFrame = (
    Welcome
    | Intervals
    | StationAssigned
    | LeaseKeys
    | MetricsStored
    | MetricsRefused
    | CommandRequest
    | LeaseGrant
    | LeaseEnd
    | Renewed
    | SegmentsStored
    | Drain
    | Refused
)
