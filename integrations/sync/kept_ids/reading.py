"""The file of ids from elsewhere: a CSV of model, id and remote id (`docs/moving-over.md`)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from integrations.records import Model
from integrations.sync.kept_ids.renaming import TABLES

_ID = re.compile(r"[A-Za-z0-9_-]{1,24}")
_HEADINGS = {"model": "model", "id": "id", "old_id": "id", "remote_id": "remote_id"}
_ORDER = ("model", "id", "remote_id")
MOST_PROBLEMS = 20


class IdsRefused(Exception):
    """Nothing was imported; `problems` says why, one sentence each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(self.problems))


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A line of the file."""

    line: int
    model: Model
    id: str
    remote_id: str


def read_rows(lines: Iterable[str]) -> list[KeptRow]:
    """The rows of a CSV of model, id and remote id, with a heading or in this order.

    Raises `IdsRefused` with all that is wrong in it.
    """
    rows: list[KeptRow] = []
    problems: list[str] = []
    places = dict(zip(_ORDER, range(3), strict=True))
    left = iter(lines)
    first = next(left, "")
    # French spreadsheets write semicolons; no id has one.
    reader = csv.reader(chain([first], left), delimiter=";" if ";" in first else ",")
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if reader.line_num == 1 and (found := _headings(values)):
                places = found
                continue
            row = _row(values, places, reader.line_num)
            problems.append(row) if isinstance(row, str) else rows.append(row)
    except csv.Error as error:
        problems.append(f"Line {reader.line_num} cannot be read: {error}.")
    problems += _contradictions(rows)
    if not rows and not problems:
        problems.append("There is no row in the file.")
    if problems:
        raise IdsRefused(shortened(problems))
    return rows


def _headings(values: list[str]) -> dict[str, int]:
    """Where each column is; empty when the line is no heading."""
    names = [_HEADINGS.get(re.sub(r"[\s-]+", "_", one.strip("\ufeff").lower())) for one in values]
    return {name: names.index(name) for name in _ORDER} if set(_ORDER) <= set(names) else {}


def _row(values: list[str], places: dict[str, int], line: int) -> KeptRow | str:
    if len(values) <= max(places.values()):
        return f"Line {line}: model, id and remote id are wanted."
    model = model_named(values[places["model"]].strip("\ufeff"))
    kept, remote_id = values[places["id"]], values[places["remote_id"]]
    if model is None:
        known = ", ".join(TABLES)
        return f"Line {line}: “{values[places['model']][:40]}” is no model. There are {known}."
    if not _ID.fullmatch(kept):
        return f"Line {line}: “{kept[:40]}” cannot be an id: 1 to 24 letters and digits."
    if not remote_id or len(remote_id) > 400:
        return f"Line {line}: the remote id is missing or too long."
    return KeptRow(line, model, kept, remote_id)


def model_named(name: str) -> Model | None:
    """The model of a name such as `jobs`, `ats_jobs`, `application-stages` or `Application`."""
    plain = re.sub(r"[\s-]+", "_", name.strip().lower()).removeprefix("ats_")
    return next((model for model in TABLES if plain in (model, model.removesuffix("s"))), None)


def _contradictions(rows: Iterable[KeptRow]) -> Iterator[str]:
    ids: dict[tuple[Model, str], KeptRow] = {}
    remote: dict[tuple[Model, str], KeptRow] = {}
    for row in rows:
        first = ids.setdefault((row.model, row.id), row)
        if first.remote_id != row.remote_id and row.model is not Model.CANDIDATES:
            yield f"Line {row.line}: the id {row.id} is another record’s in line {first.line}."
        first = remote.setdefault((row.model, row.remote_id), row)
        if first.id != row.id:
            yield f"Line {row.line}: the record has another id in line {first.line}."


def shortened(problems: list[str]) -> list[str]:
    more = len(problems) - MOST_PROBLEMS
    return problems if more <= 0 else [*problems[:MOST_PROBLEMS], f"{more} more lines are wrong."]
