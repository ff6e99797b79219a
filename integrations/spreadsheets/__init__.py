"""The one reader and writer of CSV and XLSX files, with the one escaping of formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from integrations.messages import Message

# How many of the cells are names of columns: by this a reader recognises the header.
CountKnown = Callable[[Sequence[str]], int]


class SheetRefused(Exception):
    """The sheet cannot be read; the message tells the user why and what to do."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet before its header is understood.

    `lines` are lists of cells that come one by one, blank ones too, and may raise `SheetRefused`.
    `read_as` names the format, `notes` are warnings for the user.
    """

    lines: Iterator[list[str]]
    read_as: Message
    notes: list[Message] = field(default_factory=list)
