"""Counting requests: in each process, and over all of them where there is a Redis."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gamekeeper.kernel.caller import Actor, ActorKind
from gamekeeper.kernel.errors import TooManyRequests
from gamekeeper.kernel.settings import Settings

log = structlog.get_logger(__name__)

ANONYMOUS_PER_MINUTE = 100
ACTOR_PER_MINUTE = 6000
ALONE = "Redis does not answer: each process counts for itself"
_MOST_BUCKETS = 50_000
_MOST_SECONDS = 0.5
"""How long a request waits for Redis."""
_AGAIN_SECONDS = 1.0
"""How long Redis is left alone after it did not answer, so that not every request waits for it."""
_CONNECTIONS = 32

_TAKE = """
local time, most, cost = redis.call('TIME'), tonumber(ARGV[1]), tonumber(ARGV[2])
local now = time[1] * 1000000 + time[2]
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or most, tonumber(kept[2]) or now
tokens = math.min(most, tokens + math.max(0, now - at) * most / 60000000)
local taken = tokens >= cost and 1 or 0
tokens = math.min(most, tokens - taken * cost)
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], 60000)
return {taken, string.format('%.6f', tokens)}
"""
"""Some tokens of a bucket, by Redis' own clock; after a minute without requests a bucket is full, and so forgotten."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a request is allowed, whole tokens left, and seconds until it would be (or until all are back)."""

    allowed: bool
    left: int
    seconds: float

    @property
    def retry_after(self) -> int:
        """Whole seconds after which it is sure to be allowed, if nobody else asks."""
        return int(self.seconds) + 1


@dataclass(slots=True)
class Bucket:
    """Tokens left at a moment of the monotonic clock; they flow back evenly over a minute."""

    tokens: float
    at: float


class Counts:
    """The buckets of one process. Forgets the longest unused first, so an attacker cannot fill the memory."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, per_minute: int, now: float, cost: int = 1) -> Answer:
        """Take `cost` tokens of `key`, if there are as many; less than nothing gives some back."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(per_minute, now)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
            bucket.tokens = min(per_minute, bucket.tokens + max(0.0, now - bucket.at) * per_minute / 60)
            bucket.at = now
        allowed = bucket.tokens >= cost
        bucket.tokens = min(per_minute, bucket.tokens - allowed * cost)
        return _answer(bucket.tokens, per_minute, cost, allowed=allowed)

    def forget(self) -> None:
        """Fill every bucket again."""
        self._buckets.clear()


class SharedCounts:
    """The buckets of all processes, in Redis; one round trip for each request."""

    def __init__(self, url: str, prefix: str) -> None:
        retry = Retry(NoBackoff(), 1)  # a connection that Redis closed meanwhile is no sign that Redis is away
        pool = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType] - untyped keywords
            url,
            max_connections=_CONNECTIONS,
            timeout=_MOST_SECONDS,
            socket_timeout=_MOST_SECONDS,
            socket_connect_timeout=_MOST_SECONDS,
            retry=retry,
        )
        self._redis: Any = Redis.from_pool(pool)
        self._take: Callable[..., Awaitable[Any]] = self._redis.register_script(_TAKE)
        self._prefix = f"{prefix}:limit:"
        self._again = float("-inf")
        self.away = False

    async def take(self, key: str, per_minute: int, cost: int = 1) -> Answer | None:
        """Take `cost` tokens of `key`, if there are as many; None while Redis is away."""
        found = await self._ask(lambda: self._take([self._prefix + key], [per_minute, cost]))
        if found is None:
            return None
        taken, tokens = found
        return _answer(float(tokens), per_minute, cost, allowed=taken == 1)

    async def look(self) -> None:
        """Find out whether Redis is away, also when nobody asks for anything."""
        await self._ask(self._redis.ping)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def _ask(self, question: Callable[[], Awaitable[Any]]) -> Any:
        now = time.monotonic()
        if self.away:
            if now < self._again:
                return None
            self._again = now + _AGAIN_SECONDS  # the others do not wait while this one tries
        try:
            found = await question()
        except (OSError, RedisError) as error:
            self._again = time.monotonic() + _AGAIN_SECONDS
            if not self.away:
                log.warning("rate limits are counted by each process alone: Redis does not answer", error=str(error))
            self.away = True
            return None
        if self.away:
            log.info("rate limits are counted together again")
        self.away = False
        return found


class Limits:
    """The rate limits of a process: its own counts, and what all processes count together where they can."""

    def __init__(self, shared: SharedCounts | None = None) -> None:
        self._own = Counts()
        self._shared = shared

    async def take(self, key: str, per_minute: int, cost: int = 1) -> Answer:
        """Count one request of `key`, or one that is worth `cost` of them."""
        own = self._own.take(key, per_minute, time.monotonic(), cost)
        if self._shared is None or not own.allowed:
            return own  # whoever is too much for this process alone is too much for all of them
        return await self._shared.take(key, per_minute, cost) or own

    async def give_back(self, key: str, per_minute: int) -> None:
        """Undo one `take`: it should not have been counted."""
        await self.take(key, per_minute, -1)

    async def spend(self, key: str, per_minute: int, cost: int = 1) -> None:
        """Count a request where no headers tell of it. Raises TooManyRequests."""
        answer = await self.take(key, per_minute, cost)
        if not answer.allowed:
            raise TooManyRequests(retry_after=answer.retry_after)

    async def spend_as_stranger(self, ip: str) -> None:
        """Count one request of an unknown caller at `ip`. Raises TooManyRequests."""
        await self.spend(stranger(ip), ANONYMOUS_PER_MINUTE)

    async def reason(self) -> str | None:
        """Why the processes do not count together at the moment; None when they do, or when there is no Redis."""
        if self._shared is None:
            return None
        await self._shared.look()
        return ALONE if self._shared.away else None

    def forget(self) -> None:
        """Fill every bucket of this process again."""
        self._own.forget()

    async def close(self) -> None:
        """Let go of Redis."""
        if self._shared is not None:
            await self._shared.close()


def bucket_of(actor: Actor) -> tuple[str, int]:
    """Where an actor's requests are counted, whichever door they come through, and how many a minute may have."""
    if actor.kind is ActorKind.ANONYMOUS:
        return stranger(actor.label), ANONYMOUS_PER_MINUTE
    return f"{actor.kind}:{actor.id}", ACTOR_PER_MINUTE


def stranger(ip: str) -> str:
    """The bucket of those whom we do not know, by where they come from."""
    return f"ip:{neighborhood(ip)}"


def neighborhood(ip: str) -> str:
    """What one connection to the internet has: an IPv4 address, or all the addresses of an IPv6 /64 (RFC 6177).

    Counting each of those by itself would be counting nobody.
    """
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if address.version == 4:
        return ip
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


def limits_for(settings: Settings) -> Limits:
    """Limits shared through Redis where there is one, else of this process."""
    if settings.redis_url is None:
        return Limits()
    return Limits(SharedCounts(settings.redis_url.get_secret_value(), settings.database_role_prefix))


def _answer(tokens: float, per_minute: int, cost: int, *, allowed: bool) -> Answer:
    missing = per_minute - tokens if allowed else cost - tokens
    return Answer(allowed, int(tokens), missing * 60 / per_minute)
