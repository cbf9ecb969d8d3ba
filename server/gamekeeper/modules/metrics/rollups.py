"""Five-minute and hourly roll-ups: brought up to date, including what came late."""

from datetime import timedelta

from gamekeeper.kernel.database import Database

_AT_ONCE = timedelta(hours=6)
_LATE_AT_ONCE = 500


async def roll_up(database: Database) -> None:
    """Roll up every closed bucket since the last time, then the hours that got readings after their roll-up.

    In steps of one short transaction each, so that a worker that was away for days catches up without holding
    anything for long. The functions look across organizations: one statement instead of a transaction for each.
    """
    more = True
    while more:
        async with database.write(None) as connection:
            more = await connection.fetchval("SELECT roll_up_metrics($1)", _AT_ONCE)
    found = _LATE_AT_ONCE
    while found:
        async with database.write(None) as connection:
            found = await connection.fetchval("SELECT roll_up_late_metrics($1)", _LATE_AT_ONCE)
