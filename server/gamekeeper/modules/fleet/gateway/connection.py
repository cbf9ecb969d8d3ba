"""One device's socket as the gateway holds it: what is known of it in memory, and sending on it."""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from gamekeeper.kernel.caller import Actor, ActorKind, Authenticated, RequestFacts
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.devices.positions import Position
from gamekeeper.modules.fleet.gateway.admission import Admitted
from gamekeeper.modules.fleet.gateway.limits import Allowance
from gamekeeper.modules.fleet.gateway.outputs import Outputs
from gamekeeper.modules.fleet.hooks import Connected
from gamekeeper.modules.fleet.presence.flush import Standing
from gamekeeper.modules.fleet.presence.models import Link
from gamekeeper_wire import codec
from gamekeeper_wire.agent import Health, Heartbeat, Sample
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import Refused
from gamekeeper_wire.station import StationReport

_MISSED_BEATS = 2.5


class AgentSocket(ServerConnection):
    """A socket that remembers when its peer was last heard: frames and pongs alike, by the monotonic clock."""

    heard_at = 0.0

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self.heard_at = self.loop.time()
        super().data_received(data)


@dataclass(eq=False, slots=True)
class Connection:
    """A device that said hello. Heartbeats and readings change this object and nothing else."""

    runtime: Runtime
    socket: AgentSocket
    admitted: Admitted
    device: Connected
    ip: str
    not_after: datetime
    beat_at: float
    """Monotonic, of the last heartbeat or the hello."""
    allowance: Allowance = field(default_factory=Allowance)
    outputs: Outputs = field(default_factory=Outputs)
    sample: Sample | None = None
    health: Health = Health.OK
    problem: str = ""
    link: Link = Link.ONLINE
    report: StationReport | None = None
    log_until: datetime | None = None
    log_position: Position | None = None
    ended: str = ""
    """Why the gateway ends it; the first reason stands."""

    def context(self) -> AbstractAsyncContextManager[Context]:
        """A transaction in the device's organization, with the device as its actor."""
        actor = Actor(ActorKind.DEVICE, self.device.id, self.device.name)
        who = Authenticated(actor=actor, organization_id=self.device.organization_id)
        return self.runtime.context(who, RequestFacts(ip=self.ip))

    async def send(self, *frames: Frame) -> bool:
        """Send frames in order; False when the socket is gone."""
        try:
            for frame in frames:
                await self.socket.send(codec.encode(frame))
        except ConnectionClosed:
            return False
        return True

    async def refuse(self, code: str, message: str) -> None:
        """Tell the agent that something of it was not accepted."""
        await self.send(Refused(code=code[:255], message=message[:2000]))

    async def end(self, code: CloseCode, reason: str) -> None:
        """Close the socket for a reason of ours; nothing that arrives from now on counts."""
        self.ended = self.ended or code.name.lower().replace("_", "-")
        await self.socket.close(code, reason[:120])

    def beat(self, heartbeat: Heartbeat) -> None:
        """The agent says how it goes."""
        self.beat_at = self.socket.loop.time()
        self.health = heartbeat.health
        self.problem = heartbeat.problems[0] if heartbeat.problems else ""

    def is_news(self, report: StationReport) -> bool:
        """Whether a seat's report differs from the last one in more than the time left; remembers it."""
        last, self.report = self.report, report
        return last is None or _essence(last) != _essence(report)

    def judge(self, now: float) -> tuple[Link, str]:
        """Online, or what is wrong: a socket that stands says nothing about the agent behind it."""
        if now - self.beat_at > self.runtime.settings.agent_heartbeat_seconds * _MISSED_BEATS:
            return Link.DEGRADED, "no-heartbeat"
        if self.health is Health.DEGRADED:
            return Link.DEGRADED, self.problem or "agent-unwell"
        return Link.ONLINE, ""

    def standing(self, now: float) -> Standing:
        """What the flush writes."""
        device, silent = self.device, max(0.0, now - self.socket.heard_at)
        return Standing(
            device.organization_id, device.id, device.epoch, self.admitted.serial, self.link, silent, self.sample
        )


async def close_all(connections: Iterable[Connection], code: CloseCode, reason: str) -> None:
    """Close many sockets at the same time."""
    await asyncio.gather(*(connection.end(code, reason) for connection in connections))


def _essence(report: StationReport) -> tuple[object, ...]:
    return report.lock, report.reason, report.station_id, report.lease_id, report.session_id, report.seq
