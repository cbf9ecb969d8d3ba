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
from gamekeeper.kernel.keys.keyring import Keyring, LocalMasterKey
from gamekeeper.kernel.keys.master_key import retired_keys
from gamekeeper.kernel.keys.root_key import root_key
from gamekeeper.kernel.limits import Limits, limits_for
from gamekeeper.kernel.parts import Health
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.storage.storage import Storage


@dataclass(slots=True)
class Runtime:
    """One process. `node` tells processes apart in hints and presence.

    `keyring` seals secrets. `root_key` is what keys for single purposes are derived from; it is itself sealed with
    the keyring, and stays the same when the key that wraps it is rotated.
    """

    settings: Settings
    database: Database
    hints: Hints
    keyring: Keyring
    files: Storage
    limits: Limits
    root_key: bytes = field(repr=False)
    node: UUID = field(default_factory=new_id)
    health: Health = field(default_factory=Health)

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
    """Open what a process needs and close it at the end. `app_url` logs in as the application role.

    Raises MasterKeyUnknown when the database was sealed with another master key, StorageBroken for a wrong address.
    """
    files = Storage.open(settings)
    keyring = Keyring(LocalMasterKey(master_key), [LocalMasterKey(key) for key in retired_keys(settings)])
    database = Database(app_url, settings.database_pool)
    await database.open()
    hints = hints_for(settings, app_url)
    limits = limits_for(settings)
    try:
        root = await root_key(database, keyring)
        await hints.open()
        yield Runtime(
            settings=settings,
            database=database,
            hints=hints,
            keyring=keyring,
            files=files,
            limits=limits,
            root_key=root,
        )
    finally:
        await hints.close()
        await limits.close()
        await database.close()
