"""Batches into the table.

The tenant's row-level security protects `device_metrics` itself, which the application role may only read; and
PostgreSQL refuses COPY into a table under row-level security. So the rows go straight into the day's partition:
it has no policy and therefore no grant, except that the ingest role may insert. The writer becomes that role for
one transaction (`SET LOCAL ROLE`) and can then do nothing but add rows, of whatever organization the device's
certificate named.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import structlog
from prometheus_client import Counter

from gamekeeper.kernel.database import Database
from gamekeeper.kernel.database.pools import Connection
from gamekeeper.kernel.database.roles import Roles
from gamekeeper.kernel.errors import Invalid
from gamekeeper.modules.metrics import partitions
from gamekeeper.modules.metrics.rows import COLUMNS, COPY_HEAD, COPY_TAIL, HOUR_MS, Batch, unpack

log = structlog.get_logger(__name__)

FALLEN = Counter("gamekeeper_metrics_default_rows_total", "Readings that found no partition of their day.")
SLOW = Counter("gamekeeper_metrics_slow_batches_total", "Batches stored without COPY, because of a duplicate or fault.")
UNSTORABLE = Counter("gamekeeper_metrics_unstorable_batches_total", "Batches that the database refused.")

_INSERT = """
INSERT INTO {table} ({columns})
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[],
                     $5::real[], $6::real[], $7::real[], $8::real[], $9::real[])
ON CONFLICT DO NOTHING
"""
_LATE = """
INSERT INTO metrics_late (organization_id, device_id, hour)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
"""

# What says that these very rows cannot be stored, not that the database is away.
_FAULTS = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.UndefinedTableError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ProgramLimitExceededError,
)


class Unstorable(Invalid):
    """The database refused these readings."""


class Store:
    """Where batches go. One at a time; the writer sees to that."""

    def __init__(self, database: Database, roles: Roles, prepare: Callable[[], Awaitable[None]]) -> None:
        """`prepare` makes partitions that are missing."""
        self._database = database
        self._become = f"SET LOCAL ROLE {roles.ingest}"
        self._prepare = prepare

    async def put(self, batches: Sequence[Batch]) -> dict[int, Unstorable]:
        """Store batches in one transaction; when the database refuses one of them, all but that one.

        Returns the errors by the batch's place. Raises what asyncpg raises when the database is away: then
        nothing is known to be stored.
        """
        try:
            await self._put_prepared(batches)
        except _FAULTS as error:
            log.info("storing readings batch by batch", batches=len(batches), reason=str(error))
            return await self._put_each(batches)
        return {}

    async def _put_prepared(self, batches: Sequence[Batch]) -> None:
        try:
            await self._put_all(batches)
        except asyncpg.UndefinedTableError:
            # Nobody made the day's partition in time: the worker that does it every hour is away.
            await self._prepare()
            await self._put_all(batches)

    async def _put_all(self, batches: Sequence[Batch]) -> None:
        async with self._database.write(None) as connection:
            await connection.execute(self._become)
            fresh = [batch for batch in batches if not batch.replay]
            for day, rows in _by_day(fresh).items():
                await self._copy(connection, day, rows)
            for day, rows in _by_day([batch for batch in batches if batch.replay]).items():
                await self._insert(connection, day, rows)
            await _note_late(connection, batches)

    async def _put_each(self, batches: Sequence[Batch]) -> dict[int, Unstorable]:
        errors: dict[int, Unstorable] = {}
        async with self._database.write(None) as connection:
            await connection.execute(self._become)
            for place, batch in enumerate(batches):
                SLOW.inc()
                try:
                    async with _savepoint(connection):
                        for day, rows in batch.days.items():
                            await self._insert_anywhere(connection, day, rows)
                        await _note_late(connection, [batch])
                except _FAULTS as error:
                    UNSTORABLE.inc()
                    log.warning("readings were refused", device_id=str(batch.device_id), reason=str(error))
                    errors[place] = Unstorable(reason=type(error).__name__)
        return errors

    async def _copy(self, connection: Connection, day: int, rows: Sequence[bytes]) -> None:
        # Not by asyncpg's own encoder: the rows were packed as they came, and no value is looked at again.
        await connection.copy_to_table(
            partitions.partition_of(day),
            source=_stream(rows),
            columns=COLUMNS,
            format="binary",
        )

    async def _insert(self, connection: Connection, day: int, rows: Sequence[bytes]) -> None:
        await _insert_into(connection, partitions.partition_of(day), rows)

    async def _insert_anywhere(self, connection: Connection, day: int, rows: Sequence[bytes]) -> None:
        """Into the day's partition, or into the default one where the day has none: noticed, and moved later."""
        try:
            async with _savepoint(connection):
                await self._insert(connection, day, rows)
        except asyncpg.UndefinedTableError:
            await _insert_into(connection, partitions.DEFAULT, rows)
            FALLEN.inc(len(rows))
            log.warning("readings found no partition of their day", day=partitions.partition_of(day), rows=len(rows))


@asynccontextmanager
async def _savepoint(connection: Connection) -> AsyncGenerator[None]:
    """Undo the block alone when it raises. Names may repeat: the innermost is meant."""
    # asyncpg's own would refuse a transaction that it did not begin itself.
    await connection.execute("SAVEPOINT readings")
    try:
        yield
    except _FAULTS:
        await connection.execute("ROLLBACK TO SAVEPOINT readings; RELEASE SAVEPOINT readings")
        raise
    await connection.execute("RELEASE SAVEPOINT readings")


async def _stream(rows: Sequence[bytes]) -> AsyncGenerator[bytes]:
    yield b"".join((COPY_HEAD, *rows, COPY_TAIL))


def _by_day(batches: Sequence[Batch]) -> Mapping[int, list[bytes]]:
    days: dict[int, list[bytes]] = defaultdict(list)
    for batch in batches:
        for day, rows in batch.days.items():
            days[day] += rows
    return days


async def _insert_into(connection: Connection, table: str, rows: Sequence[bytes]) -> None:
    columns = list(zip(*map(unpack, rows), strict=True))
    # The name is ours, made from a date; a table is no parameter.
    await connection.execute(_INSERT.format(table=table, columns=", ".join(COLUMNS)), *columns)


async def _note_late(connection: Connection, batches: Sequence[Batch]) -> None:
    late = [
        (batch.organization_id, batch.device_id, datetime.fromtimestamp(hour * HOUR_MS / 1000, UTC))
        for batch in batches
        for hour in batch.late_hours
    ]
    if late:
        await connection.execute(_LATE, *zip(*late, strict=True))
