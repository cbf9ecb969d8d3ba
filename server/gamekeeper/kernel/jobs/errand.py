"""What an errand gets: whom it works for, and as many short transactions as it needs."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from gamekeeper.kernel.caller import Authenticated, RequestFacts
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Errand:
    """One run of an errand. No transaction is open while it calls the outside world.

    `attempt` counts the tries from 1; `last` says that no other will follow.
    """

    runtime: Runtime
    who: Authenticated
    request: RequestFacts
    id: UUID
    attempt: int
    last: bool

    def transaction(self) -> AbstractAsyncContextManager[Context]:
        """A transaction on behalf of whoever asked for the errand: read the intent, or record the result."""
        return self.runtime.context(self.who, self.request)
