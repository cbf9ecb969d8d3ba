"""Where a page of the floor or of its sessions begins."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from gamekeeper.kernel.http.pages import MalformedCursor


def parsed(place: Sequence[Any] | None) -> tuple[int, str, UUID] | None:
    """Position, label and id of a cursor. Raises MalformedCursor."""
    if place is None:
        return None
    try:
        position, label, id_ = place
        return int(position), str(label), UUID(str(id_))
    except (TypeError, ValueError) as error:
        raise MalformedCursor from error


def session_before(place: Sequence[Any] | None) -> UUID | None:
    """The id of a cursor over sessions. Raises MalformedCursor."""
    if place is None:
        return None
    try:
        [id_] = place
        return UUID(str(id_))
    except (TypeError, ValueError) as error:
        raise MalformedCursor from error
