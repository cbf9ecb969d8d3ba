"""Changing the master key: every envelope's key is wrapped anew, in batches, without opening what it seals."""

import structlog

from gamekeeper.kernel.database import Database
from gamekeeper.kernel.keys.bound import bound_to
from gamekeeper.kernel.keys.keyring import Envelope, Keyring

log = structlog.get_logger(__name__)

_BATCH = 200
_STATEMENTS = {
    True: "UPDATE secrets SET key_id = $3, wrapped_key = $4 WHERE id = $1 AND key_id = $2",
    False: "UPDATE system_secrets SET key_id = $3, wrapped_key = $4 WHERE id = $1 AND key_id = $2",
}


async def rewrap_all(database: Database, keyring: Keyring) -> int:
    """Bring every envelope under the current master key; returns how many were not yet.

    Each row is a transaction of its own: whoever is interrupted goes on where the last one stopped. Raises
    MasterKeyUnknown when an envelope needs a master key that the keyring lacks; nothing is lost then.
    """
    done = 0
    while True:
        async with database.read(None) as connection:
            rows = await connection.fetch("SELECT * FROM secrets_to_rewrap($1, $2)", keyring.current.id, _BATCH)
        if not rows:
            return done
        for row in rows:
            bound = bound_to(row["organization_id"], row["id"], row["purpose"])
            envelope = await keyring.rewrap(Envelope(row["key_id"], row["wrapped_key"], b""), bound)
            async with database.write(row["organization_id"]) as connection:
                statement = _STATEMENTS[row["organization_id"] is not None]
                await connection.execute(statement, row["id"], row["key_id"], envelope.key_id, envelope.wrapped_key)
            done += 1
        log.info("secrets were rewrapped", secrets=done)
