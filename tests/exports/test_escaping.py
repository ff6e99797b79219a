"""Formulas are made harmless, and nothing is lost by it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.exports.escaping import RISKY, guard, guard_column, restore
from integrations.exports.streaming import csv_text

FORMULAS = [
    "=1+1",
    "+33612345678",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠A1",
    "'=1",
    "'",
    "''",
]
# What a database can hold: everything but halves of surrogate pairs.
texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_begins_with_one_apostrophe_more(text: str) -> None:
    assert guard(text) == "'" + text
    assert restore(guard(text)) == text


@pytest.mark.parametrize("text", ["", "Camille", "N'Diaye", "a=1", " x", "0612345678", "\0"])
def test_anything_else_is_left_as_it_is(text: str) -> None:
    assert guard(text) == text
    assert restore(text) == text


@given(texts)
@example("'" * 3 + "=")
def test_every_text_comes_back(text: str) -> None:
    assert restore(guard(text)) == text


@given(texts)
def test_no_guarded_cell_begins_like_a_formula(text: str) -> None:
    assert guard(text)[:1] not in RISKY - {"'"}


@given(st.lists(texts | st.none()))
def test_a_column_is_guarded_as_its_cells_are(cells: list[str | None]) -> None:
    assert guard_column(cells) == [cell if cell is None else guard(cell) for cell in cells]


@given(st.lists(st.tuples(texts, texts, texts), min_size=1))
@example([("a,b", '"', "\r\n"), ("\0", "\n", " x")])
def test_the_csv_reads_back_as_it_was_written(table: list[tuple[str, str, str]]) -> None:
    text = csv_text(list(zip(*table, strict=True)))
    assert [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)] == table


@given(st.lists(st.tuples(texts | st.none(), texts), min_size=1))
def test_the_csv_is_what_the_standard_library_writes(
    table: list[tuple[str | None, str]],
) -> None:
    expected = io.StringIO(newline="")
    csv.writer(expected, lineterminator="\r\n").writerows(table)
    assert csv_text(list(zip(*table, strict=True))) == expected.getvalue()
