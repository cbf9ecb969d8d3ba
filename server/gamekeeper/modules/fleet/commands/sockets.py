"""The frame `command` from a browser: the same verb as POST /devices/{id}/actions."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.http.idempotency import MOST_KEY, first_answer
from gamekeeper.kernel.realtime import verb
from gamekeeper.modules.fleet.commands import service
from gamekeeper.modules.fleet.commands.shapes import ActionIn


class CommandFrameIn(ActionIn):
    """A device and something for it to do."""

    device_id: UUID
    idempotency_key: str | None = Field(
        None, min_length=1, max_length=MOST_KEY, description="The same in a frame that is sent again, done once."
    )


class CommandAcceptedOut(BaseModel):
    """The command that was made; its steps follow as events."""

    id: UUID
    device_id: UUID
    state: str


@verb("command", CommandFrameIn)
async def command(ctx: Context, data: CommandFrameIn) -> CommandAcceptedOut:
    """Ask a device to do something."""

    async def issue() -> CommandAcceptedOut:
        made = await service.issue(ctx, data.device_id, data.action, dict(data.params), timedelta(seconds=data.ttl))
        return CommandAcceptedOut(id=made.id, device_id=made.device_id, state=made.state)

    if data.idempotency_key is None:
        return await issue()
    content = b"frame command\n" + data.model_dump_json().encode()
    answer = await first_answer(ctx, data.idempotency_key, content, issue, 201)
    return CommandAcceptedOut.model_validate(answer.body)
