"""Strategies that make any frame, from the frames' own types."""

from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

_TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_ID = st.text("abcXYZ0189_.:-", min_size=1, max_size=64)


def frames(union: Any) -> st.SearchStrategy[Any]:
    """Any member of a union of frames."""
    return st.one_of([structs(member) for member in get_args(union)])


def structs(kind: type[Struct]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{name: values(hints[name]) for name in kind.__struct_fields__})


def values(kind: Any, meta: msgspec.Meta | None = None) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return values(arguments[0], arguments[1])
    if origin in {Union, UnionType}:
        return st.one_of([values(each) for each in arguments])
    low, high = (meta.min_length or 0, meta.max_length) if meta else (0, None)
    if origin is list:
        return st.lists(values(arguments[0]), min_size=low, max_size=min(high or 4, 4))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=4).map(tuple)
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=3)
    return _plain(kind, meta, low, high)


def _plain(kind: Any, meta: msgspec.Meta | None, low: int, high: int | None) -> st.SearchStrategy[Any]:
    simple: dict[Any, st.SearchStrategy[Any]] = {bool: st.booleans(), UUID: st.uuids(), type(None): st.none()}
    if kind in simple:
        return simple[kind]
    if kind is str:
        is_id = meta and meta.pattern and meta.pattern.startswith(r"\A[A")
        return _ID if is_id else st.text(_TEXT, min_size=low, max_size=min(high or 40, 40))
    if kind is bytes:
        return st.binary(min_size=low, max_size=min(high or 64, 64))
    if kind in {int, float}:
        return _number(kind, meta)
    return st.sampled_from(list(kind)) if issubclass(kind, Enum) else structs(kind)


def _number(kind: Any, meta: msgspec.Meta | None) -> st.SearchStrategy[Any]:
    low: Any = meta.ge if meta else None
    high: Any = meta.le if meta else None
    if meta and meta.lt is not None:
        high = int(meta.lt) - 1
    if kind is int:
        return st.integers(low, high)
    return st.floats(low, high, allow_nan=False, allow_infinity=False)
