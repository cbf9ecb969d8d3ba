"""The small named world that tests share: two organizations, and people with different rights."""

import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import text

from gamekeeper.kernel.access.permission import Permission, every_permission
from gamekeeper.kernel.caller import Access, Actor, ActorKind, Authenticated
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.errors import Unauthenticated
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Organization, Site

_tokens: dict[str, Authenticated] = {}


@dataclass(slots=True)
class World:
    """Lantern is a venue; Ada owns it. Rival is another tenant, whose owner Rex must never see Lantern."""

    runtime: Runtime
    lantern: UUID
    rival: UUID
    hall: UUID
    """The site of Lantern."""
    annex: UUID
    """The site of Rival."""
    ada: Authenticated
    """Owner of Lantern: every permission."""
    rex: Authenticated
    """Owner of Rival."""
    address: str = field(default_factory=lambda: f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.7")
    """An address of its own, so that tests do not share a rate limit."""

    def someone(self, *permissions: Permission, grants: dict[Permission, set[UUID]] | None = None) -> Authenticated:
        """A member of Lantern with exactly these permissions and grants."""
        granted = {permission.value: frozenset(ids) for permission, ids in (grants or {}).items()}
        access = Access(frozenset(permission.value for permission in permissions), granted)
        return replace(self.ada, actor=Actor(ActorKind.USER, new_id(), "Someone"), access=access)

    def context(self, who: Authenticated | None = None) -> AbstractAsyncContextManager[Context]:
        """A context of `who`, by default Ada."""
        return self.runtime.context(who or self.ada)

    def token(self, who: Authenticated) -> str:
        """A credential that the test app takes for `who`."""
        token = secrets.token_hex(16)
        _tokens[token] = who
        return token

    def headers(self, who: Authenticated) -> dict[str, str]:
        """The headers of a request by `who`."""
        return {"authorization": f"Bearer {self.token(who)}"}


def key() -> dict[str, str]:
    """The header of a request that costs or sends something, another one each time."""
    return {"idempotency-key": secrets.token_hex(8)}


def forget(token: str) -> None:
    """Revoke a token of `World.token`."""
    _tokens.pop(token, None)


def retell(token: str, who: Authenticated) -> None:
    """Change whom a token stands for."""
    _tokens[token] = who


async def authenticate(
    _runtime: Runtime, credential: str, organization_id: UUID | None, _ip: str, _count: object = None, /
) -> Authenticated:
    """Tokens of `World.token`. Doors that are about signing in use the real one."""
    who = _tokens.get(credential)
    if who is None or organization_id not in {None, who.organization_id}:
        raise Unauthenticated
    return who


async def make_world(runtime: Runtime) -> World:
    """Two organizations and their people, new each time."""
    everything = Access(frozenset(permission.value for permission in every_permission()))
    organizations: list[UUID] = []
    sites: list[UUID] = []
    owners: list[Authenticated] = []
    for name, site_name, owner in (("Lantern", "Main hall", "Ada"), ("Rival", "Annex", "Rex")):
        organization_id = new_id()
        actor = Actor(ActorKind.USER, new_id(), owner)
        who = Authenticated(actor, organization_id, everything, session_id=new_id())
        async with runtime.context(who) as ctx:
            ctx.add(Organization(id=organization_id, name=name))
            await ctx.flush()
            site = Site(organization_id=organization_id, name=site_name)
            ctx.add(site)
        organizations.append(organization_id)
        sites.append(site.id)
        owners.append(who)
    return World(
        runtime,
        lantern=organizations[0],
        rival=organizations[1],
        hall=sites[0],
        annex=sites[1],
        ada=owners[0],
        rex=owners[1],
    )


WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
"""How many wait for what this transaction holds."""
