"""From a credential to a caller, a thousand times a second: what is known is kept for less than a second."""

import asyncio
import hashlib
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address, ip_network
from typing import TypeAlias
from uuid import UUID
from weakref import WeakKeyDictionary

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.caller import Actor, ActorKind, Authenticated, NoOrganization
from gamekeeper.kernel.entrance.queries import API_TOKEN, SESSION, TOUCH
from gamekeeper.kernel.errors import Forbidden, Unauthenticated
from gamekeeper.kernel.hints import Hints
from gamekeeper.kernel.identity.keys import token_hash
from gamekeeper.kernel.identity.memberships import memberships
from gamekeeper.kernel.identity.sessions import access_tokens
from gamekeeper.kernel.membership.standing import Standing, narrowed, standing_of
from gamekeeper.kernel.membership.tokens.text import PREFIX, organization_of
from gamekeeper.kernel.runtime import Runtime

KEPT_SECONDS = 0.8
"""How long an answer is reused. A hint ends it at once; this is for hints that get lost."""
_MOST_KEPT = 20_000


class SignedOut(Unauthenticated):
    """This sign-in has ended. Sign in again."""


class ApiTokenInvalid(Unauthenticated):
    """This API token does not exist or was revoked."""


class ApiTokenExpired(Unauthenticated):
    """This API token has expired. Make a new one."""


class AddressNotAllowed(Forbidden):
    """This API token may not be used from your address."""


class MfaSetupRequired(Forbidden):
    """This organization requires two-step sign-in. Set it up, or sign in again with a code, to go on."""


class NoOrganizationYet(Forbidden):
    """You do not belong to an organization yet. Ask for an invitation."""


@dataclass(frozen=True, slots=True)
class Pass:
    """An answer, and from which networks it holds."""

    who: Authenticated
    networks: tuple[str, ...] = ()


Key: TypeAlias = tuple[object, UUID | None]
"""A sign-in's id or an API token's hash, and the organization that was asked for."""


@dataclass(slots=True)
class Known:
    """What one process knows at the moment."""

    passes: dict[Key, tuple[float, Pass]] = field(default_factory=dict[Key, tuple[float, Pass]])
    claims: dict[bytes, access_tokens.Claims] = field(default_factory=dict[bytes, access_tokens.Claims])
    loading: dict[Key, asyncio.Task[Pass]] = field(default_factory=dict[Key, asyncio.Task[Pass]])
    genuine: set[bytes] = field(default_factory=set[bytes])
    """Hashes of API tokens that existed when they were last looked up."""
    version: int = 0

    def forget(self, _keys: frozenset[str]) -> None:
        """Somebody's access changed. Everything is asked again, also what is being read at this moment."""
        self.version += 1
        self.passes.clear()
        self.loading.clear()


_known: WeakKeyDictionary[Hints, Known] = WeakKeyDictionary()


Count: TypeAlias = Callable[[], Awaitable[None]]


async def authenticate(
    runtime: Runtime, credential: str, organization_id: UUID | None, ip: str, count: Count | None = None, /
) -> Authenticated:
    """Who `credential` (an access token or an API token) belongs to, acting in `organization_id` or their oldest one.

    A caller without a place in the organization is still known: then `organization_id` is None, and `obstacle` says
    why. Raises SignedOut, AccessTokenInvalid, AccessTokenExpired, ApiTokenInvalid, ApiTokenExpired, AddressNotAllowed.

    An access token is signed by us, while anybody can make up an API token: the first time that one is seen here,
    `count` (by default the limit of the address) is asked before the database. It may raise TooManyRequests.
    """
    known = _known_to(runtime)
    now = datetime.now(UTC)
    if credential.startswith(PREFIX):
        return await _by_token(runtime, known, credential, organization_id, ip, count, now)
    claims = _claims(runtime, known, credential, now)

    async def load() -> Pass:
        return await _load_session(runtime, claims, organization_id)

    return (await _kept(known, (claims.session_id, organization_id), load)).who


def _known_to(runtime: Runtime) -> Known:
    known = _known.get(runtime.hints)
    if known is None:
        known = _known[runtime.hints] = Known()
        runtime.hints.listen(ACCESS, known.forget)
    return known


def _claims(runtime: Runtime, known: Known, credential: str, now: datetime) -> access_tokens.Claims:
    digest = hashlib.sha256(credential.encode()).digest()
    claims = known.claims.get(digest)
    if claims is None:
        claims = access_tokens.read(runtime.root_key, credential, now)
        if len(known.claims) >= _MOST_KEPT:
            known.claims.clear()
        known.claims[digest] = claims
    if now >= claims.expires_at:
        raise access_tokens.AccessTokenExpired
    return claims


