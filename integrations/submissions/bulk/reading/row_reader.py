"""Lines of a sheet as candidates: each known column's value, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from integrations.messages import Message
from integrations.spreadsheets import Grid, Line, SheetRefused
from integrations.spreadsheets.xlsx_rows import column_name
from integrations.submissions.bulk.columns import NAMES, REQUIRED, Header
from integrations.submissions.bulk.jobs import BETWEEN
from integrations.submissions.bulk.reading import cells

BEYOND = Message("row_too_many_cells")
# Rows that a note names.
MOST_NAMED = 20
# Columns of one meaning that are sent together; of the others the first that is filled is.
TOGETHER = {"phone_number": "; ", "job": BETWEEN}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One candidate: the row's number in the spreadsheet, its cells, and what is odd about it.

    `values` has every known column, absent ones as empty text. `problems` and `doubts` are pairs
    of a column's name (or empty) and a sentence; problems make the row unfit to be sent.
    """

    number: int
    values: dict[str, str]
    problems: list[tuple[str, Message]] = field(default_factory=list)
    doubts: list[tuple[str, Message]] = field(default_factory=list)


class RowReader:
    """Reads the rows below one header; `notes` are about all that were read.

    Rows that are hidden or filtered out are left out: who sends the sheet does not see them.
    """

    def __init__(self, grid: Grid, header: Header) -> None:
        self._grid, self._header = grid, header
        self._known = {index for places in header.places.values() for index in places}
        self._unnamed: set[int] = set()
        self._repeated: list[int] = []
        self.hidden: list[int] = []

    def rows(self, lines: Iterable[Line]) -> Iterator[SheetRow]:
        """Raises `SheetRefused` when there are too many."""
        most = settings.BULK_MAX_ROWS
        count = 0
        for line in lines:
            if self._header.is_repeated_by(line.cells):
                self._repeated.append(line.number)
                continue
            row = self._row(line)
            if not any(row.values.values()) and not row.problems:
                continue
            if line.is_hidden:
                self.hidden.append(line.number)
                continue
            count += 1
            if count > most:
                raise SheetRefused(Message("sheet_too_many_rows", most=f"{most:,}"))
            yield row

    def notes(self) -> Iterator[Message]:
        header, grid = self._header, self._grid
        if header.unknown:
            names = ", ".join(f"“{heading[:60]}”" for heading in header.unknown)
            yield Message("columns_not_sent", names=names, count=len(header.unknown))
        if self._unnamed:
            names = ", ".join(column_name(index) for index in sorted(self._unnamed))
            yield Message("columns_without_heading", names=names, count=len(self._unnamed))
        if hidden := [
            header.headings[index] for index in sorted(self._known & grid.hidden_columns)
        ]:
            names = ", ".join(f"“{heading}”" for heading in hidden)
            yield Message("columns_hidden", names=names, count=len(hidden))
        if self.hidden:
            yield _about_rows("rows_hidden", self.hidden)
        if self._repeated:
            yield _about_rows("rows_repeat_header", self._repeated)

    def _row(self, line: Line) -> SheetRow:
        row = SheetRow(line.number, dict.fromkeys(NAMES, ""))
        for name, places in self._header.places.items():
            self._read_column(row, line, name, places)
        if any(row.values.values()):
            self._add_merged(row, line)
        for name, value in row.values.items():
            told = {column for column, _ in row.problems}
            if name not in told:
                row.problems.extend((name, message) for message in cells.problems(name, value))
            row.doubts.extend((name, message) for message in cells.doubts(name, value))
        self._look_beside(row, line)
        _leave_out_spoilt_phone(row)
        return row

    def _read_column(self, row: SheetRow, line: Line, name: str, places: Sequence[int]) -> None:
        """Put together what the columns of one meaning hold."""
        found: dict[str, int] = {}
        for index in places:
            text, done = cells.mended(line.cells[index] if index < len(line.cells) else "")
            value = cells.cleaned(name, text)
            row.doubts.extend((name, message) for message in done)
            if index in line.problems:
                row.problems.append((name, line.problems[index]))
            if index in line.doubts:
                row.doubts.append((name, line.doubts[index]))
            if value:
                found.setdefault(value, index)
        if name in TOGETHER:
            row.values[name] = TOGETHER[name].join(found)
            return
        row.values[name] = next(iter(found), "")
        for value, index in list(found.items())[1:]:
            heading = self._header.headings[index][:60]
            words = Message("cell_of_other_column", value=value[: cells.QUOTED], heading=heading)
            row.doubts.append((name, words))

    def _add_merged(self, row: SheetRow, line: Line) -> None:
        """Fill in the job of merged cells, which stands for all rows; name the others."""
        for name, places in self._header.places.items():
            merged = next((line.merged[index] for index in places if index in line.merged), None)
            if merged is None or row.values[name]:
                continue
            if name == "job" and merged.below:
                row.values[name] = cells.cleaned(name, cells.mended(merged.text)[0])
            elif merged.text:
                words = Message("cell_merged", place=merged.place)
                needed = name in REQUIRED or name == "cv"
                (row.problems if needed else row.doubts).append((name, words))

    def _look_beside(self, row: SheetRow, line: Line) -> None:
        """What stands in columns without a heading."""
        filled = {index for index, cell in enumerate(line.cells) if cell.strip()}
        width = self._header.width
        if self._grid.is_separated and any(index >= width for index in filled):
            row.problems.append(("", BEYOND))
            filled = {index for index in filled if index < width}
        if not line.is_hidden:
            headings = self._header.headings
            self._unnamed |= {
                index
                for index in filled
                if index not in line.merged and not (index < width and headings[index].strip())
            }


def _about_rows(code: str, numbers: list[int]) -> Message:
    shown = ", ".join(map(str, numbers[:MOST_NAMED]))
    return Message(
        code, rows=shown + (", …" if len(numbers) > MOST_NAMED else ""), count=len(numbers)
    )


def _leave_out_spoilt_phone(row: SheetRow) -> None:
    """A number that cannot be known is left out: as a phone is optional, it holds nobody back."""
    spoilt = [one for one in row.problems if one[0] == "phone_number"]
    if spoilt:
        row.problems[:] = [one for one in row.problems if one not in spoilt]
        row.doubts.extend(spoilt)
        row.values["phone_number"] = ""
