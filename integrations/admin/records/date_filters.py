"""Filters by the day of an application: today, the last days, or from one day to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.filters import RecordListFilter
from integrations.models.conditions import BETWEEN, DAYS


class AppliedFilter(RecordListFilter):
    """Applications received in a period. `applied=between` has its two days, each of which may be
    left out, in parameters of their own.
    """

    title = _lazy("received")
    parameter_name = "applied"
    any_label = _lazy("Any date")

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in DAYS:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name, *DAYS]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [
            ("today", _("Today")),
            ("7", _("Last 7 days")),
            ("30", _("Last 30 days")),
            (BETWEEN, _("From … to …")),
        ]

    @property
    def inputs(self) -> list[tuple[str, str, str]]:
        """The fields for the two days: name, label, value; none while they are not asked for."""
        if self.value() != BETWEEN:
            return []
        labels = (_("From"), _("To"))
        return [
            (name, label, self.used_parameters.get(name) or "")
            for name, label in zip(DAYS, labels, strict=True)
        ]


class CandidateAppliedFilter(AppliedFilter):
    """Candidates with an application received in a period."""

    title = _lazy("applied")
