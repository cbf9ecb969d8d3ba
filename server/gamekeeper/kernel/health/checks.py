"""Looking whether the process can do its work."""

import asyncio
import time
from functools import cache

import asyncpg
from alembic.script import ScriptDirectory

from gamekeeper.kernel.database.migrate import alembic_config
from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.database.roles import Roles
from gamekeeper.kernel.runtime import Runtime

_SECONDS = 2.0
_KEEP_SECONDS = 0.5


class Readiness:
    """The state of one process. Looked up at most twice a second, however many ask."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = asyncio.Lock()
        self._at = float("-inf")
        self._known: dict[str, str | None] = {}
        self._amiss: dict[str, str | None] = {}

    async def look(self) -> tuple[dict[str, str | None], dict[str, str | None]]:
        """Each part of the process and why it is not ready (None when it is); and of those that work, what is amiss."""
        async with self._lock:
            if time.monotonic() - self._at > _KEEP_SECONDS:
                database, migrations = await self._database()
                self._known = {
                    "database": database,
                    "migrations": migrations,
                    **self._runtime.health.reasons(),
                }
                # Without these everything still happens, only later or less strictly: no reason to send nobody here.
                self._amiss = {
                    "hints": None if self._runtime.hints.connected else "other processes are not heard, readers poll",
                    "limits": await self._runtime.limits.reason(),
                }
                self._at = time.monotonic()
            return self._known, self._amiss

    async def _database(self) -> tuple[str | None, str | None]:
        unknown = "cannot be looked up"
        try:
            async with asyncio.timeout(_SECONDS), self._runtime.database.read(None) as connection:
                version: str = await connection.fetchval("SELECT version_num FROM alembic_version")
        except TimeoutError:
            return "does not answer", unknown
        except (*DATABASE_LOST, asyncpg.PostgresError):
            return "cannot be reached", unknown
        newest = _newest(self._runtime.settings.database_role_prefix)
        return None, None if version == newest else f"the database is at {version}, this version needs {newest}"


@cache
def _newest(prefix: str) -> str:
    return ScriptDirectory.from_config(alembic_config(Roles(prefix))).get_current_head() or ""
