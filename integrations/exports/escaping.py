"""Cells that no spreadsheet takes for a formula, and the way back to what they held.

A spreadsheet runs a cell of a CSV file that begins like a formula. One apostrophe in front makes
it text; because values that begin with an apostrophe get one too, taking one off again always
gives the value back.
"""

from __future__ import annotations

from collections.abc import Iterable

MARK = "'"
# What Excel, LibreOffice or Google Sheets take for the beginning of a formula: the four signs,
# their full-width forms, and the white space they skip on their way to one.
RISKY = frozenset("=+-@\t\r\n＝＋－＠" + MARK)


def guard_column(cells: Iterable[str | None]) -> list[str | None]:
    """The cells, each with an apostrophe in front where it begins with a character of `RISKY`."""
    # Written out rather than a call per cell: an export of 100,000 rows has over a million.
    return [MARK + cell if cell and cell[0] in RISKY else cell for cell in cells]


def guard(cell: str) -> str:
    """`cell`, with an apostrophe in front if it begins with a character of `RISKY`."""
    return MARK + cell if cell and cell[0] in RISKY else cell


def restore(cell: str) -> str:
    """The value behind an exported cell: the inverse of `guard`, for every string."""
    return cell.removeprefix(MARK)
