"""What was, or would be, sent for a submission, in the words of the form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.urls import record_url
from integrations.models import FlatchrSettings, Integration, Job, Submission

# The label of each field of the payload, as on the form.
LABELS = {
    "vacancy": _lazy("Job"),
    "firstname": _lazy("First name"),
    "lastname": _lazy("Last name"),
    "email": _lazy("E-mail"),
    "phone": _lazy("Phone"),
    "resume": "CV",
    "comment": _lazy("Cover letter"),
    "offerer_id": _lazy("Offerer ID"),
    "source_id": _lazy("Source ID"),
    "user_id": _lazy("User key"),
    "urls": _lazy("Links"),
    "answers": _lazy("Answers"),
}
NAMES_OF_FIELDS = {
    "first_name": _lazy("First name"),
    "last_name": _lazy("Last name"),
    "email_address": _lazy("E-mail"),
    "phone_number": _lazy("Phone"),
    "cover_letter": _lazy("Cover letter"),
    "attachments": "CV",
    "document": "CV",
    "job": _lazy("Job"),
    "offerer_id": _lazy("Offerer ID"),
    "user_key": _lazy("User key"),
}


def sent_rows(submission: Submission, kind: str) -> list[tuple[str, str]]:
    """Label and value of what the newest request of that kind sent."""
    attempt = submission.log.filter(kind=kind).order_by("-id").first()
    return list(_rows(attempt.request["body"], submission.job)) if attempt else []


def _rows(body: dict[str, Any], job: Job | None) -> Iterator[tuple[str, str]]:
    for name, label in LABELS.items():
        value = body.get(name)
        if value in (None, "", [], {}):
            continue
        if name == "vacancy" and job is not None:
            value = job
        elif name == "resume" and isinstance(value, dict):
            value = value.get("fileName") or ""
        elif isinstance(value, dict):
            value = "\n".join(f"{key}: {item}" for key, item in value.items())
        elif isinstance(value, list):
            value = "\n".join(
                f"{item.get('question')}: {item.get('value')}" for item in value if item
            )
        yield str(label), str(value)


def replacements(submission: Submission) -> list[dict[str, str]]:
    return [
        {**item, "label": str(NAMES_OF_FIELDS.get(item.get("field", ""), item.get("field", "")))}
        for item in submission.replacements
    ]


@dataclass(frozen=True, slots=True)
class SubmissionSource:
    """Whether the source is written for a tenant's submissions, and why not."""

    tenant_id: str
    written: bool
    words: str
    settings_url: str


def source_of(tenant: Integration) -> SubmissionSource:
    """As far as the tenant's settings go; a submission may name another."""
    chosen = FlatchrSettings.objects.filter(pk=tenant.pk).values_list("offerer_id", "source_id")
    offerer, source = chosen.first() or (None, "")
    if offerer:
        words = _("Filed under the tenant's source, offerer ID %(offerer)s.") % {"offerer": offerer}
    elif source:
        words = _("Filed under the tenant's own source, source ID %(source)s.") % {"source": source}
    else:
        words = _("No source is written: this tenant has no offerer ID in its settings.")
    return SubmissionSource(
        tenant.pk, bool(offerer or source), words, record_url(tenant, "settings")
    )


def source_words(submission: Submission) -> str:
    """A sentence about the source of this submission."""
    if submission.source_written and submission.offerer_id is None:
        return _("Written, the tenant's own source ID")
    if submission.source_written:
        return _("Written, offerer ID %(offerer_id)s") % {"offerer_id": submission.offerer_id}
    if submission.source_written is False:
        return _("Not written: no offerer ID was set when it was submitted")
    if submission.offerer_id:
        return _("Offerer ID %(offerer_id)s") % {"offerer_id": submission.offerer_id}
    return source_of(submission.integration).words
