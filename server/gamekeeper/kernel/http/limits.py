"""Rate limits at the doors: a bucket per address for strangers, per actor for those we know; said in headers."""

from starlette.requests import HTTPConnection

from gamekeeper.kernel.caller import Actor, ActorKind
from gamekeeper.kernel.errors import TooManyRequests
from gamekeeper.kernel.http.addresses import client_ip
from gamekeeper.kernel.limits import bucket_of
from gamekeeper.kernel.runtime import Runtime


async def spend(connection: HTTPConnection, actor: Actor) -> None:
    """Count one request of `actor` and remember the headers for the answer. Raises TooManyRequests."""
    await spend_of(connection, *bucket_of(actor))


class Stranger:
    """One request of somebody who has not proven anything: counted once at most, and only when it is asked for.

    Whoever proves something is not counted here, so that a venue full of people does not share their address' bucket.
    """

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._counted = False

    async def count(self) -> None:
        """Count it, unless it was counted. Raises TooManyRequests."""
        if self._counted:
            return
        self._counted = True
        runtime: Runtime = self._connection.app.state.runtime
        ip = client_ip(self._connection, runtime.settings.proxy_networks)
        await spend(self._connection, Actor(ActorKind.ANONYMOUS, label=ip))


async def spend_of(connection: HTTPConnection, key: str, per_minute: int) -> None:
    """Count one request of a bucket of one's own, such as a door for machines. Raises TooManyRequests."""
    runtime: Runtime = connection.app.state.runtime
    answer = await runtime.limits.take(key, per_minute)
    headers = connection.scope.setdefault("answer_headers", {})
    headers["ratelimit-limit"] = str(per_minute)
    headers["ratelimit-remaining"] = str(answer.left)
    headers["ratelimit-reset"] = str(answer.retry_after)
    if not answer.allowed:
        raise TooManyRequests(retry_after=answer.retry_after)