async def _kept(known: Known, key: Key, load: Callable[[], Awaitable[Pass]]) -> Pass:
    """The pass of `key`, read at most once at a time and again after KEPT_SECONDS."""
    kept = known.passes.get(key)
    if kept is not None and time.monotonic() < kept[0]:
        return kept[1]
    task = known.loading.get(key)
    if task is None:
        task = known.loading[key] = asyncio.create_task(_read(known, key, load))
    # Shielded: the first one to ask may go away while others wait for the same answer.
    return await asyncio.shield(task)


async def _read(known: Known, key: Key, load: Callable[[], Awaitable[Pass]]) -> Pass:
    version, until = known.version, time.monotonic() + KEPT_SECONDS
    try:
        answer = await load()
        if version == known.version:
            if len(known.passes) >= _MOST_KEPT:
                known.passes.clear()
            known.passes[key] = (min(until, _ends(answer.who)), answer)
        return answer
    finally:
        if version == known.version:
            known.loading.pop(key, None)


def _ends(who: Authenticated) -> float:
    """When a grant ends by itself, on the monotonic clock: what is known of a caller may not outlive it."""
    until = who.access.until
    return math.inf if until is None else time.monotonic() + (until - datetime.now(UTC)).total_seconds()


async def _load_session(runtime: Runtime, claims: access_tokens.Claims, organization_id: UUID | None) -> Pass:
    chosen = organization_id
    if chosen is None:
        async with runtime.database.read(None) as connection:
            places = await memberships(connection, claims.user_id)
        chosen = places[0].organization_id if places else None
    async with runtime.database.read(chosen) as connection:
        row = await connection.fetchrow(SESSION, claims.session_id, claims.user_id)
        if row is None:
            raise SignedOut
        standing = await standing_of(connection, chosen, claims.user_id) if chosen else None
    who = Authenticated(
        actor=Actor(ActorKind.USER, claims.user_id, row["label"]),
        session_id=claims.session_id,
        expires_at=claims.expires_at,
    )
    if standing is None:
        return Pass(replace(who, obstacle=NoOrganization if organization_id else NoOrganizationYet))
    if standing.needs_mfa and not row["second_factor"]:
        return Pass(replace(who, obstacle=MfaSetupRequired))
    return Pass(replace(who, organization_id=chosen, access=standing.access))


async def _by_token(
    runtime: Runtime,
    known: Known,
    credential: str,
    organization_id: UUID | None,
    ip: str,
    count: Count | None,
    now: datetime,
) -> Authenticated:
    home = organization_of(credential)
    if home is None:
        raise ApiTokenInvalid
    digest = token_hash(credential)
    if digest not in known.genuine:
        await (count or partial(runtime.limits.spend_as_stranger, ip))()

    async def load() -> Pass:
        known.genuine.discard(digest)
        loaded = await _load_token(runtime, home, digest, ip)
        if len(known.genuine) >= _MOST_KEPT:
            known.genuine.clear()
        known.genuine.add(digest)
        return loaded

    found = await _kept(known, (digest, home), load)
    if found.who.expires_at is not None and now >= found.who.expires_at:
        raise ApiTokenExpired
    if not _within(ip, found.networks):
        raise AddressNotAllowed
    if organization_id not in {None, home}:
        return replace(found.who, organization_id=None, obstacle=NoOrganization)
    return found.who


async def _load_token(runtime: Runtime, organization_id: UUID, digest: bytes, ip: str) -> Pass:
    async with runtime.database.read(organization_id) as connection:
        row = await connection.fetchrow(API_TOKEN, organization_id, digest)
        standing: Standing | None = None
        if row is not None:
            standing = await standing_of(connection, organization_id, row["user_id"])
    if row is None or standing is None:
        raise ApiTokenInvalid
    networks = tuple[str, ...](row["networks"])
    if row["stale"] and _within(ip, networks):
        async with runtime.database.write(organization_id) as connection:
            await connection.execute(TOUCH, organization_id, row["id"], ip)
    who = Authenticated(
        actor=Actor(ActorKind.API_TOKEN, row["id"], f"{row['name']} ({row['label']})"),
        session_id=row["id"],
        expires_at=row["expires_at"],
    )
    if standing.needs_mfa and not row["has_factor"]:
        return Pass(replace(who, obstacle=MfaSetupRequired), networks)
    access = narrowed(standing.access, frozenset(row["permissions"]))
    return Pass(replace(who, organization_id=organization_id, access=access), networks)


def _within(ip: str, networks: tuple[str, ...]) -> bool:
    if not networks:
        return True
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in ip_network(network) for network in networks)
