"""The contexts that endpoints take: begun before the endpoint, committed before the answer is sent."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from gamekeeper.kernel.caller import Authenticated, Caller, RequestFacts
from gamekeeper.kernel.context import Context, Reader
from gamekeeper.kernel.errors import Forbidden, Invalid, Unauthenticated
from gamekeeper.kernel.http.addresses import client_ip
from gamekeeper.kernel.http.limits import Stranger, spend
from gamekeeper.kernel.runtime import Runtime

ORGANIZATION_HEADER = "gamekeeper-organization"


class MalformedOrganization(Invalid):
    """The Gamekeeper-Organization header must be an organization's id."""


class Authenticator(Protocol):
    """How a credential becomes a caller. Wired by the app: the kernel's doors do not know how people sign in."""

    async def __call__(
        self,
        runtime: Runtime,
        credential: str,
        organization_id: UUID | None,
        ip: str,
        count: Callable[[], Awaitable[None]] | None = None,
        /,
    ) -> Authenticated:
        """Who `credential` (an access token or an API token) belongs to. Raises Unauthenticated or Forbidden.

        `count` counts a request of a stranger, before anything is looked up for a credential that may be made up; by
        default the address is counted. Raises what it raises: TooManyRequests.
        """
        ...


def runtime_of(connection: HTTPConnection) -> Runtime:
    """The process's runtime."""
    runtime: Runtime = connection.app.state.runtime
    return runtime


def facts_of(connection: HTTPConnection) -> RequestFacts:
    """Request id and address, for the log. Found once for each request."""
    known: RequestFacts | None = connection.scope.get("facts")
    if known is None:
        request_id: str = connection.scope.get("request_id", "")
        ip = client_ip(connection, runtime_of(connection).settings.proxy_networks)
        known = connection.scope["facts"] = RequestFacts(id=request_id, ip=ip)
    return known


async def authenticated(request: Request) -> Authenticated:
    """The caller of a request, after the rate limit: by address until known, then by actor."""
    stranger = Stranger(request)
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if not credential:
        await stranger.count()
        return Authenticated()
    if scheme.lower() != "bearer":
        await stranger.count()
        raise Unauthenticated
    authenticate: Authenticator = request.app.state.authenticate
    runtime, ip = runtime_of(request), facts_of(request).ip
    try:
        who = await authenticate(runtime, credential.strip(), _organization(request), ip, stranger.count)
    except (Unauthenticated, Forbidden):
        await stranger.count()
        raise
    await spend(request, who.actor)
    return who


def _organization(request: Request) -> UUID | None:
    value = request.headers.get(ORGANIZATION_HEADER)
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise MalformedOrganization from error


Who = Annotated[Authenticated, Depends(authenticated)]


async def _context(request: Request, who: Who) -> AsyncGenerator[Context]:
    async with runtime_of(request).context(who, facts_of(request)) as ctx:
        # Refuses here, before any work, where the caller has no organization.
        _ = ctx.organization_id
        yield ctx


async def _global_context(request: Request, who: Who) -> AsyncGenerator[Context]:
    async with runtime_of(request).context(who, facts_of(request)) as ctx:
        yield ctx


async def _reader(request: Request, who: Who) -> AsyncGenerator[Reader]:
    organization_id = Caller(who).organization_id
    async with runtime_of(request).database.read(organization_id) as connection:
        yield Reader(connection, who, facts_of(request))


# scope="function": with FastAPI's default the answer would be sent before the commit, and a commit that
# fails would still say 201.
Ctx = Annotated[Context, Depends(_context, scope="function")]
"""A caller inside an organization, with one transaction."""
GlobalCtx = Annotated[Context, Depends(_global_context, scope="function")]
"""A caller who may have no organization yet: signing in, accepting an invitation, one's own account."""
ReadCtx = Annotated[Reader, Depends(_reader, scope="function")]
"""A caller inside an organization with a read-only asyncpg transaction, for hot lists."""
