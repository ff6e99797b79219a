"""Findings on one record, as they come up while it is mapped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from integrations.records import Finding, Model

Report = Callable[[Finding], None]

VALUE_LIMIT = 100


class Notes:
    """Reports findings on one record at a time, that of `remote_id`. `message` is the same
    sentence for every finding of a code and field, so that findings can be counted by it; the
    value is kept apart.
    """

    __slots__ = ("_model", "_report", "remote_id")

    def __init__(self, report: Report, model: Model, remote_id: str) -> None:
        self._report = report
        self._model = model
        self.remote_id = remote_id

    def add(self, code: str, field: str, value: Any, message: str) -> None:
        self._report(Finding(code, self._model, self.remote_id, field, shorten(value), message))

    def unexpected(self, field: str, value: Any) -> None:
        """`value` has a type that Flatchr does not document for `field`."""
        message = f"Flatchr sent a value of an unexpected type for {field}."
        self.add("unexpected_type", field, value, message)


def shorten(value: Any) -> str:
    """`value` as Flatchr sent it, at most `VALUE_LIMIT` characters long."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = f"a deeply nested {type(value).__name__}"
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"
