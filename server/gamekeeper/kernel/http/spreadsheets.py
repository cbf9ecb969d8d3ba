"""Rows for spreadsheets: CSV in which every text is data, whoever typed it."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 - some spreadsheets read the wide ones as well
_ODD = ("\t", "\r", "\n")


def csv_of(rows: Iterable[Iterable[object]]) -> str:
    """Lines of CSV (RFC 4180); times in ISO 8601, None as nothing, lists with commas.

    A text that a spreadsheet would run as a formula gets an apostrophe, which marks it as text. Numbers stay numbers.
    """
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    match value:
        case str():
            return f"'{value}" if value.startswith(_ODD) or value.lstrip().startswith(_FORMULA) else value
        case datetime():
            return value.isoformat()
        case list():
            return _cell(", ".join(str(each) for each in value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - whatever it holds has a text
        case _:
            return value
