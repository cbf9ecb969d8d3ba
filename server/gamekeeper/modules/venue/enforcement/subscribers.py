"""What we do when the fleet speaks: a machine says hello, reports, or comes and goes."""

from collections.abc import Sequence

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import on_all
from gamekeeper.modules.fleet.events import DeviceStatus
from gamekeeper.modules.fleet.public import Connected, Greeting, desires, frames, greets
from gamekeeper.modules.venue.enforcement import leases, merge, reports
from gamekeeper.modules.venue.stations.tell import tell_of_machines
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.station import SegmentLog, StationReport


@greets
async def welcome(ctx: Context, device: Connected) -> Greeting:
    """A machine learns in its welcome which seat it is and whose leases to believe."""
    return await leases.greeting(ctx, device)


@desires
async def wish(ctx: Context, device: Connected) -> Sequence[Frame]:
    """After a hello and after every change the machine is told all that it should know."""
    return await leases.wishes(ctx, device)


@frames(StationReport)
async def report(ctx: Context, device: Connected, frame: StationReport) -> Sequence[Frame]:
    """A seat says what it shows."""
    return await reports.hear(ctx, device, frame)


@frames(SegmentLog)
async def segments(ctx: Context, device: Connected, frame: SegmentLog) -> Sequence[Frame]:
    """A seat says what happened."""
    return await merge.hear(ctx, device, frame)


@on_all(DeviceStatus, key="floor")
async def machines_moved(ctx: Context, events: Sequence[DeviceStatus]) -> None:
    """Show on the floor whose machines came or went.

    Their cards look different, and nothing else changes.
    """
    await tell_of_machines(ctx, {event.subject_id for event in events})
