"""Texts that people type, as they may be stored, searched and shown."""

from typing import Annotated

from pydantic import AfterValidator


def _line(text: str) -> str:
    if not text.isprintable():
        msg = "must be one line of text"
        raise ValueError(msg)
    return text.strip()


Line = Annotated[str, AfterValidator(_line)]
"""One line of printable text without space around it: no NUL, which PostgreSQL refuses, and no line feed."""
