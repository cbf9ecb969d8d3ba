"""Cursors of this module's lists: the id of the last row, or its name and id."""

from uuid import UUID

from gamekeeper.kernel.http.pages import MalformedCursor, PageRequest


def id_place(page: PageRequest) -> UUID | None:
    """The id after which a page begins; None at the start. Raises MalformedCursor."""
    if page.place is None:
        return None
    return _id(page.place[0] if len(page.place) == 1 else None)


def name_place(page: PageRequest) -> tuple[str, UUID] | None:
    """The name and id after which a page begins; None at the start. Raises MalformedCursor."""
    if page.place is None:
        return None
    if len(page.place) != 2 or not isinstance(page.place[0], str) or "\x00" in page.place[0]:
        raise MalformedCursor
    return page.place[0], _id(page.place[1])


def _id(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise MalformedCursor from error
