"""The two pools of a process: SQLAlchemy for what is edited, asyncpg for hot reads and bulk writes."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import event, text
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"


class DatabaseLost(DBAPIError):
    """The connection under a session is gone, or could not be made. Any other DBAPIError is the statement's fault."""


class UnfitStatement(RuntimeError):
    """A statement and its values do not fit, or a connection was used wrongly: it stands, and would refuse again."""


DATABASE_LOST = (
    OSError,
    DatabaseLost,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # "another operation is in progress": what a connection says whose server was killed while it wrote.
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
)
"""What a database that is down, restarting or full raises, through either pool: the same may succeed a moment later.

Only this is worth a retry without end. A statement that the database refuses raises something else, one of
STATEMENT_REFUSED.
"""

STATEMENT_REFUSED = (DBAPIError, asyncpg.PostgresError, UnfitStatement)
"""What a statement raises that the database refuses, through either pool. Some of DATABASE_LOST are of these classes
too: whoever tells them apart asks for those first."""


def is_lost(error: BaseException | None) -> bool:
    """Whether a driver's error is about the connection and not about what was said on it.

    asyncpg's InterfaceError may be either; SQLAlchemy looks whether the connection is closed.
    """
    while error is not None:
        if isinstance(error, DATABASE_LOST) and not isinstance(
            error, asyncpg.InterfaceError | asyncpg.OutdatedSchemaCacheError
        ):
            return True
        error = error.__cause__
    return False


def _tell_what_is_lost(context: ExceptionContext) -> None:
    """Make the error of a lost connection a DatabaseLost."""
    error = context.sqlalchemy_exception
    if not isinstance(error, DBAPIError) or error.orig is None:
        return
    if not context.is_disconnect and not is_lost(context.original_exception):
        return
    # What PostgreSQL says last comes a moment before the connection is closed.
    context.is_disconnect = True
    raise DatabaseLost(error.statement, error.params, error.orig, error.hide_parameters, connection_invalidated=True)


def is_deadlock(error: BaseException | None) -> bool:
    """Whether two transactions waited for one another and this one was rolled back, through either pool."""
    while error is not None and not isinstance(error, asyncpg.DeadlockDetectedError):
        error = error.__cause__
    return error is not None


class MissingTenant(RuntimeError):
    """A transaction was begun without an organization. Open it through a Context."""


class TenantSession(Session):
    """A session that tells the database whose rows it may see, at the start of every transaction.

    `info["organization_id"]` is the organization; None means a transaction that touches global tables only.
    """


@event.listens_for(TenantSession, "after_begin")
def _set_tenant(session: Session, transaction: SessionTransaction, connection: SyncConnection) -> None:
    if transaction.nested:
        return
    if "organization_id" not in session.info:
        raise MissingTenant
    organization_id: UUID | None = session.info["organization_id"]
    # Transaction-local: a session-level setting would outlive the check-in to the pool.
    connection.execute(
        text("SELECT set_config('app.organization_id', :organization, true)"),
        {"organization": str(organization_id or "")},
    )


class Database:
    """The application role's pools. `url` is a plain `postgresql://` URL, a unix socket folder as `?host=`."""

    def __init__(self, url: str, size: int = 10) -> None:
        self.url = url
        self._size = size
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            # asyncpg parses the URL itself, so that sockets, options and TLS mean the same in both pools.
            async_creator=lambda: _connect(url, server_settings={"application_name": "gamekeeper"}),
            pool_size=size,
            max_overflow=0,
            pool_timeout=15,
            pool_pre_ping=True,
            pool_recycle=1800,
            hide_parameters=True,  # an error's text goes to the log and to the list of jobs
        )
        event.listen(self.engine.sync_engine, "handle_error", _tell_what_is_lost)
        self.sessions = async_sessionmaker(
            self.engine, class_=AsyncSession, sync_session_class=TenantSession, expire_on_commit=False
        )
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Open the asyncpg pool. Raises what asyncpg raises when the server cannot be reached."""
        self._pool = await asyncpg.create_pool(
            self.url,
            connect=_connect,
            min_size=1,
            max_size=self._size,
            init=_prepare,
            reset=_leave_as_it_is,
            server_settings={"application_name": "gamekeeper"},
        )

    async def close(self) -> None:
        """Close both pools; connections still in use are ended after five seconds."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await _close_within(pool, 5.0)
        await self.engine.dispose()

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """The asyncpg pool; only valid between `open` and `close`."""
        if self._pool is None:
            msg = "the database is not open"
            raise RuntimeError(msg)
        return self._pool

    def read(self, organization_id: UUID | None) -> AbstractAsyncContextManager[Connection]:
        """A read-only transaction as `organization_id`, begun in one round trip."""
        return self.transaction(organization_id, options="READ ONLY")

    def write(self, organization_id: UUID | None) -> AbstractAsyncContextManager[Connection]:
        """A transaction for bulk writes as `organization_id`; None reaches global tables and definer functions."""
        return self.transaction(organization_id)

    @asynccontextmanager
    async def transaction(self, organization_id: UUID | None, options: str = "") -> AsyncGenerator[Connection]:
        """BEGIN and the tenant in one string: a UUID's text cannot carry SQL, so formatting it in is safe."""
        async with self.pool.acquire() as connection:
            tenant = str(UUID(bytes=organization_id.bytes)) if organization_id else ""
            try:
                await connection.execute(f"BEGIN {options}; SELECT set_config('app.organization_id', '{tenant}', true)")
                yield connection
            except BaseException as error:
                unfit = unfit_of(error, connection)
                await _roll_back(connection)
                if unfit is not None:
                    raise unfit from error
                raise
            await connection.execute("COMMIT")


async def _connect(*arguments: Any, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection. Raises ConnectionError for whatever keeps the server from being reached.

    A socket's file that is gone, a name that is not known and a silence are other errors of the system, and
    nobody further up could tell them from those of a file of ours.
    """
    try:
        return await asyncpg.connect(*arguments, **options)
    except ConnectionError:
        raise
    except OSError as error:
        raise ConnectionError(str(error) or type(error).__name__) from error


def unfit_of(error: BaseException, connection: Connection) -> UnfitStatement | None:
    """What to raise in place of an InterfaceError that `connection` has survived; None for any other error."""
    if not isinstance(error, asyncpg.InterfaceError):
        return None
    try:
        return None if connection.is_closed() else UnfitStatement(str(error))
    except asyncpg.InterfaceError:  # the pool has taken it back, because it is dead
        return None


async def _roll_back(connection: Connection) -> None:
    """End the transaction of a connection that may be dead, or torn in the middle of a COPY."""
    try:
        await connection.execute("ROLLBACK")
    except (*DATABASE_LOST, asyncpg.PostgresError):
        # What happened before this matters to the caller; the pool makes a new connection. A dead one has been
        # taken from us already, and may not even be asked to end.
        with suppress(asyncpg.InterfaceError):
            connection.terminate()


async def _close_within(pool: "asyncpg.Pool[asyncpg.Record]", seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await pool.close()
    except TimeoutError:
        pool.terminate()


def _encode_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)


async def _leave_as_it_is(_connection: Connection) -> None:
    """Spare a round trip: every use is one transaction, and what it sets ends with it (`SET LOCAL`)."""


async def _prepare(connection: Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=_encode_json, decoder=json.loads)
