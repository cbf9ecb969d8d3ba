"""Sessions whose time is over although nobody ended them, of all organizations."""

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError

from gamekeeper.kernel.caller import SYSTEM, Authenticated
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.venue.sessions.ending import expire

log = structlog.get_logger(__name__)

_MOST_AT_ONCE = 500


async def end_what_is_over(runtime: Runtime) -> int:
    """End what is over, each in a transaction of its own; how many. May run anywhere at the same time.

    By the database's clock, which no worker's clock can be behind. Raises ExceptionGroup when the database refused
    one, after all the others have had their turn.
    """
    async with runtime.database.read(None) as connection:
        rows = await connection.fetch("SELECT organization_id, id, now() AS now FROM due_sessions($1)", _MOST_AT_ONCE)
    refused: list[Exception] = []
    for row in rows:
        try:
            async with runtime.context(Authenticated(SYSTEM, row["organization_id"]), now=row["now"]) as ctx:
                await expire(ctx, row["id"])
        except (asyncpg.PostgresError, DBAPIError) as error:
            refused.append(error)
    if refused:
        raise ExceptionGroup("some sessions could not be ended", refused)
    if rows:
        log.warning("sessions were over that their own jobs had not ended", sessions=len(rows))
    return len(rows)
