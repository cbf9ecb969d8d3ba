"""A table for a spreadsheet holds data and nothing that runs."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gamekeeper
from gamekeeper.kernel.http.spreadsheets import csv_of


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1", "-1", "@x", " =1", "\t=1", "\rx", "\nx", "\uff1d1", "\u00a0=1"]
)
def test_what_would_run_is_marked_as_text(text: str) -> None:
    assert read(csv_of([[text]])) == [[f"'{text}"]]


def test_values_keep_their_form() -> None:
    row = ['a, "b"', -1.5, None, True, datetime(2026, 11, 21, tzinfo=UTC), ["+1", "2"], ["a", "b"]]
    assert read(csv_of([row])) == [['a, "b"', "-1.5", "", "True", "2026-11-21T00:00:00+00:00", "'+1, 2", "a, b"]]


@given(st.lists(st.lists(st.text(), min_size=1), max_size=5))
def test_any_text_comes_back_and_begins_no_formula(rows: list[list[str]]) -> None:
    for row, found in zip(rows, read(csv_of(rows)), strict=True):
        for text, cell in zip(row, found, strict=True):
            assert cell in {text, f"'{text}"}
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))


def test_there_is_one_way_to_write_a_table() -> None:
    """Whoever writes CSV on their own forgets the formulas."""
    root = Path(gamekeeper.__file__).parent
    users = {path.name for path in root.rglob("*.py") if "import csv\n" in path.read_text()}
    assert users == {"spreadsheets.py"}
