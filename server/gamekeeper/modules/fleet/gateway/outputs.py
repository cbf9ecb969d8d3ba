"""Pictures and logs on their way in, piece by piece, until the command's result follows."""

import tempfile
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile

from gamekeeper_wire.agent import CommandPart
from gamekeeper_wire.limits import MAX_PART, MAX_PARTS

_IN_MEMORY = 256 * 1024
_MOST_AT_ONCE = 2


class OutOfOrder(Exception):
    """A piece came that does not follow the last one."""


@dataclass(slots=True)
class _Output:
    file: SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by Outputs
    )
    following: int = 0
    is_whole: bool = False


@dataclass(slots=True)
class Outputs:
    """The outputs of one device that are not whole yet; large ones lie on disk, not in memory."""

    open: dict[str, _Output] = field(default_factory=dict[str, _Output])

    def add(self, part: CommandPart) -> None:
        """Keep a piece. Raises OutOfOrder; the output is then lost, its result is not."""
        if part.index == 0:
            self.drop(part.command_id)
            if len(self.open) >= _MOST_AT_ONCE:
                raise OutOfOrder("too many outputs at once")
            self.open[part.command_id] = _Output()
        output = self.open.get(part.command_id)
        if output is None or output.is_whole or part.index != output.following:
            self.drop(part.command_id)
            raise OutOfOrder(f"piece {part.index} does not follow")
        output.file.write(part.content)
        output.following += 1
        output.is_whole = part.last

    def take(self, command_id: str) -> bytes | None:
        """The whole output of a command that ended; None without one."""
        output = self.open.pop(command_id, None)
        if output is None:
            return None
        with output.file as file:
            file.seek(0)
            return file.read(MAX_PART * MAX_PARTS) if output.is_whole else None

    def drop(self, command_id: str) -> None:
        """Forget an output."""
        output = self.open.pop(command_id, None)
        if output is not None:
            output.file.close()

    def close(self) -> None:
        """Forget all of them."""
        for command_id in list(self.open):
            self.drop(command_id)
