"""Which commands were begun and how they ended, on disk, so that none is ever done twice."""

import time

import msgspec

from gamekeeper_agent.store import Store
from gamekeeper_wire.agent import CommandResult

_KEPT = 1000
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(CommandResult)


class Journal:
    """Remembers the last thousand commands, across kill and reboot."""

    def __init__(self, database: Store, boot_id: str) -> None:
        """Continue with what the database holds."""
        self._database = database
        self._boot_id = boot_id

    def begin(self, command_id: str, action: str) -> bool:
        """Write down that a command begins; False when it began before. Raises sqlite3.Error."""
        added = self._database.execute(
            "INSERT OR IGNORE INTO commands VALUES (?, ?, ?, ?, NULL)",
            (command_id, action, self._boot_id, time.time_ns()),
        ).rowcount
        if added:
            self._database.execute(
                "DELETE FROM commands WHERE result IS NOT NULL AND command_id NOT IN"
                " (SELECT command_id FROM commands ORDER BY began DESC LIMIT ?)",
                (_KEPT,),
            )
        return bool(added)

    def finish(self, result: CommandResult) -> None:
        """Write down how a command ended; the first end stands."""
        self._database.execute(
            "UPDATE commands SET result = ? WHERE command_id = ? AND result IS NULL",
            (_encoder.encode(result), result.command_id),
        )

    def result(self, command_id: str) -> CommandResult | None:
        """How a command ended; None while it runs or when it was never seen."""
        row = self._database.execute("SELECT result FROM commands WHERE command_id = ?", (command_id,)).fetchone()
        return None if row is None or row[0] is None else _decoder.decode(row[0])

    def interrupted(self) -> list[tuple[str, str, bool]]:
        """Commands begun by an earlier run and not ended: id, action, whether the machine rebooted since."""
        rows = self._database.execute("SELECT command_id, action, boot_id FROM commands WHERE result IS NULL")
        return [(str(id_), str(action), boot != self._boot_id) for id_, action, boot in rows]
