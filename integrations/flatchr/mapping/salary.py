"""Salaries (`mapping.md`, Job; `flatchr-api.md §C`)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from integrations.flatchr.mapping.notes import Notes
from integrations.flatchr.mapping.values import is_blank, text
from integrations.records import SalaryPeriod

PERIODS = {
    "y": SalaryPeriod.YEAR,
    "m": SalaryPeriod.MONTH,
    "d": SalaryPeriod.DAY,
    "h": SalaryPeriod.HOUR,
}

_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Salary:
    """The five salary fields of a job."""

    amount: float | None = None
    amount_from: float | None = None
    amount_to: float | None = None
    currency: str | None = None
    period: str | None = None


def salary(data: dict[str, Any], notes: Notes) -> Salary:
    """One amount when there is no maximum, else a range; nothing at all when none is given."""
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
        notes.add("invalid_salary", field, value, f"The amount in {field} is not understood.")
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
            "The salary period is not known and was kept as Flatchr sent it.",
        )
        return code
    return period
