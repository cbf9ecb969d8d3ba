"""The list of devices as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterable

import asyncpg

MOST_ROWS = 10_000
_COLUMNS = (
    "name", "status", "reason", "last_seen", "hostname", "kind", "mode", "location", "os", "agent_version", "ip",
    "cpu", "memory", "temperature", "disk", "latency", "tags", "id",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[asyncpg.Record]) -> str:
    """CSV with a header (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow(_cell(row[column]) for column in _COLUMNS)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return _cell(", ".join(str(each) for each in value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - tags are texts
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
