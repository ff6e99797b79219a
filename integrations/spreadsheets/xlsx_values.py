"""Values of XLSX cells as text: numbers by their format, dates, truth values, escaped characters.

The formats are those of ECMA-376, part 1, §18.8.30 and §18.17.4.
"""

from __future__ import annotations

import datetime as dt
import re

# Formats that are known by their number and show a date or a time.
_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
# What a format shows as it is: texts, escaped characters, colours and conditions, fillers.
_LITERAL = re.compile(r'"[^"]*"|\\.|\[(?![hms]+\])[^\]]*\]|[_*].', re.IGNORECASE)
_DATE_LETTER = re.compile(r"[dmyhs]", re.IGNORECASE)
_ONLY_ZEROS = re.compile(r"0+")
_LONGEST = 40

# The day before the first, with Excel's 29 February 1900 counted; and that of old Macs.
_EPOCH_1900 = dt.datetime(1899, 12, 30)
_EPOCH_1904 = dt.datetime(1904, 1, 1)

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class NumberFormat:
    """What a style does to a number: `is_date`, or `digits`, the fewest that are shown."""

    def __init__(self, number: int, code: str) -> None:
        shown = _LITERAL.sub("", code.partition(";")[0])
        self.is_date = number in _DATES or _DATE_LETTER.search(shown) is not None
        plain = _ONLY_ZEROS.fullmatch(shown) and len(shown) <= _LONGEST
        self.digits = len(shown) if plain and not self.is_date else 0


GENERAL = NumberFormat(0, "")


def unescaped(text: str) -> str:
    """`text` with the characters that XML cannot hold, and that are written `_xHHHH_` (§22.9.2.19).

    `_x005F_` is the underscore of what only looks like one of them.
    """
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # Halves of a character beyond the first 65,536 come one by one.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number_text(written: str, shown: NumberFormat) -> str:
    """A number as it reads: whole ones without a point, with the zeros that its format puts
    before it. What is no number is given back.
    """
    try:
        value = float(written)
    except ValueError:
        return written
    if not value.is_integer() or abs(value) >= 1e15:
        return repr(value)
    return str(int(value)).zfill(shown.digits) if value >= 0 else str(int(value))


def date_text(written: str, *, since_1904: bool) -> str:
    """A day as YYYY-MM-DD, with its time if it has one; what is no day is given back."""
    try:
        serial = float(written)
        moment = (_EPOCH_1904 if since_1904 else _EPOCH_1900) + dt.timedelta(days=serial)
    except (ValueError, OverflowError):
        return written
    moment = (moment + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    if 0 <= serial < 1:
        return moment.time().isoformat()
    return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(" ")


def truth_text(written: str) -> str:
    return "True" if written.strip() in ("1", "true") else "False"
