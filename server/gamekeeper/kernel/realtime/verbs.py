"""Frames from clients that do something: a module registers a handler, which runs in a transaction of its own."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from gamekeeper.kernel.context import Context

Shape = TypeVar("Shape", bound=BaseModel)
Handler = Callable[[Context, Any], Awaitable[BaseModel]]

_verbs: dict[str, tuple[type[BaseModel], Handler]] = {}


def verb(
    event: str, shape: type[Shape]
) -> Callable[[Callable[[Context, Shape], Awaitable[BaseModel]]], Callable[[Context, Shape], Awaitable[BaseModel]]]:
    """Handle the client's frame `event`, whose data is a `shape`; the answer is `{event: "<event>:accepted"}`."""

    def register(
        handler: Callable[[Context, Shape], Awaitable[BaseModel]],
    ) -> Callable[[Context, Shape], Awaitable[BaseModel]]:
        if event in _verbs:
            msg = f"the frame {event!r} has a handler already"
            raise ValueError(msg)
        _verbs[event] = (shape, handler)
        return handler

    return register


def handler_of(event: str) -> tuple[type[BaseModel], Handler] | None:
    """The shape and handler of a client's frame; None for one that nobody handles."""
    return _verbs.get(event)
