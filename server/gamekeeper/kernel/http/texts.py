"""Texts and moments that people type, as they may be stored, searched and shown."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)


def _line(text: str) -> str:
    if not text.isprintable():
        msg = "must be one line of text"
        raise ValueError(msg)
    return text.strip()


Line = Annotated[str, AfterValidator(_line)]
"""One line of printable text without space around it: no NUL, which PostgreSQL refuses, and no line feed."""


def _moment(moment: datetime) -> datetime:
    if not _FIRST <= moment <= _LAST:
        raise PydanticCustomError("moment_out_of_range", "must lie between the years 1970 and 2999")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_moment)]
"""A time with its offset, as UTC. Bounded, so that arithmetic with it and PostgreSQL's own bounds never fail."""
