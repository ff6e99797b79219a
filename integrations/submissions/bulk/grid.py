"""A sheet before its header is understood: lines of cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


class SheetRefused(Exception):
    """The sheet cannot be read; the message tells the user why and what to do."""


@dataclass(frozen=True, slots=True)
class Grid:
    """`lines` come one by one, blank ones too, and may raise `SheetRefused`."""

    lines: Iterator[list[str]]
    read_as: str
    notes: list[str] = field(default_factory=list)
