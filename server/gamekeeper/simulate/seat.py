"""A simulated seat: takes leases as the real one does, and shows its lock to nobody."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from gamekeeper_wire import lease as leases
from gamekeeper_wire.agent import LeaseAnswer
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.lease import Lease, LeaseError
from gamekeeper_wire.server import LeaseEnd, LeaseGrant, LeaseKeys, ServerFrame, Station, StationAssigned, Welcome
from gamekeeper_wire.station import Lock, Reason, StationReport

Send = Callable[[Frame], Awaitable[bool]]


class SimulatedSeat:
    """Locked until a lease of its own station arrives, and again when that has run out or is ended."""

    def __init__(self, boot_id: str, send: Send) -> None:
        self._boot_id = boot_id
        self._send = send
        self._keys: Mapping[str, bytes] = {}
        self._station: Station | None = None
        self._lease: Lease | None = None
        self._ends_at = 0.0
        self._ending: asyncio.Task[None] | None = None

    async def welcomed(self, welcome: Welcome) -> None:
        """The server says which seat this is."""
        self._keys = welcome.lease_public_keys
        self._station = welcome.station
        await self._report(Reason.CONNECTED)

    async def received(self, frame: ServerFrame) -> None:
        """Frames about seats; all others are none of its business."""
        match frame:
            case StationAssigned():
                self._station = frame.station
                await self._report(Reason.ASSIGNED)
            case LeaseKeys():
                self._keys = frame.lease_public_keys
            case LeaseGrant():
                await self._take(frame.lease)
            case LeaseEnd() if self._lease is not None and self._lease.session_id == frame.session_id:
                await self._lock(Reason.ENDED)
            case _:
                return

    async def _take(self, blob: bytes) -> None:
        try:
            lease = leases.verify(blob, self._keys)
        except LeaseError as error:
            await self._send(LeaseAnswer(ok=False, code=error.code, message=str(error)))
            return
        refusal = self._refusal(lease)
        answer = LeaseAnswer(
            ok=not refusal, code=refusal or "ok", lease_id=lease.lease_id, session_id=lease.session_id, seq=lease.seq
        )
        await self._send(answer)
        if refusal:
            return
        renewed = self._lease is not None and self._lease.session_id == lease.session_id
        self._lease, self._ends_at = lease, time.monotonic() + lease.remaining_ms / 1000
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.create_task(self._expire(lease.remaining_ms / 1000))
        await self._report(Reason.RENEWED if renewed else Reason.STARTED)

    def _refusal(self, lease: Lease) -> str:
        if self._station is None or lease.station_id != self._station.station_id:
            return "another-station"
        return "" if lease.boot_nonce == self._boot_id else "another-boot"

    async def _expire(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._ending = None
        await self._lock(Reason.EXPIRED)

    async def _lock(self, reason: Reason) -> None:
        lease, self._lease = self._lease, None
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        await self._report(reason, lease)

    async def _report(self, reason: Reason, ended: Lease | None = None) -> None:
        if self._station is None:
            return
        lease = self._lease or ended
        await self._send(
            StationReport(
                lock=Lock.UNLOCKED if self._lease else Lock.LOCKED,
                reason=reason,
                at=int(time.time() * 1000),
                station_id=self._station.station_id,
                lease_id=lease.lease_id if lease else None,
                session_id=lease.session_id if lease else None,
                seq=lease.seq if lease else 0,
                remaining_ms=max(0, int((self._ends_at - time.monotonic()) * 1000)) if self._lease else 0,
            )
        )
