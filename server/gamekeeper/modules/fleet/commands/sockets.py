"""The frame `command` from a browser: the same verb as POST /devices/{id}/actions."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.realtime import verb
from gamekeeper.modules.fleet.commands import service
from gamekeeper.modules.fleet.commands.shapes import ActionIn


class CommandFrameIn(ActionIn):
    """A device and something for it to do."""

    device_id: UUID


class CommandAcceptedOut(BaseModel):
    """The command that was made; its steps follow as events."""

    id: UUID
    device_id: UUID
    state: str


@verb("command", CommandFrameIn)
async def command(ctx: Context, data: CommandFrameIn) -> CommandAcceptedOut:
    """Ask a device to do something."""
    made = await service.issue(ctx, data.device_id, data.action, dict(data.params), timedelta(seconds=data.ttl))
    return CommandAcceptedOut(id=made.id, device_id=made.device_id, state=made.state)
