"""The decorators that make a job of a function, and the list of all jobs of this program."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any, TypeAlias, overload
from uuid import UUID

from croniter import croniter
from pydantic import BaseModel, ConfigDict, create_model

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs.models import Lane
from gamekeeper.kernel.jobs.queue import Order, enqueue, recall

Work: TypeAlias = Callable[..., Awaitable[None]]
"""An async function `(ctx: Context, *, plain arguments)`; of an errand `(errand: Errand, *, plain arguments)`."""

_jobs: dict[str, "Job"] = {}
_schedules: dict[str, "Schedule"] = {}


class GiveUp(Exception):
    """Raise inside a job when trying again cannot help: it fails at once, and says why."""


@dataclass(frozen=True, slots=True)
class Job:
    """A function that a worker runs.

    After a failure it is tried again up to `retries` times, later and later; `timeout` (seconds) is the deadline of
    each try. `key` is a template over the arguments, such as `"device:{device_id}"`: jobs with the same key never run
    at the same time. `single` keeps at most one waiting for each key (without a key: for the same arguments); the
    one that waits sees the changes of everybody who asked for it.
    """

    name: str
    title: str
    function: Work
    lane: Lane
    retries: int
    timeout: float
    key: str | None
    single: bool
    arguments: type[BaseModel]

    async def later(self, ctx: Context, *, at: datetime | None = None, **arguments: Any) -> UUID:
        """Enqueue in the caller's transaction, to run after its commit, or at `at` (aware). Returns the job's id.

        Raises pydantic's ValidationError when the arguments are not the function's.
        """
        return await enqueue(ctx, self.order(arguments), at)

    async def instead(self, ctx: Context, **arguments: Any) -> UUID | None:
        """Enqueue in place of those of the same key that wait, such as for their next try; it has all its tries.

        While one of them runs nothing changes, and None is returned.
        """
        order = self.order(arguments)
        return await enqueue(ctx, order) if await recall(ctx, order) else None

    def order(self, arguments: dict[str, Any]) -> Order:
        """The job with its arguments checked, in the form that is stored."""
        stored = self.arguments.model_validate(arguments).model_dump(mode="json")
        key = self.key.format(**stored) if self.key else None
        waiting_key = None
        if self.single:
            waiting_key = f"{self.name} {key or self.arguments.model_validate(arguments).model_dump_json()}"
        return Order(name=self.name, lane=self.lane, arguments=stored, key=key, waiting_key=waiting_key)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that runs again and again: `expression` is a cron line in UTC."""

    job: Job
    expression: str
    each_organization: bool


@overload
def job(function: Work, /) -> Job: ...
@overload
def job(
    *, retries: int = 10, timeout: float = 60, key: str | None = None, single: bool = False
) -> Callable[[Work], Job]: ...
def job(
    function: Work | None = None,
    /,
    *,
    retries: int = 10,
    timeout: float = 60,
    key: str | None = None,
    single: bool = False,
) -> Job | Callable[[Work], Job]:
    """Make a job of `async def f(ctx: Context, *, …)`: one transaction, committed when it returns.

    It must not call the network (the transaction would hold up every reader of the log): that is an `errand`.
    """

    def register(work: Work) -> Job:
        return _register(work, Lane.JOB, retries=retries, timeout=timeout, key=key, single=single)

    return register(function) if function else register


@overload
def errand(function: Work, /) -> Job: ...
@overload
def errand(
    *, retries: int = 10, timeout: float = 300, key: str | None = None, single: bool = False
) -> Callable[[Work], Job]: ...
def errand(
    function: Work | None = None,
    /,
    *,
    retries: int = 10,
    timeout: float = 300,
    key: str | None = None,
    single: bool = False,
) -> Job | Callable[[Work], Job]:
    """Make a job of `async def f(errand: Errand, *, …)`, which calls the outside world between its transactions.

    When the worker dies half-way it runs again from its start, so what it does outside must bear repetition.
    """

    def register(work: Work) -> Job:
        return _register(work, Lane.ERRAND, retries=retries, timeout=timeout, key=key, single=single)

    return register(function) if function else register


def every(expression: str, *, each_organization: bool = False) -> Callable[[Work | Job], Job]:
    """Run a job without arguments by a cron line (UTC), once in the whole cluster, or once for each organization.

    `@every("*/5 * * * *")` on a function, or above `@job(…)` or `@errand` for other limits than theirs. A run that
    was missed because no worker was up happens once, when one is.
    """
    if not croniter.is_valid(expression):
        msg = f"{expression!r} is not a cron line"
        raise ValueError(msg)

    def register(work: Work | Job) -> Job:
        made = work if isinstance(work, Job) else job(work)
        _schedules[made.name] = Schedule(made, expression, each_organization)
        return made

    return register


def every_job() -> dict[str, Job]:
    """All jobs of the modules that are imported, by name."""
    return dict(sorted(_jobs.items()))


def title_of(name: str) -> str:
    """What people call a job: the first line of its description. A job of an earlier version has only its name."""
    known = _jobs.get(name)
    return known.title if known else name


def every_schedule() -> dict[str, Schedule]:
    """All periodic jobs of the modules that are imported, by name."""
    return dict(sorted(_schedules.items()))


def _register(work: Work, lane: Lane, *, retries: int, timeout: float, key: str | None, single: bool) -> Job:
    name = name_of(work)
    if name in _jobs:
        msg = f"there are two jobs called {name}"
        raise ValueError(msg)
    arguments = _arguments(work, name)
    unknown = {field for _, field, _, _ in Formatter().parse(key or "") if field} - set(arguments.model_fields)
    if unknown:
        msg = f"the key of {name} names {', '.join(sorted(unknown))}, which it does not take"
        raise ValueError(msg)
    title = (inspect.getdoc(work) or name).splitlines()[0].rstrip(".")
    _jobs[name] = made = Job(name, title, work, lane, retries, timeout, key, single, arguments)
    return made


def name_of(function: Callable[..., object]) -> str:
    """`fleet.commands.expire`: where a function lives, without the words that say nothing. Stored with its jobs."""
    boring = {"gamekeeper", "modules", "jobs", "subscribers"}
    parts = [part for part in function.__module__.split(".") if part not in boring]
    return ".".join([*parts, function.__qualname__.rpartition(">.")[2]])


def _arguments(work: Work, name: str) -> type[BaseModel]:
    _, *parameters = inspect.signature(work, eval_str=True).parameters.values()
    fields: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind is not parameter.KEYWORD_ONLY:
            msg = f"the arguments of the job {name} must come after a *"
            raise TypeError(msg)
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (parameter.annotation, default)
    made: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
    return made
