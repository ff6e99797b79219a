"""Single values, read leniently: a wrong type becomes a finding, never an exception."""

from __future__ import annotations

import re
from typing import Any

from integrations.flatchr.mapping.notes import Notes

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}

BIGINT_LIMIT = 2**63
INT_LIMIT = 2**31


def text(value: Any, field: str, notes: Notes) -> str | None:
    """Trimmed text; blank is null. A number is kept as its digits, with a finding."""
    if type(value) is str:
        return value.strip() or None
    if value is None:
        return None
    notes.unexpected(field, value)
    return str(value) if type(value) in (int, float) else None


def integer(value: Any, field: str, notes: Notes, limit: int = BIGINT_LIMIT) -> int | None:
    """An integer of less than `limit` in size, also from its digits in a string
    (`flatchr-api.md §D.5`); null and a finding for anything else but null and blank.
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
    """A boolean, also as 0 and 1 or as a string (`flatchr-api.md §D.2`); `default`, with a finding,
    for anything else, and without one for null and blank.
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
