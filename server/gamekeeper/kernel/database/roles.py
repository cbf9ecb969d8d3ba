"""The database's roles, and the application role's own URL made from the owner's."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg


@dataclass(frozen=True, slots=True)
class Roles:
    """`app` logs in and owns nothing; `ingest` may only insert metrics; `system` owns the cross-tenant functions."""

    prefix: str = "gamekeeper"

    @property
    def app(self) -> str:
        """What every process logs in as."""
        return f"{self.prefix}_app"

    @property
    def ingest(self) -> str:
        """What the writer of metrics becomes for a COPY."""
        return f"{self.prefix}_ingest"

    @property
    def system(self) -> str:
        """Whose functions look across organizations."""
        return f"{self.prefix}_system"


def app_password(master_key: bytes) -> str:
    """The application role's password: derived, so that every node that shares the master key knows it."""
    digest = hmac.new(master_key, b"gamekeeper database application role", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def app_url(owner_url: str, roles: Roles, password: str) -> str:
    """The owner's URL with the application role in place of the owner."""
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in {"user", "password"}]
    netloc = f"{roles.app}:{quote(password, safe='')}@{host}"
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(query, safe="/"), ""))


async def ensure_roles(owner: "asyncpg.Connection[asyncpg.Record]", roles: Roles, password: str) -> None:
    """Make the three roles, or set the application role's password anew. Needs CREATEROLE, not superuser."""
    version: int = owner.get_server_version().major
    for role, options in (
        (roles.app, "LOGIN NOINHERIT"),
        (roles.ingest, "NOLOGIN"),
        (roles.system, "NOLOGIN"),
    ):
        if not await owner.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            # No CREATE ROLE IF NOT EXISTS; two racing starts meet the unique name, and the loser goes on.
            try:
                await owner.execute(f"CREATE ROLE {role} {options} NOSUPERUSER NOCREATEDB NOCREATEROLE")
            except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                continue
    literal = await owner.fetchval("SELECT quote_literal($1::text)", password)
    await owner.execute(f"ALTER ROLE {roles.app} PASSWORD {literal}")
    await owner.execute(f"GRANT {roles.ingest} TO {roles.app}")
    if not await owner.fetchval("SELECT pg_has_role(current_user, $1, 'MEMBER')", roles.system):
        await owner.execute(f"GRANT {roles.system} TO CURRENT_USER")
    elif version >= 16 and not await owner.fetchval("SELECT pg_has_role(current_user, $1, 'SET')", roles.system):
        await owner.execute(f"GRANT {roles.system} TO CURRENT_USER WITH SET TRUE")
    # Needed to hand a function over to the role; taken back by nobody, since the role cannot log in.
    await owner.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {roles.system}")
    await owner.execute(f"GRANT USAGE ON SCHEMA public TO {roles.app}, {roles.ingest}")
