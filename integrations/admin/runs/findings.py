"""The warnings of a run, and links to the records that they, holds and quarantine are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.badges import words
from integrations.admin.base.record_links import RecordLink, linked_records
from integrations.admin.base.urls import record_url
from integrations.flatchr.mapping.fields import CODED
from integrations.models import (
    Integration,
    SyncRun,
    SyncWarning,
)
from integrations.models.runs import MODEL_CHOICES
from integrations.records import Model
from integrations.tenants import value_maps

NAMES: dict[str, Any] = dict(MODEL_CHOICES)
# Codes of warnings as headings; any other code is shown as words.
CODES = {
    "archived_applicants_unread": _lazy("Archived applicants were not listed"),
    "applicant_not_found": _lazy("Applicant is gone"),
    "tags_not_read": _lazy("Tags could not be read"),
    "closed_vacancies_unread": _lazy("Closed vacancies were not listed"),
    "duplicate_stage_title": _lazy("Stages with the same name"),
    "duplicate_vacancy_id": _lazy("Vacancies with the same number"),
    "invalid_date": _lazy("Date cannot be read"),
    "invalid_email": _lazy("E-mail address is not valid"),
    "invalid_salary": _lazy("Salary cannot be read"),
    "missing_tag_title": _lazy("Tag without a title"),
    "missing_vacancy_id": _lazy("Vacancy without a number"),
    "referential_unread": _lazy("List of labels was refused"),
    "unexpected_type": _lazy("Value of an unexpected kind"),
    **dict.fromkeys(
        (f"unknown_{name}_id" for name in ("channel", *CODED)), _lazy("Code without a label")
    ),
    "unknown_applicant_status": _lazy("Unknown applicant status"),
    "unknown_contract": _lazy("Unknown contract type"),
    "unknown_country": _lazy("Unknown country"),
    "unknown_experience": _lazy("Unknown experience level"),
    "unknown_job_status": _lazy("Unknown job status"),
    "unknown_remote_work": _lazy("Unknown remote work value"),
    "unknown_salary_period": _lazy("Unknown salary period"),
    "unknown_stage": _lazy("Unknown stage"),
    "unknown_tag": _lazy("Unknown tag"),
    "unknown_tag_type": _lazy("Unknown kind of tag"),
    "unknown_vacancy": _lazy("Unknown vacancy"),
    "invisible_characters": _lazy("Invisible characters left out"),
    "phone_partly_read": _lazy("Only part of a phone number was kept"),
    "unreadable_phone": _lazy("Phone number cannot be read"),
    "unstorable_number": _lazy("Number cannot be stored"),
    "unstorable_text": _lazy("Characters cannot be stored"),
    "unusable_tag_value": _lazy("Tag value cannot be used"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """One of the first warnings of a kind; `record` is None when it is not stored."""

    value: str
    remote_id: str
    record: RecordLink | None


@dataclass(frozen=True, slots=True)
class WarningGroup:
    """The warnings of one kind, `carried` of them from earlier runs. `sentences`: each with its
    examples; `decide_url`: the page on which such values are decided.
    """

    title: str
    model: str
    count: int
    carried: int
    shown: int
    sentences: list[tuple[str, list[Example]]]
    decide_url: str


def title_of(code: str) -> str:
    return str(CODES.get(code) or words(code.upper()))


def warning_groups(run: SyncRun) -> list[WarningGroup]:
    """The warnings by kind, most frequent first; the number of queries does not grow with them."""
    rows = list(run.warnings.order_by("-count", "id"))
    records = _records_of(run.integration, rows)
    return [_group(run, row, records) for row in rows]


def _group(
    run: SyncRun, row: SyncWarning, records: dict[tuple[str, str], RecordLink]
) -> WarningGroup:
    sentences: dict[str, list[Example]] = defaultdict(list)
    for told in row.examples:
        remote_id = str(told.get("remote_id") or "")
        example = Example(
            str(told.get("value") or ""), remote_id, records.get((row.model, remote_id))
        )
        sentences[str(told.get("message") or "")].append(example)
    decides = row.model == Model.JOBS and row.code in value_maps.CODES
    return WarningGroup(
        title=title_of(row.code),
        model=str(NAMES[row.model]),
        count=row.count,
        carried=row.carried,
        shown=len(row.examples),
        sentences=list(sentences.items()),
        decide_url=record_url(run.integration, "values") if decides else "",
    )


def _records_of(
    integration: Integration, rows: Iterable[SyncWarning]
) -> dict[tuple[str, str], RecordLink]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        wanted[row.model] |= {str(example.get("remote_id")) for example in row.examples}
    return linked_records(integration.pk, wanted)
