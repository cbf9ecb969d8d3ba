"""Keyset pagination: a page costs the same at the end of a long list as at its start."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from fastapi import Depends, Query, Response
from pydantic import BaseModel

from gamekeeper.kernel.errors import Invalid

Item = TypeVar("Item")


class MalformedCursor(Invalid):
    """This page's cursor is malformed. Start again from the first page."""


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the `after` of the following page, or null at the end."""

    items: Sequence[Item]
    next: str | None


class PageRequest:
    """Which page: at most `limit` items after the place that the cursor names."""

    def __init__(self, limit: int, after: str | None) -> None:
        self.limit = limit
        self.place = _decode(after) if after else None

    def values(self, *kinds: type) -> tuple[Any, ...] | None:
        """The place as values of `kinds`, such as (str, UUID); None on the first page. Raises MalformedCursor."""
        if self.place is None:
            return None
        try:
            values = tuple(kind(part) for kind, part in zip(kinds, self.place, strict=True))
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise MalformedCursor from error
        if not all(_storable(value) for value in values):
            raise MalformedCursor
        return values

    @property
    def after_id(self) -> UUID | None:
        """The place in a list that is in the order of its ids; None on the first page. Raises MalformedCursor."""
        values = self.values(UUID)
        return values[0] if values else None

    def page(self, rows: Sequence[Any], key: Callable[[Any], Sequence[Any]]) -> Page[Any]:
        """The page of `rows`, of which the caller fetched `limit + 1`; `key` gives the sort values of one."""
        return Page(items=rows[: self.limit], next=self._next(rows, key))

    def answer(self, rows: Sequence[asyncpg.Record], key: Callable[[asyncpg.Record], Sequence[Any]]) -> Response:
        """The same page as JSON at once, with the names and types that the database gave: for hot lists."""
        shape = _shape(tuple(rows[0].keys())) if rows else msgspec.Struct
        items = [shape(*row) for row in rows[: self.limit]]
        body = _json.encode({"items": items, "next": self._next(rows, key)})
        return Response(body, media_type="application/json")

    def _next(self, rows: Sequence[Any], key: Callable[[Any], Sequence[Any]]) -> str | None:
        return encode(key(rows[self.limit - 1])) if len(rows) > self.limit else None


_json = msgspec.json.Encoder()


@cache
def _shape(names: tuple[str, ...]) -> type[msgspec.Struct]:
    """A row of these columns. Cheaper than a dictionary for each row: fifty of those took longer than their JSON."""
    return msgspec.defstruct("Row", names, gc=False)


def encode(place: Sequence[Any]) -> str:
    """A cursor: opaque to clients, free to change."""
    return base64.urlsafe_b64encode(_json.encode(place)).decode().rstrip("=")


def _decode(cursor: str) -> list[Any]:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise MalformedCursor from error
    if not isinstance(place, list):
        raise MalformedCursor
    return place  # pyright: ignore[reportUnknownVariableType] - JSON; whoever uses it checks each value


def _storable(value: Any) -> bool:
    """Whether the database can compare with a value: neither NUL nor a lone surrogate, and at most 64 bits."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


# Coroutines, here and in every other query: the framework would take a thread for a plain function.
async def _from_query(
    limit: Annotated[int, Query(ge=1, le=500, description="Most items of the page.")] = 50,
    after: Annotated[str | None, Query(max_length=500, description="The `next` of the previous page.")] = None,
) -> PageRequest:
    return PageRequest(limit, after)


PageQuery = Annotated[PageRequest, Depends(_from_query)]
