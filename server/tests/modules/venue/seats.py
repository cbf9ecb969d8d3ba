"""A seat whose machine is played by the test: what an agent would say, said to the same ears."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from gamekeeper.kernel.caller import Actor, ActorKind, Authenticated
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.modules.fleet.public import Connected
from gamekeeper.modules.venue.card import Card
from gamekeeper.modules.venue.enforcement import leases, merge, reports
from gamekeeper.modules.venue.pricing.service import make
from gamekeeper.modules.venue.stations import service as stations
from gamekeeper.modules.venue.stations.queries import card
from gamekeeper_wire.agent import Capabilities, Hello, Mode
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.lease import Lease, verify
from gamekeeper_wire.server import LeaseEnd, LeaseGrant, LeaseKeys
from gamekeeper_wire.station import Lock, Reason, Segment, SegmentKind, SegmentLog, StationReport
from tests.world import World

RULE = {
    "name": "Standard",
    "rate": 500,
    "block_seconds": 60,
    "block_rounding": "up",
    "money_rounding": "half_up",
    "presets": [{"minutes": 30, "amount": 300}, {"minutes": 60, "amount": 450}],
}


@dataclass(slots=True)
class Seat:
    """Seat 1 of Lantern's hall."""

    world: World
    id: UUID
    device_id: UUID
    boot_id: str = "boot-1"
    told: list[Frame] = field(default_factory=list[Frame])
    """What the machine was told last."""
    log_id: str = "log-1"
    _seq: int = 0

    @property
    def device(self) -> Connected:
        hello = Hello(
            protocol=1,
            agent_version="1",
            boot_id=self.boot_id,
            hostname="pc-1",
            os="Linux",
            arch="x86_64",
            mode=Mode.KIOSK,
            capabilities=Capabilities(actions=[], overlay=True),
            time=0,
        )
        return Connected(self.world.lantern, self.device_id, "PC 1", self.world.hall, 1, hello)

    def context(self, now: datetime | None = None) -> AbstractAsyncContextManager[Context]:
        who = Authenticated(Actor(ActorKind.DEVICE, self.device_id, "PC 1"), self.world.lantern)
        return self.world.runtime.context(who, now=now)

    async def hello(self, now: datetime | None = None) -> None:
        async with self.context(now) as ctx:
            await leases.greeting(ctx, self.device)
            self.told = list(await leases.wishes(ctx, self.device))

    async def reboot(self, last_heard: datetime, back: datetime) -> None:
        """The machine goes silent and says hello as another boot."""
        await set_last_seen(self.world, self.device_id, last_heard)
        self.boot_id = f"{self.boot_id}."
        await self.hello(back)
        await heard_again(self.world, self.device_id)

    async def report(
        self,
        lock: Lock,
        reason: Reason = Reason.HEARTBEAT,
        session_id: UUID | None = None,
        now: datetime | None = None,
        remaining: timedelta = timedelta(),
    ) -> None:
        frame = StationReport(
            lock=lock,
            reason=reason,
            at=0,
            station_id=str(self.id),
            session_id=str(session_id) if session_id else None,
            remaining_ms=remaining // timedelta(milliseconds=1),
        )
        async with self.context(now) as ctx:
            self.told = list(await reports.hear(ctx, self.device, frame))

    def stretch(
        self, kind: SegmentKind, start: datetime, length: timedelta, session_id: UUID | None, ended_by: str = ""
    ) -> Segment:
        self._seq += 1
        return Segment(
            seq=self._seq,
            kind=kind,
            boot_id=self.boot_id,
            started_at=int(start.timestamp() * 1000),
            duration_ms=length // timedelta(milliseconds=1),
            session_id=str(session_id) if session_id else None,
            ended_by=ended_by,
        )

    async def upload(self, entries: Sequence[Segment], now: datetime | None = None) -> None:
        async with self.context(now) as ctx:
            self.told = list(await merge.hear(ctx, self.device, SegmentLog(log_id=self.log_id, entries=list(entries))))

    async def set_online(self, state: str) -> None:
        await set_presence(self.world, self.device_id, state)

    async def card(self, now: datetime | None = None) -> Card:
        async with self.world.context() as ctx:
            seen = await card(await ctx.raw(), self.world.lantern, self.id, now or ctx.now)
        assert seen is not None
        return seen

    def lease(self) -> Lease:
        """The lease that the machine was told last, checked with the keys that it was told last."""
        return self.leases()[-1]

    def leases(self) -> list[Lease]:
        keys = {
            id_: key
            for frame in self.told
            if isinstance(frame, LeaseKeys)
            for id_, key in frame.lease_public_keys.items()
        }
        return [verify(frame.lease, keys) for frame in self.told if isinstance(frame, LeaseGrant)]

    def ends(self) -> list[LeaseEnd]:
        return [frame for frame in self.told if isinstance(frame, LeaseEnd)]


async def make_device(world: World, organization_id: UUID, site_id: UUID | None, state: str = "online") -> UUID:
    device_id = new_id()
    async with world.runtime.database.write(organization_id) as connection:
        await connection.execute(
            "INSERT INTO devices (organization_id, id, name, site_id) VALUES ($1, $2, 'PC', $3)",
            organization_id,
            device_id,
            site_id,
        )
        # A gateway that lives on: a machine of none would rightly be swept away by other tests' gateways.
        node = await connection.fetchval(
            """INSERT INTO gateway_nodes (id, name, beat_at) VALUES ($1, 'played', now() + interval '1 day')
               RETURNING id""",
            new_id(),
        )
        await connection.execute(
            "INSERT INTO device_presence (organization_id, id, state, node) VALUES ($1, $2, $3, $4)",
            organization_id,
            device_id,
            state,
            node,
        )
    return device_id


async def set_presence(world: World, device_id: UUID, state: str) -> None:
    async with world.runtime.database.write(world.lantern) as connection:
        await connection.execute("UPDATE device_presence SET state = $2 WHERE id = $1", device_id, state)


async def heard_again(world: World, device_id: UUID) -> None:
    """It is connected; no time of a test's own clock may look like a long silence to a sweep of the real one."""
    async with world.runtime.database.write(world.lantern) as connection:
        await connection.execute(
            "UPDATE device_presence SET state = 'online', last_seen = NULL WHERE id = $1", device_id
        )


async def set_last_seen(world: World, device_id: UUID, at: datetime) -> None:
    """When the gateway heard it last; the floor has not heard it later."""
    async with world.runtime.database.write(world.lantern) as connection:
        await connection.execute("UPDATE device_presence SET last_seen = $2 WHERE id = $1", device_id, at)
        await connection.execute(
            """UPDATE station_states t SET reported_at = least(t.reported_at, $2) FROM stations s
               WHERE s.organization_id = t.organization_id AND s.id = t.id AND s.device_id = $1""",
            device_id,
            at,
        )


async def bare_seat(world: World) -> Seat:
    """A seat that has not reported anything yet."""
    device_id = await make_device(world, world.lantern, world.hall)
    async with world.context() as ctx:
        [station] = await stations.add(ctx, world.hall, [device_id], "Main hall")
    return Seat(world, station.id, device_id)


async def free_seat(world: World) -> Seat:
    """A seat that has confirmed its lock, at a site with a price rule."""
    async with world.context() as ctx:
        await make(ctx, world.hall, dict(RULE))
    seat = await bare_seat(world)
    await seat.hello()
    await seat.report(Lock.LOCKED, Reason.CONNECTED)
    return seat
