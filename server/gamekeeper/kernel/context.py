"""The one object that every verb takes first: caller, organization and one transaction."""

from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.caller import NO_REQUEST, Authenticated, Caller, RequestFacts
from gamekeeper.kernel.database import Base, Tenanted
from gamekeeper.kernel.database.pools import Connection, UnfitStatement, unfit_of
from gamekeeper.kernel.errors import NotFound, refusal_of

if TYPE_CHECKING:
    # A context is made by the runtime and holds it, so one of the two must look the other way.
    from gamekeeper.kernel.runtime import Runtime

Row = TypeVar("Row", bound=Tenanted)
Entity = TypeVar("Entity", bound=Base)


class Context(Caller):
    """A caller inside one transaction, which the edge (request, job, frame) begins and ends.

    Application code never commits.
    """

    def __init__(
        self,
        runtime: "Runtime",
        session: AsyncSession,
        who: Authenticated,
        request: RequestFacts,
        now: datetime | None = None,
    ) -> None:
        super().__init__(who, request, now)
        self.runtime = runtime
        self.session = session
        self.hints: dict[str, set[str]] = {}
        self._raw: Connection | None = None

    async def get(self, model: type[Row], id: UUID, permission: Permission, *, lock: bool = False) -> Row:  # noqa: A002 - the column's name
        """Load one row of this organization, permitted and optionally locked (`FOR UPDATE`).

        The permission comes first, so that Forbidden never tells whether the row exists; a row of another
        organization is NotFound like one that never was.
        """
        statement = self.rows(model, permission).where(model.id == id)
        if lock:
            statement = statement.with_for_update(of=model).execution_options(populate_existing=True)
        row = (await self.session.execute(statement)).scalar_one_or_none()
        if row is None:
            raise NotFound(kind=model.__name__.lower(), id=str(id))
        return row

    def rows(self, model: type[Row], permission: Permission) -> Select[Row]:
        """The rows of this organization on which the caller has the permission, by role or by grant."""
        organization_id = self.organization_id
        statement = select(model).where(model.organization_id == organization_id)
        if self.may(permission):
            return statement
        resources = self.granted(permission)
        if not resources:
            raise self.refusal(permission)
        columns: list[ColumnElement[bool]] = [getattr(model, name).in_(resources) for name in model.granted_by]
        return statement.where(or_(*columns))

    def may_on(self, row: Tenanted, permission: Permission) -> bool:
        """Whether the caller has the permission on a row that is already loaded."""
        resources = self.granted(permission)
        return self.may(permission) or any(getattr(row, name) in resources for name in row.granted_by)

    def poke(self, topic: str, *keys: str) -> None:
        """Hint at `topic` once this transaction has committed; a rollback says nothing."""
        self.hints.setdefault(topic, set()).update(keys)

    def add(self, row: Base) -> None:
        """Insert a row at the next flush."""
        self.session.add(row)

    async def flush(self) -> None:
        """Send pending changes now, for values that the database makes or refuses.

        Raises the error that names a violated constraint (`GamekeeperError.constraints`).
        """
        with _violations_named():
            await self.session.flush()

    async def delete(self, row: Base) -> None:
        """Delete a loaded row."""
        await self.session.delete(row)

    async def scalars(self, statement: Select[Any]) -> Sequence[Any]:
        """All first columns of a select."""
        return (await self.session.execute(statement)).scalars().all()

    async def raw(self) -> Connection:
        """The asyncpg connection of this transaction, for hot SQL, COPY and enqueueing. Pending rows are flushed."""
        await self.session.flush()
        connection = await self.session.connection()
        fairy = await connection.get_raw_connection()
        self._raw = cast("Connection", fairy.driver_connection)
        return self._raw

    def unfit_of(self, error: BaseException) -> UnfitStatement | None:
        """What to raise in place of an error of `raw`'s connection that was the statement's fault."""
        return None if self._raw is None else unfit_of(error, self._raw)


class Reader(Caller):
    """A caller with a read-only transaction on asyncpg, for lists that many people look at all day."""

    def __init__(self, connection: Connection, who: Authenticated, request: RequestFacts) -> None:
        super().__init__(who, request)
        self.connection = connection


@contextmanager
def _violations_named() -> Generator[None]:
    try:
        yield
    except (IntegrityError, asyncpg.IntegrityConstraintViolationError) as violation:
        refusal = refusal_of(violation)
        if refusal is None:
            raise
        raise refusal from violation


@asynccontextmanager
async def transaction(
    runtime: "Runtime", who: Authenticated, request: RequestFacts = NO_REQUEST, now: datetime | None = None
) -> AsyncGenerator[Context]:
    """A context whose transaction commits at the end of the block, or rolls back when it raises."""
    async with runtime.database.sessions(info={"organization_id": who.organization_id}) as session:
        ctx = Context(runtime, session, who, request, now)
        try:
            with _violations_named():
                yield ctx
                await session.commit()
        except BaseException as error:
            unfit = ctx.unfit_of(error)
            await session.rollback()
            if unfit is not None:
                raise unfit from error
            raise
    for topic, keys in ctx.hints.items():
        runtime.hints.poke(topic, *keys)
