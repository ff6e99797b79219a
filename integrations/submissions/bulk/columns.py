"""The columns of a sheet of candidates: their names, and where a sheet has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.text import capfirst
from django.utils.translation import get_language

from integrations.messages import Message, sequence, translated
from integrations.submissions.bulk.reading.headings import OF_RESULTS, meaning, normal, rank


class SheetColumn(NamedTuple):
    name: str
    required: bool
    words: str
    example: str

    @property
    def heading(self) -> str:
        """Its name in the language of the reader."""
        return heading(self.name)


COLUMNS = (
    SheetColumn("first_name", True, "The candidate's first name.", "Zoé"),
    SheetColumn("last_name", True, "The candidate's last name.", "d'Arcy-Martin"),
    SheetColumn("email_address", True, "One e-mail address.", "zoe.martin@mail.example"),
    SheetColumn(
        "phone_number",
        False,
        "With the country code, or a French number. Format the column as text, or the spreadsheet "
        "takes the leading zero away.",
        "+33 6 12 34 56 78",
    ),
    SheetColumn(
        "job",
        True,
        "Which job: as the sheet of open jobs writes it, its Flatchr reference, its Relais ID, "
        "remote: and its Flatchr ID, or its exact title if no other open job has the same.",
        "REF-2041",
    ),
    SheetColumn("cover_letter", False, "The text of a cover letter.", "Madame, Monsieur, …"),
    SheetColumn("cv", False, "The name of the CV's file in the ZIP.", "zoe-martin.pdf"),
)
NAMES = tuple(column.name for column in COLUMNS)
REQUIRED = tuple(column.name for column in COLUMNS if column.required)
# What a result file adds: it may be uploaded again once its rows are corrected.
RESULT_NAMES = tuple(OF_RESULTS)


def named(name: str) -> Message:
    """A column as messages name it: in the language of whoever reads them."""
    return Message(f"column_{name}")


def heading(name: str) -> str:
    """The heading of a column in a sheet that is written in the active language.

    In English it is the column's name, on which programs rely.
    """
    words = translated(named(name))
    return words if (get_language() or "en").startswith("en") else capfirst(words)


class HeaderRefused(Exception):
    """No row names the columns; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where each known column stands, by index: several have one meaning if they are called
    differently, the one that is to be believed first comes first.

    `headings` are the cells of the row, `unknown` those that mean nothing here.
    """

    places: dict[str, list[int]]
    headings: Sequence[str]
    unknown: tuple[str, ...]

    @property
    def width(self) -> int:
        filled = [index for index, cell in enumerate(self.headings) if cell.strip()]
        return filled[-1] + 1

    def is_repeated_by(self, cells: Sequence[str]) -> bool:
        """Whether a row says the same once more, as on each page of a printed list."""
        return known(cells) > 1 and all(
            index < len(cells) and normal(cells[index]) == normal(self.headings[index])
            for places in self.places.values()
            for index in places
        )


def known(cells: Sequence[str]) -> int:
    """How many columns the cells name: by this a row is recognised as the header."""
    return len({meaning(cell) for cell in cells} & set(NAMES))


def read_header(cells: Sequence[str], hidden: Collection[int] = ()) -> Header:
    """What a row of headings says. Raises `HeaderRefused`.

    A column that is hidden counts only where no other has its meaning.
    """
    places: dict[str, list[int]] = {}
    unknown: list[str] = []
    seen: dict[str, int] = {}
    for index in sorted(range(len(cells)), key=lambda index: index in hidden):
        name = meaning(cells[index])
        if index in hidden and name in places:
            continue
        if name in NAMES and normal(cells[index]) in seen:
            first = " ".join(cells[seen[normal(cells[index])]].split())
            raise HeaderRefused(Message("column_twice", name=first))
        if name in NAMES:
            seen[normal(cells[index])] = index
            places.setdefault(name, []).append(index)
        elif not name and cells[index].strip():
            unknown.append(" ".join(cells[index].split()))
    _check_complete(cells, places, unknown)
    for columns in places.values():
        columns.sort(key=lambda index: rank(cells[index]))
    return Header(places, cells, tuple(unknown))


def _check_complete(
    cells: Sequence[str], places: dict[str, list[int]], unknown: Iterable[str]
) -> None:
    missing = [name for name in REQUIRED if name not in places]
    if missing and not places:
        found = ", ".join(f"“{cell[:40]}”" for cell in cells[:6] if cell.strip())
        raise HeaderRefused(
            Message(
                "header_missing",
                names=[named(name) for name in NAMES],
                found=found or Message("nothing"),
            )
        )
    if missing:
        messages = [
            Message("columns_missing", names=[named(name) for name in missing], count=len(missing))
        ]
        if names := ", ".join(f"“{name}”" for name in unknown):
            messages.append(Message("columns_unknown", names=names))
        raise HeaderRefused(sequence(messages))
