"""Single values read leniently, findings on them, value maps.

A value of a wrong type becomes a finding, never an exception.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from integrations.flatchr.referentials import Labels, code_key
from integrations.messages import Message
from integrations.records import Finding, Model

Report = Callable[[Finding], None]

VALUE_LIMIT = 100

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}

BIGINT_LIMIT = 2**63
INT_LIMIT = 2**31

PARIS = ZoneInfo("Europe/Paris")

_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{2}|[0-9]{4})")
# Years that any time zone can still show.
_YEARS = range(2, 9999)
# No date is longer; longer strings must not fill the cache.
_LENGTH_LIMIT = 40


class Notes:
    """Reports findings on the record `remote_id`. `message` is the same for every finding of a code
    and field, so that findings can be counted by it; the value is a field of its own.
    """

    __slots__ = ("_model", "_report", "remote_id")

    def __init__(self, report: Report, model: Model, remote_id: str) -> None:
        self._report = report
        self._model = model
        self.remote_id = remote_id

    def add(self, code: str, field: str, value: Any, message: Message) -> None:
        self._report(Finding(code, self._model, self.remote_id, field, shorten(value), message))

    def unexpected(self, field: str, value: Any) -> None:
        """`value` has a type that Flatchr does not document for `field`."""
        message = Message("value_type_unexpected", field=field)
        self.add("unexpected_type", field, value, message)


def shorten(value: Any) -> str:
    """`value` as Flatchr sent it, at most `VALUE_LIMIT` characters long."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = f"a deeply nested {type(value).__name__}"
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


def text(
    value: Any, field: str, notes: Notes, *, seen: Callable[[str], str] | None = None
) -> str | None:
    """Trimmed text; blank is null. A number is kept as its digits, with a finding.

    With `seen` (`visible`, `visible_name`), without characters that nobody sees, with a finding
    when there were any.
    """
    if type(value) is not str:
        if value is None:
            return None
        notes.unexpected(field, value)
        return str(value) if type(value) in (int, float) else None
    if seen is not None and (shown := seen(value)) != value:
        notes.add("invisible_characters", field, value, Message("invisible_left_out"))
        value = shown
    return value.strip() or None


def integer(value: Any, field: str, notes: Notes, limit: int = BIGINT_LIMIT) -> int | None:
    """An integer of less than `limit` in size, also from its digits in a string
    (`docs/flatchr-api.md §D.5`); null and a finding for anything else but null and blank.
    """
    number = as_integer(value)
    if number is not None and -limit < number < limit:
        return number
    if not is_blank(value):
        notes.unexpected(field, value)
    return None


def as_integer(value: Any) -> int | None:
    if type(value) is int:
        return value
    if type(value) is str and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if type(value) is float and value.is_integer():
        return int(value)
    return None


def flag(value: Any, field: str, notes: Notes, *, default: bool = False) -> bool:
    """A boolean, also as 0 and 1 or as a string (`docs/flatchr-api.md §D.2`); `default`, with a
    finding, for anything else, and without one for null and blank.
    """
    known = as_flag(value)
    if known is not None:
        return known
    if not is_blank(value):
        notes.unexpected(field, value)
    return default


def as_flag(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    if type(value) in (str, int):
        return _FLAGS.get(str(value).strip().lower())
    return None


def is_blank(value: Any) -> bool:
    return value is None or (type(value) is str and not value.strip())


def instant(value: Any, field: str, notes: Notes) -> datetime | None:
    """An ISO 8601 timestamp; one without a zone is taken as UTC, in which Flatchr sends them."""
    return _dated(value, field, notes, iso_instant)


def day(value: Any, field: str, notes: Notes) -> datetime | None:
    """A `DD/MM/YY` day as the instant at which it starts in Paris.

    Years have two digits of this century, or four. Flatchr's page shows no example of
    `updated_at`, so an ISO 8601 timestamp is understood too (without a zone: in Paris).
    """
    return _dated(value, field, notes, _day)


def as_request_day(day: date) -> str:
    """`MM/DD/YY`, the format of a search request: month first, unlike in the answer."""
    return day.strftime("%m/%d/%y")


def _dated(value: Any, field: str, notes: Notes, read: Any) -> datetime | None:
    if value is None:
        return None
    if type(value) is not str:
        notes.unexpected(field, value)
        return None
    found: datetime | None = read(value) if len(value) <= _LENGTH_LIMIT else None
    if found is None and value.strip():
        notes.add("invalid_date", field, value, Message("date_not_understood", field=field))
    return found


def iso_instant(text: str) -> datetime | None:
    """The instant of an ISO 8601 timestamp, in UTC also when it names no zone; null for others."""
    return _from_iso(text.strip(), UTC)


# The applicants of a company share a few thousand days.
@lru_cache(maxsize=8192)
def _day(text: str) -> datetime | None:
    text = text.strip()
    match = _DAY.fullmatch(text)
    if match is None:
        return _from_iso(text, PARIS)
    day, month, year = map(int, match.groups())
    try:
        start = datetime(year + 2000 if year < 100 else year, month, day, tzinfo=PARIS)
    except ValueError:
        return None
    return _in_utc(start)


def _from_iso(text: str, zone: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _in_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _in_utc(moment: datetime) -> datetime | None:
    return moment.astimezone(UTC) if moment.year in _YEARS else None


def label_of(
    data: dict[str, Any], name: str, labels: Labels | None, field: str, notes: Notes
) -> str | None:
    """The label of `data["<name>_id"]` from the referential; else the label on the vacancy
    itself, which is often null on the API's host (`docs/flatchr-api.md §1`).

    A code that the referential lacks becomes null and a finding. Without a referential the
    reader reports one finding for all vacancies.
    """
    code = data.get(f"{name}_id")
    key = code_key(code)
    if key is None and not is_blank(code):
        notes.unexpected(field, code)
    if labels is not None and key is not None and key in labels:
        return labels[key]
    label = text(data.get(name), field, notes)
    if label is None and key is not None and labels is not None:
        notes.add(
            f"unknown_{name}_id",
            field,
            key,
            Message("label_missing", name=name),
        )
    return label


@dataclass(frozen=True)
class ValueMaps:
    """A tenant's own maps, by the words or codes Flatchr sends (`docs/mapping.md`, Job).

    They are laid over the product's defaults: a key that is missing keeps its default. Keys are
    compared without case, accents or surplus spaces.

    `contracts`: contract label -> employment type ("Vacation" -> "CONTRACT"). `statuses`: vacancy
    status code -> job status ("2" -> "DRAFT"); 1 and 0 always mean OPEN and CLOSED.
    `countries`: country name -> ISO 3166 alpha-2.
    """

    contracts: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)


def fold(text: str) -> str:
    """`text` as compared by value maps: no accents, no case, single spaces."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


def folded(mapping: Mapping[str, str]) -> dict[str, str]:
    """`mapping` with folded keys."""
    return {fold(key): value for key, value in mapping.items()}
