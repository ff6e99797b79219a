"""The one reader and writer of CSV and XLSX files, with the one escaping of formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from integrations.messages import Message

# How many of the cells are names of columns: by this a reader recognises the header.
CountKnown = Callable[[Sequence[str]], int]
# Lines that hold something, of which one should be the header.
HEADER_WITHIN = 20


class SheetRefused(Exception):
    """The sheet cannot be read; the message tells the user why and what to do."""


@dataclass(frozen=True, slots=True)
class MergedInto:
    """A cell that is empty because it is part of a merged one, which holds `text` at `place`."""

    place: str
    text: str
    below: bool  # in the same column


@dataclass(slots=True)
class Line:
    """One row of a sheet, blank or not, under the number that the spreadsheet shows.

    By index of the cell: `problems` say why its text is not what belongs there, `doubts` what may
    be wrong with it, `merged` which cells are covered by another.
    """

    number: int
    cells: list[str]
    is_hidden: bool = False
    problems: dict[int, Message] = field(default_factory=dict)
    doubts: dict[int, Message] = field(default_factory=dict)
    merged: dict[int, MergedInto] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet before its header is understood.

    `lines` come one by one, and may raise `SheetRefused`. `read_as` names the format, `notes` are
    warnings for the user, `hidden_columns` indexes of columns that the spreadsheet does not show.
    With `is_separated`, a separator inside of a text may have pushed the cells behind it along.
    """

    lines: Iterator[Line]
    read_as: Message
    notes: list[Message] = field(default_factory=list)
    hidden_columns: frozenset[int] = frozenset()
    is_separated: bool = False
