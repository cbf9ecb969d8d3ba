"""Rate limits: a bucket per address for strangers, per actor for those we know."""

import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from gamekeeper.kernel.caller import Actor, ActorKind
from gamekeeper.kernel.errors import TooManyRequests

ANONYMOUS_PER_MINUTE = 100
ACTOR_PER_MINUTE = 6000
_MOST_BUCKETS = 50_000


@dataclass(slots=True)
class Bucket:
    """Tokens left at a moment of the monotonic clock; they flow back evenly over a minute."""

    tokens: float
    at: float


class Limits:
    """The buckets of one process. Forgets the longest unused first, so an attacker cannot fill the memory."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, per_minute: int, now: float) -> tuple[int, float]:
        """Take one token of `key`. Returns (tokens left, seconds until the next one); -1 left means refused."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(per_minute, now)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
            bucket.tokens = min(per_minute, bucket.tokens + max(0.0, now - bucket.at) * per_minute / 60)
            bucket.at = now
        if bucket.tokens < 1:
            return -1, (1 - bucket.tokens) * 60 / per_minute
        bucket.tokens -= 1
        return int(bucket.tokens), (per_minute - bucket.tokens) * 60 / per_minute

    def forget(self) -> None:
        """Fill every bucket again."""
        self._buckets.clear()


def spend(connection: HTTPConnection, actor: Actor) -> None:
    """Count one request of `actor` and remember the headers for the answer. Raises TooManyRequests."""
    anonymous = actor.kind is ActorKind.ANONYMOUS
    most = ANONYMOUS_PER_MINUTE if anonymous else ACTOR_PER_MINUTE
    spend_of(connection, f"ip:{actor.label}" if anonymous else f"{actor.kind}:{actor.id}", most)


def spend_of(connection: HTTPConnection, key: str, per_minute: int) -> None:
    """Count one request of a bucket of one's own, such as a door for machines. Raises TooManyRequests."""
    limits: Limits = connection.app.state.limits
    left, seconds = limits.take(key, per_minute, time.monotonic())
    headers = connection.scope.setdefault("answer_headers", {})
    headers["ratelimit-limit"] = str(per_minute)
    headers["ratelimit-remaining"] = str(max(0, left))
    headers["ratelimit-reset"] = str(int(seconds) + 1)
    if left < 0:
        headers["retry-after"] = str(int(seconds) + 1)
        raise TooManyRequests
