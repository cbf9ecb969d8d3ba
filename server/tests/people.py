"""Real accounts, members and browsers, for the rooms that are about how somebody becomes who they are."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from gamekeeper.kernel.caller import Authenticated, RequestFacts
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.entrance.doorkeeper import authenticate
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.people import as_actor
from gamekeeper.kernel.identity.sessions import access_tokens
from gamekeeper.kernel.identity.signin.service import admit
from gamekeeper.kernel.identity.users.service import create
from gamekeeper.kernel.membership.assigning import chosen
from gamekeeper.kernel.membership.members.service import join
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.service import open_organization
from gamekeeper.kernel.tenancy.visiting import visiting

PASSWORD = "plum harbor tin lark"
ORIGIN = "http://gamekeeper.test"
_hash: list[str] = []


@dataclass(slots=True)
class Person:
    """Somebody with an account, signed in once."""

    id: UUID
    email: str
    token: str
    session_id: UUID

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass(slots=True)
class People:
    """Lantern, a real organization, its owner Ada, and whoever else a test needs."""

    runtime: Runtime
    app: FastAPI
    lantern: UUID
    ada: Person
    address: str = field(default_factory=lambda: f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.9")

    def browser(self, person: Person | None = None, address: str | None = None) -> httpx.AsyncClient:
        """A browser with cookies of its own, on an address of this test; signed in as `person`, or as nobody."""
        transport = httpx.ASGITransport(
            app=self.app, raise_app_exceptions=False, client=(address or self.address, 50000)
        )
        headers = person.headers if person else {}
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)

    async def person(self, name: str, *roles: str, organization_id: UUID | None = None) -> Person:
        """A new person; with roles, a member of Lantern (or of `organization_id`)."""
        return await make_person(self.runtime, name, roles, organization_id or self.lantern)

    async def as_caller(self, person: Person, organization_id: UUID | None = None) -> Authenticated:
        """What the doors make of a person's token at this moment."""
        return await authenticate(self.runtime, person.token, organization_id, self.address)


async def make_people(runtime: Runtime, app: FastAPI) -> People:
    """A new organization with its owner."""
    organization_id = await make_organization(runtime, "Lantern")
    ada = await make_person(runtime, "Ada", ("owner",), organization_id)
    return People(runtime, app, organization_id, ada)


async def make_organization(runtime: Runtime, name: str) -> UUID:
    async with runtime.as_system(None) as ctx:
        return (await open_organization(ctx, name)).id


async def make_person(runtime: Runtime, name: str, roles: tuple[str, ...], organization_id: UUID) -> Person:
    if not _hash:
        _hash.append(await passwords.hashed(PASSWORD))
    email = f"{name.lower()}.{secrets.token_hex(6)}@example.com"
    async with runtime.context(Authenticated(), RequestFacts(ip="10.0.0.1")) as ctx:
        user = await create(ctx, email, name, _hash[0])
        ctx.who = as_actor(user)
        if roles:
            async with visiting(ctx, organization_id):
                await join(ctx, user, await chosen(ctx, roles))
        started = await admit(ctx, user.id, "test")
    token = access_tokens.issue(runtime.root_key, user.id, started.session.id, started.session.last_used_at)
    return Person(user.id, user.email, token, started.session.id)


async def slowed(ask: Callable[[], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """Every answer up to the first that says wait: the waits double, so also a slow machine does not outwait them."""
    answers = [await ask()]
    while answers[-1].status_code in {401, 403}:
        answers.append(await ask())
    return answers


async def events(ctx: Context, organization_id: UUID, *types: str) -> list[dict[str, Any]]:
    """The recorded events of these types, the oldest first."""
    connection = await ctx.raw()
    async with visiting(ctx, organization_id):
        rows = await connection.fetch(
            """SELECT type, subject_id, subject_label, actor_id, actor_kind, data FROM events
               WHERE type = ANY($1) ORDER BY position""",
            list(types),
        )
    return [dict(row) for row in rows]
