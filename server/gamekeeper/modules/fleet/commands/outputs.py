"""Pictures and logs that commands brought back, as files of the organization."""

from datetime import timedelta
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.files import service as files
from gamekeeper.kernel.files.models import File
from gamekeeper.modules.fleet.commands.models import Command
from gamekeeper.modules.fleet.hooks import Connected
from gamekeeper_wire.limits import MAX_PART, MAX_PARTS

KEPT = timedelta(days=30)
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "text/plain": "txt"}


class OutputMissing(NotFound):
    """This command brought nothing back, or it was kept long enough."""


async def keep(ctx: Context, device: Connected, content: bytes, media_type: str) -> UUID:
    """Store what a command of this device brought back. Its type is found out anew; what the agent says names it."""
    stamp = ctx.now.strftime("%Y-%m-%d %H.%M.%S")
    name = f"{device.name} {stamp}.{_ENDINGS.get(media_type, 'bin')}"
    stored = await files.put(ctx, name, content, purpose="command output", keep=KEPT, most_bytes=MAX_PART * MAX_PARTS)
    return stored.id


async def open_output(ctx: Context, command: Command) -> tuple[File, str]:
    """The file of a command that the caller may see, and a link to it that expires. Raises OutputMissing."""
    found = None if command.file_id is None else await ctx.session.get(File, (ctx.organization_id, command.file_id))
    if found is None:
        raise OutputMissing
    return found, await files.link(ctx, found)
