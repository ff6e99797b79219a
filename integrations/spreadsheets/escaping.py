"""Cells that no spreadsheet takes for a formula, and the way back to what they held.

A spreadsheet runs a cell of a CSV file that begins like a formula. One apostrophe in front makes
it text; because values that begin with an apostrophe get one too, taking one off again always
gives the value back.

A spreadsheet that expects another separator than the file has (a French Excel expects `;`) cuts
cells in parts, quotes or not, and runs a part that begins like a formula. Such a part gets its
apostrophe after the separator that it follows.

A phone number in E.164 begins with a plus sign and computes nothing but itself, so it stays as it
is: with an apostrophe, a mail merge would print it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MARK = "'"
SIGNS = "=+-@＝＋－＠"
# What Excel, LibreOffice or Google Sheets take for the beginning of a formula: the four signs,
# their full-width forms, and the white space they skip on their way to one.
RISKY = frozenset(SIGNS + "\t\r\n" + MARK)

# Between the cells of a column that is looked at as a whole. In one of them, it costs time only.
END = "\0"
_BEGINNINGS = [(sign, END + sign) for sign in RISKY]

_PHONE = r"\+[0-9]{6,15}"
_PHONES = re.compile(rf"{_PHONE}(?:; {_PHONE})*")

SEPARATORS = ";,\t\r\n"
# What may stand between a separator and the sign; the apostrophe among it, so that a part which
# has been given one is still a part of this kind, and what was put in can be found again.
_FORMULA = rf"""[ "{MARK}]*[{re.escape(SIGNS)}]"""
_PART = re.compile(rf"(?<=[{SEPARATORS}])(?={_FORMULA})(?! *{_PHONE} *(?:[{SEPARATORS}]|\Z))")
_MARKED_PART = re.compile(rf"(?<=[{SEPARATORS}]){MARK}(?={_FORMULA})")


def guard_column(cells: Sequence[str | None]) -> Sequence[str | None]:
    """The cells, each as `guard` gives it; null stays null."""
    # Columns are looked at as one text each: an export of 100,000 rows has over a million cells,
    # most columns nothing that begins like a formula, and next to none a part that does.
    whole = END.join(filter(None, cells))
    guarded = cells
    if _begins_risky(whole):
        guarded = [MARK + cell if cell and _is_risky(cell) else cell for cell in cells]
    if _has_separator(whole) and _PART.search(whole):
        return [_PART.sub(MARK, cell) if cell else cell for cell in guarded]
    return guarded


def guard(cell: str) -> str:
    """`cell` with an apostrophe in front if it begins with a character of `RISKY` and is no phone
    number, and after each separator that something like a formula follows.
    """
    guarded = MARK + cell if cell and _is_risky(cell) else cell
    return _PART.sub(MARK, guarded)


def restore(cell: str) -> str:
    """The value behind an exported cell: the inverse of `guard`, for every string."""
    return _MARKED_PART.sub("", cell).removeprefix(MARK)


def _is_risky(cell: str) -> bool:
    return cell[0] in RISKY and not _PHONES.fullmatch(cell)


def _begins_risky(whole: str) -> bool:
    """Whether one of the cells that were joined by `END` begins with a character of `RISKY`."""
    return whole[:1] in RISKY or any(
        # One letter is found much sooner than two.
        sign in whole and beginning in whole
        for sign, beginning in _BEGINNINGS
    )


def _has_separator(text: str) -> bool:
    return any(separator in text for separator in SEPARATORS)
