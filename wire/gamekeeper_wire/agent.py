"""Frames from an agent to the server."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from gamekeeper_wire.frame import Frame
from gamekeeper_wire.limits import (
    MAX_LOG_LINES,
    MAX_PART,
    MAX_PARTS,
    MAX_SAMPLES,
    Count,
    Facts,
    Id,
    Line,
    Name,
    Pem,
    Percent,
    Reading,
    UnixMs,
    Whole,
)
from gamekeeper_wire.station import SegmentLog, StationReport


class Mode(StrEnum):
    """What the machine's owner lets a server do to it; chosen at the machine."""

    OBSERVE = "observe"
    CONTROL = "control"
    KIOSK = "kiosk"


class Action(StrEnum):
    """What a command may ask for."""

    RESTART = "restart"
    REBOOT = "reboot"
    UPDATE = "update"
    SCREENSHOT = "screenshot"
    LOGS = "logs"


class LogLevel(StrEnum):
    """Severity of a log line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Machine(Struct, frozen=True, kw_only=True):
    """Facts of the hardware and system; what the machine does not tell stays None."""

    model: Name | None = None
    os_version: Name | None = None
    kernel: Name | None = None
    cpu_model: Name | None = None
    cpu_count: Count | None = None
    memory_bytes: Count | None = None
    disk_bytes: Count | None = None


class Capabilities(Struct, frozen=True, kw_only=True):
    """What this agent can and may do here."""

    actions: Annotated[list[Name], Meta(max_length=32)]
    """Names of actions; a plain string so that an older server accepts a newer agent."""
    screen: bool = False
    overlay: bool = False
    """Whether it can hold a station: a display exists and the overlay answers."""


class Hello(Frame, frozen=True, kw_only=True):
    """The first frame of every connection."""

    protocol: Count
    agent_version: Name
    boot_id: Id
    """Random per boot, the same after a restart of the agent: leases are bound to it."""
    hostname: Name
    os: Name
    arch: Name
    mode: Mode
    capabilities: Capabilities
    time: UnixMs
    machine: Machine = Machine()


class Health(StrEnum):
    """Whether the agent itself is well."""

    OK = "ok"
    DEGRADED = "degraded"


class Heartbeat(Frame, frozen=True, kw_only=True):
    """Still here, and how it goes."""

    uptime_s: Count
    health: Health = Health.OK
    problems: Annotated[list[Line], Meta(max_length=16)] = field(default_factory=list[Line])
    """One sentence each; empty while health is ok."""
    buffered_samples: Count = 0
    dropped_samples: Count = 0
    """Given up since the agent started because the disk buffer was full."""
    station: StationReport | None = None


class Sample(Struct, frozen=True, array_like=True):
    """One reading: `[ts, cpu, memory, temperature, disk, latency]`; None is not measured.

    Milliseconds since 1970; percent; percent; degrees Celsius; percent; milliseconds.
    """

    ts: UnixMs
    cpu: Reading | None = None
    memory: Reading | None = None
    temperature: Reading | None = None
    disk: Reading | None = None
    latency: Reading | None = None


class Metrics(Frame, frozen=True, kw_only=True):
    """Readings; kept by the agent until `MetricsStored` names the batch."""

    batch_id: Id
    samples: Annotated[list[Sample], Meta(min_length=1, max_length=MAX_SAMPLES)]
    replay: bool = False
    """Sent before, so some of it may be stored already: store by (device, ts) once."""


class CommandAck(Frame, frozen=True, kw_only=True):
    """The command arrived and is written down."""

    command_id: Id


class CommandProgress(Frame, frozen=True, kw_only=True):
    """How far a command is."""

    command_id: Id
    percent: Percent | None = None
    text: Line = ""


class CommandPart(Frame, frozen=True, kw_only=True):
    """A piece of a command's output (picture, log file), in order; the result follows the last."""

    command_id: Id
    index: Annotated[int, Meta(ge=0, lt=MAX_PARTS)]
    last: bool
    content: Annotated[bytes, Meta(max_length=MAX_PART)]


class CommandResult(Frame, frozen=True, kw_only=True):
    """The end of a command. A resent command gets the same result again, without its parts."""

    command_id: Id
    ok: bool
    code: Name
    """`ok`, or a stable word for what went wrong, such as `not-allowed-by-machine`."""
    message: Line = ""
    data: Facts = field(default_factory=dict[Name, Line | Whole | float | bool | None])


class LogLine(Struct, frozen=True, array_like=True):
    """One line of the agent's log: `[ts, level, message]`."""

    ts: UnixMs
    level: LogLevel
    message: Line


class LogLines(Frame, frozen=True, kw_only=True):
    """New lines of the agent's log, while the server asked for them."""

    entries: Annotated[list[LogLine], Meta(min_length=1, max_length=MAX_LOG_LINES)]


class Renew(Frame, frozen=True, kw_only=True):
    """Asks for a new certificate for the key of the enclosed request (PEM)."""

    csr: Pem


class LeaseAnswer(Frame, frozen=True, kw_only=True):
    """Whether a lease was taken. `lease_id` is None when the bytes could not be read."""

    ok: bool
    code: Name
    message: Line = ""
    lease_id: Id | None = None
    session_id: Id | None = None
    seq: Count = 0


AgentFrame = (
    Hello
    | Heartbeat
    | Metrics
    | CommandAck
    | CommandProgress
    | CommandPart
    | CommandResult
    | LogLines
    | Renew
    | LeaseAnswer
    | StationReport
    | SegmentLog
)
