"""What other modules may call.

A module that drives devices registers, in its `subscribers.py`:

    @greets          adds to each welcome (lease keys, the seat);
    @desires         answers what a device should be told now, for example its lease;
    @frames(Shape)   hears a kind of frame (StationReport, SegmentLog, LeaseAnswer …) in a transaction of the device's
                     organization, and answers with frames to send after the commit.

To tell a device something it changes its own rows and calls `push(ctx, device_id)`: after the commit the gateway that
holds the device's socket asks every `@desires` again and sends what they answer. A device that is not connected is
asked about when it says hello. So nothing is sent that the database does not hold, and nothing is lost with a hint.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.modules.fleet.commands import service as commands
from gamekeeper.modules.fleet.commands.models import Command
from gamekeeper.modules.fleet.devices.facts import DeviceFacts, facts, facts_of, require_seen
from gamekeeper.modules.fleet.gateway.dispatch import WISHES
from gamekeeper.modules.fleet.hooks import Connected, Greeting, desires, frames, greets
from gamekeeper.modules.fleet.permissions import May
from gamekeeper_wire.agent import Action

__all__ = [
    "Connected",
    "DeviceFacts",
    "Greeting",
    "May",
    "command",
    "desires",
    "facts",
    "facts_of",
    "frames",
    "greets",
    "push",
    "require_seen",
]


def push(ctx: Context, device_id: UUID) -> None:
    """What this device should be told has changed: send it within milliseconds of this transaction's commit."""
    ctx.poke(WISHES, str(device_id))


async def command(
    ctx: Context, device_id: UUID, action: Action, params: dict[str, Any], ttl: timedelta = commands.DEFAULT_TTL
) -> Command:
    """Ask a device to do something. Raises NotFound, Forbidden, BadParameters, RefusedByMachine."""
    return await commands.issue(ctx, device_id, action, params, ttl)
