"""The key that single-purpose keys are derived from: made once and sealed, so that it survives a rotation."""

import os
from uuid import UUID

from gamekeeper.kernel.database import Database
from gamekeeper.kernel.keys.bound import bound_to
from gamekeeper.kernel.keys.keyring import Envelope, Keyring

ID = UUID(int=1)
PURPOSE = "root key"
_BYTES = 32


async def root_key(database: Database, keyring: Keyring) -> bytes:
    """The installation's root key, made at the first start. Raises MasterKeyUnknown or SecretUnreadable."""
    async with database.write(None) as connection:
        select = "SELECT key_id, wrapped_key, ciphertext FROM system_secrets WHERE id = $1"
        row = await connection.fetchrow(select, ID)
        if row is None:
            made = await keyring.seal(os.urandom(_BYTES), bound_to(None, ID, PURPOSE))
            # Two nodes may start at once: the first one's key is both's.
            await connection.execute(
                """INSERT INTO system_secrets (id, purpose, key_id, wrapped_key, ciphertext)
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING""",
                ID,
                PURPOSE,
                made.key_id,
                made.wrapped_key,
                made.ciphertext,
            )
            row = await connection.fetchrow(select, ID)
    if row is None:
        msg = "the root key was neither found nor made"
        raise RuntimeError(msg)
    envelope = Envelope(row["key_id"], row["wrapped_key"], row["ciphertext"])
    return await keyring.open(envelope, bound_to(None, ID, PURPOSE))
