"""Headings and values as people read them, and phone numbers as France writes them.

Codes are what programs read: names of columns and values of the unified schema. Dates have a
choice of their own, and texts of the customer's (stages, tags, departments) are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import override

from integrations.exports.columns import Cells, Heading
from integrations.models import PhoneFormat, Wording

Rewrite = Callable[[Cells], Cells]

# Values of the unified schema as people say them. What is not listed is shown in sentence case when
# it is one of our upper-case words, and exactly as Flatchr sent it otherwise.
_SAID = {
    "ON_SITE": _lazy("On site"),
    "UNLISTED": _lazy("Not published"),
    "PENDING": _lazy("In progress"),
    "YEAR": _lazy("a year"),
    "MONTH": _lazy("a month"),
    "TWO_WEEKS": _lazy("every two weeks"),
    "WEEK": _lazy("a week"),
    "DAY": _lazy("a day"),
    "HOUR": _lazy("an hour"),
}

# A number of mainland France in E.164, whole, alone in its cell or between those of a list.
_FRENCH_NUMBER = re.compile(r"(?<![^; ])\+33([1-9])(\d\d)(\d\d)(\d\d)(\d\d)(?![^;])")
_NATIONAL = r"0\1 \2 \3 \4 \5"


def in_words(value: str) -> str:
    """A value of the unified schema in the active language: `FULL_TIME` reads "Full time"."""
    if value in _SAID:
        return str(_SAID[value])
    if value.isupper() and len(value) > 3:
        return _(value.replace("_", " ").capitalize())
    return str(value)


def titled(headings: Sequence[Heading], wording: str) -> list[Heading]:
    """The headings under the names that a file with this wording gives them."""
    if wording == Wording.CODES:
        return list(headings)
    with override(wording):
        return [heading._replace(name=_(heading.label)) for heading in headings]


def rewrites(headings: Sequence[Heading], wording: str, phones: str) -> dict[int, Rewrite]:
    """What is done to the cells of a column, by its place; nothing to those of the others."""
    found: dict[int, Rewrite] = {}
    for place, heading in enumerate(headings):
        if heading.words and wording != Wording.CODES:
            with override(wording):
                found[place] = _replaced({str(value): in_words(value) for value in heading.words})
        elif heading.holds_phones and phones == PhoneFormat.NATIONAL:
            found[place] = national
    return found


def _replaced(words: dict[str, str]) -> Rewrite:
    """Replace the values that have words: a field may hold any other text as well."""
    return lambda cells: [words.get(cell, cell) for cell in cells]


def national(cells: Cells) -> list[str | None]:
    """Numbers of mainland France as `06 12 34 56 78`; all others stay as they are."""
    return [_FRENCH_NUMBER.sub(_NATIONAL, cell) if cell else cell for cell in cells]
