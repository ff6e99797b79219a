"""Parts of a job that several fields of a vacancy make: salary, publication, description.

`docs/mapping.md`, Job; `docs/flatchr-api.md §C` (salaries), §1 and §4 (publication).
"""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.enumerations import SalaryPeriod, Visibility
from integrations.flatchr.mapping.values import (
    Notes,
    as_flag,
    as_integer,
    instant,
    is_blank,
    text,
)
from integrations.messages import Message

PERIODS = {
    "y": SalaryPeriod.YEAR,
    "m": SalaryPeriod.MONTH,
    "d": SalaryPeriod.DAY,
    "h": SalaryPeriod.HOUR,
}
# Ids of the channels that a vacancy is published on.
CAREER_SITE = 98
INTRANET = 152
# The texts of a vacancy, in the order of the description.
SECTIONS = ("description", "mission", "profile")

_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# No "<" inside a tag, so that text full of them is still read in one pass.
_TAG = re.compile(r"<[^<>]*>")
_MEDIA = re.compile(r"<(?:img|iframe|video|audio|object|embed)\b", re.IGNORECASE)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


@dataclass(frozen=True, slots=True)
class Salary:
    """The five salary fields of a job."""

    amount: float | None = None
    amount_from: float | None = None
    amount_to: float | None = None
    currency: str | None = None
    period: str | None = None


def salary(data: dict[str, Any], notes: Notes) -> Salary:
    """The salary: one amount if there is no maximum, else a range; all null if none is given."""
    low = _amount(data.get("salary"), "salary_amount", notes)
    high = _amount(data.get("salary_max"), "salary_amount_to", notes)
    if low is None and high is None:
        return Salary()
    currency = text(data.get("currency"), "salary_currency", notes)
    period = _period(data.get("mensuality"), notes)
    if high is None:
        return Salary(amount=low, currency=currency, period=period)
    return Salary(amount_from=low, amount_to=high, currency=currency, period=period)


def _amount(value: Any, field: str, notes: Notes) -> float | None:
    """A positive number, also from a string with spaces of any kind and a decimal comma; null for
    what means "not given": 0, "0", blank and null.
    """
    if is_blank(value):
        return None
    number = _number(value)
    if number is None or not math.isfinite(number) or number < 0:
        notes.add("invalid_salary", field, value, Message("amount_not_understood", field=field))
        return None
    return number or None


def _number(value: Any) -> float | None:
    if type(value) is str:
        # split() knows every kind of space, the thin and the non-breaking ones included.
        digits = "".join(value.split()).replace(",", ".")
        return float(digits) if _AMOUNT.fullmatch(digits) else None
    if type(value) not in (int, float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _period(value: Any, notes: Notes) -> str | None:
    code = text(value, "salary_period", notes)
    if code is None:
        return None
    period = PERIODS.get(code.lower())
    if period is None:
        notes.add(
            "unknown_salary_period",
            "salary_period",
            code,
            Message("salary_period_unknown"),
        )
        return code
    return period


@dataclass(frozen=True, slots=True)
class Publication:
    """Where and since when a vacancy is published; `visibility` is null if Flatchr did not say."""

    visibility: Visibility | None
    since: datetime | None


def publication(items: Any, notes: Notes) -> Publication:
    """The publication that the items of a vacancy (`fields=items`) describe."""
    if not isinstance(items, list):
        if items is not None:
            notes.unexpected("visibility", items)
        return Publication(None, None)
    published = []
    for item in items:
        if not isinstance(item, dict):
            notes.unexpected("visibility", item)
        elif _is_published(item):
            published.append(item)
    dates = [instant(item.get("created_at"), "opened_at", notes) for item in published]
    return Publication(
        _visibility({as_integer(item.get("offer_id")) for item in published}),
        min(filter(None, dates), default=None),
    )


def _is_published(item: dict[str, Any]) -> bool:
    """`published` is a boolean; newer answers have a `status` of "published" as well."""
    if item.get("published") is None:
        return item.get("status") == "published"
    return as_flag(item["published"]) is True


def _visibility(offers: set[int | None]) -> Visibility:
    if CAREER_SITE in offers:
        return Visibility.PUBLIC
    return Visibility.INTERNAL if INTRANET in offers else Visibility.UNLISTED


def description(data: dict[str, Any], notes: Notes) -> str | None:
    """The texts that are not empty, each in a `<section>`, unsanitised; null if all are empty."""
    sections = []
    for key in SECTIONS:
        section = text(data.get(key), "description", notes)
        if section and not _is_empty(section):
            sections.append(f"<section>{section}</section>")
    return "\n".join(sections) or None


def _is_empty(markup: str) -> bool:
    """Whether the markup shows nothing: editors leave `<p></p>` or `<p>&nbsp;</p>` behind."""
    shown = html.unescape(_TAG.sub("", markup))
    return not shown.strip().strip(_INVISIBLE).strip() and not _MEDIA.search(markup)
