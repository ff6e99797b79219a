"""The rows of an XLSX sheet: what is in each cell, and what its reader could not see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from integrations.messages import Message
from integrations.spreadsheets import Line, MergedInto
from integrations.spreadsheets.xlsx_parts import TRUE, Attributes, PartHandler, Styles
from integrations.spreadsheets.xlsx_values import date_text, number_text, truth_text, unescaped

ROWS = 1_048_576
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")

NOT_STORED = Message("cell_formula_not_stored")
ZERO = Message("cell_formula_zero")
TRUTH = Message("cell_truth_value")


class WrongRows(ValueError):
    """The part is no sheet that a spreadsheet writes."""


def place_of(reference: str) -> tuple[int, int]:
    """Row from 1 and column from 0 of `B7`. Raises `WrongRows`."""
    found = _CELL.fullmatch(reference)
    if found is None:
        raise WrongRows(reference)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column - 1


def column_name(column: int) -> str:
    """The letters of a column from 0: 27 is `AB`."""
    letters = ""
    column += 1
    while column:
        column, last = divmod(column - 1, 26)
        letters = chr(65 + last) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Area:
    """Merged cells, by rows from 1 and columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class SheetLayout(PartHandler):
    """What a sheet says of its cells beside them: hidden columns, merged cells, a filter.

    It is read before the rows, which come before most of it in the part.
    """

    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    is_filtered: bool = False
    most_columns: int = 0

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "col" and _is_invisible(attributes, "width"):
            first, last = _number(attributes, "min"), _number(attributes, "max")
            self.hidden_columns.update(range(first - 1, min(last, self.most_columns)))
        elif name == "mergeCell":
            begin, _, end = attributes.get("ref", "").partition(":")
            (top, left), (bottom, right) = place_of(begin), place_of(end or begin)
            if left < self.most_columns:
                right = min(right, self.most_columns - 1)
                self.merged.append(Area(top, left, bottom, right))
        elif name == "autoFilter":
            self.is_filtered = True


def _is_invisible(attributes: Attributes, size: str) -> bool:
    return attributes.get("hidden") in TRUE or attributes.get(size) == "0"


def _number(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "")
    if not text.isdecimal() or not text.isascii():
        raise WrongRows(f"{name} is {text!r}")
    return int(text)


class Rows(PartHandler):
    """Collects the rows of a sheet in `lines`, from which their reader takes them."""

    def __init__(
        self, layout: SheetLayout, styles: Styles, texts: list[str], *, since_1904: bool
    ) -> None:
        self.lines: list[Line] = []
        self._layout, self._styles, self._texts = layout, styles, texts
        self._since_1904 = since_1904
        self._line: Line | None = None
        self._last_row = 0
        self._to_come = sorted(layout.merged, key=lambda area: area.top, reverse=True)
        self._open: list[tuple[Area, str]] = []
        # Of the cell:
        self._column = -1
        self._given: Attributes = {}
        self._has_formula = self._in_text = self._phonetic = False
        self._pieces: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "row":
            self._begin_row(attributes)
        elif name == "c":
            self._begin_cell(attributes)
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name in ("v", "t"):
            self._in_text = not self._phonetic

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._in_text = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "c":
            self._end_cell()
        elif name == "row" and self._line is not None:
            self._cover(self._line)
            self.lines.append(self._line)
            self._line = None

    def text(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)

    def _begin_row(self, attributes: Attributes) -> None:
        number = _number(attributes, "r") if "r" in attributes else self._last_row + 1
        if not self._last_row < number <= ROWS:
            raise WrongRows(f"row {number} after {self._last_row}")
        self._last_row = number
        self._column = -1
        self._line = Line(number, [], is_hidden=_is_invisible(attributes, "ht"))

    def _begin_cell(self, attributes: Attributes) -> None:
        if "r" in attributes:
            _, self._column = place_of(attributes["r"])
        else:
            self._column += 1
        self._given = attributes
        self._has_formula = False
        self._pieces = []

    def _end_cell(self) -> None:
        line, column = self._line, self._column
        if line is None or column >= self._layout.most_columns:
            return
        text = self._value(line, column, "".join(self._pieces))
        if text or column in line.problems:
            line.cells += [""] * (column + 1 - len(line.cells))
            line.cells[column] = text.strip()

    def _value(self, line: Line, column: int, written: str) -> str:
        kind = self._given.get("t", "n")
        if self._has_formula and not written.strip() and kind != "str":
            line.problems[column] = NOT_STORED
            return ""
        match kind:
            case "s":
                return self._shared(written)
            case "inlineStr" | "str":
                return unescaped(written)
            case "e":
                return written
            case "b":
                line.doubts[column] = TRUTH
                return truth_text(written)
            case "d":
                line.problems[column] = Message("cell_is_date", value=written[:40])
                return written
        return self._number(line, column, written.strip()) if written.strip() else ""

    def _shared(self, written: str) -> str:
        place = written.strip()
        if not place:
            return ""
        if not place.isdecimal():
            raise WrongRows(f"text {place[:20]!r}")
        return self._texts[int(place)]

    def _number(self, line: Line, column: int, written: str) -> str:
        shown = self._styles.of(self._given.get("s"))
        if shown.is_date:
            text = date_text(written, since_1904=self._since_1904)
            line.problems[column] = Message("cell_is_date", value=text)
            return text
        text = number_text(written, shown)
        if self._has_formula and text == "0":
            line.doubts[column] = ZERO
            return ""
        return text

    def _cover(self, line: Line) -> None:
        """Note which cells of the row are parts of merged ones."""
        while self._to_come and self._to_come[-1].top <= line.number:
            area = self._to_come.pop()
            held = area.top == line.number and area.left < len(line.cells)
            self._open.append((area, line.cells[area.left] if held else ""))
        if not self._open:
            return
        self._open = [one for one in self._open if one[0].bottom >= line.number]
        if sum(area.right - area.left + 1 for area, _ in self._open) > self._layout.most_columns:
            raise WrongRows("merged cells overlap")
        for area, text in self._open:
            for column in range(area.left, area.right + 1):
                if (line.number, column) != (area.top, area.left):
                    line.merged[column] = MergedInto(
                        f"{column_name(area.left)}{area.top}", text, below=column == area.left
                    )
