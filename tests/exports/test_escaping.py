"""Formulas are made harmless, and nothing is lost by it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.spreadsheets.csv_file import csv_lines
from integrations.spreadsheets.escaping import RISKY, guard, guard_column, restore

FORMULAS = [
    "=1+1",
    "+33612345678+1",
    "+33 612345678",
    "+1-2",
    "-2",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
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


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("a;=1+1;b", "a;'=1+1;b"),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("a,-1", "a,'-1"),
        ("two\r\n=lines", "two\r\n'=lines"),
        ('a; "=1+1"', 'a;\' "=1+1"'),
        ("a;'=1", "a;''=1"),
        ("a;=1;=2;'", "a;'=1;'=2;'"),
        ("+336; +337", "'+336;' +337"),
        ("\t=1", "'\t'=1"),
    ],
)
def test_a_part_that_begins_like_a_formula_gets_an_apostrophe_of_its_own(
    text: str, guarded: str
) -> None:
    assert guard(text) == guarded
    assert restore(guarded) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Camille",
        "N'Diaye",
        "a=1",
        " x",
        "0612345678",
        "+33612345678",
        "+33612345678; +262692123456",
        "Nadia; +33612345678",
        "\0",
        "a; b, c",
        "Anglais; Mobile",
        "d;'accord",
    ],
)
def test_anything_else_is_left_as_it_is(text: str) -> None:
    assert guard(text) == text
    assert restore(text) == text


@given(texts)
@example("'" * 3 + "=")
def test_every_text_comes_back(text: str) -> None:
    assert restore(guard(text)) == text


# Text in which separators, signs and what may stand between them meet as often as can be.
dense = st.text(st.sampled_from(";,\t\n\r =+-@'\"a＝"))


@given(dense)
def test_every_text_made_of_separators_and_signs_comes_back(text: str) -> None:
    assert restore(guard(text)) == text


@given(dense)
def test_no_part_of_a_guarded_cell_is_a_formula_wherever_it_is_cut(text: str) -> None:
    _, *parts = re.split("[;,\t\r\n]", guard(text))
    for part in parts:
        assert part.lstrip(' "')[:1] not in set("=+-@＝"), part


@given(texts)
def test_no_guarded_cell_begins_like_a_formula(text: str) -> None:
    assert guard(text)[:1] not in RISKY - {"'"}


@given(st.lists(texts | dense | st.none()))
def test_a_column_is_guarded_as_its_cells_are(cells: list[str | None]) -> None:
    assert guard_column(cells) == [cell if cell is None else guard(cell) for cell in cells]


@given(st.lists(st.tuples(texts, texts, texts), min_size=1))
@example([("a,b", '"', "\r\n"), ("\0", "\n", " x")])
def test_the_csv_reads_back_as_it_was_written(table: list[tuple[str, str, str]]) -> None:
    text = csv_lines(list(zip(*table, strict=True)))
    assert [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)] == table


@given(st.lists(st.tuples(texts | st.none(), texts), min_size=1))
def test_the_csv_is_what_the_standard_library_writes(
    table: list[tuple[str | None, str]],
) -> None:
    expected = io.StringIO(newline="")
    csv.writer(expected, lineterminator="\r\n").writerows(table)
    assert csv_lines(list(zip(*table, strict=True))) == expected.getvalue()
