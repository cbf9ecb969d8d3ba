"""What one process has open: settings, database, hints, secrets. Made once at start, handed to every context."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gamekeeper.kernel.caller import NO_REQUEST, SYSTEM, Access, Actor, Authenticated, RequestFacts
from gamekeeper.kernel.context import Context, transaction
from gamekeeper.kernel.database import Database, new_id
from gamekeeper.kernel.database.roles import Roles
from gamekeeper.kernel.hints import Hints, hints_for
from gamekeeper.kernel.settings import Settings


@dataclass(slots=True)
class Runtime:
    """One process. `node` tells processes apart in hints and presence."""

    settings: Settings
    database: Database
    hints: Hints
    master_key: bytes = field(repr=False)
    node: UUID = field(default_factory=new_id)

    @property
    def roles(self) -> Roles:
        """The database's roles."""
        return Roles(self.settings.database_role_prefix)

    def context(
        self,
        who: Authenticated,
        request: RequestFacts = NO_REQUEST,
        now: datetime | None = None,
    ) -> AbstractAsyncContextManager[Context]:
        """A context of a caller that has been authenticated."""
        return transaction(self, who, request, now)

    def as_system(self, organization_id: UUID | None, actor: Actor = SYSTEM) -> AbstractAsyncContextManager[Context]:
        """A context of Gamekeeper itself in one organization: verbs that no person calls. It has no permission."""
        return transaction(self, Authenticated(actor=actor, organization_id=organization_id, access=Access()))


@asynccontextmanager
async def open_runtime(settings: Settings, app_url: str, master_key: bytes) -> AsyncGenerator[Runtime]:
    """Open what a process needs and close it at the end. `app_url` logs in as the application role."""
    database = Database(app_url, settings.database_pool)
    await database.open()
    hints = hints_for(settings, app_url)
    await hints.open()
    try:
        yield Runtime(settings=settings, database=database, hints=hints, master_key=master_key)
    finally:
        await hints.close()
        await database.close()
