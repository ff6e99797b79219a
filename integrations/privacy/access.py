"""Handing over what is held of one person: one file, JSON or a ZIP with the JSON and the CVs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from integrations.actions import cv_files
from integrations.audit.trail import record
from integrations.models import (
    Action,
    Application,
    BulkRow,
    Candidate,
    CandidateTag,
    Event,
    Integration,
    RecordChange,
    Submission,
    SubmissionAttempt,
)
from integrations.models.submissions import private_files
from integrations.privacy.erasure import preview
from integrations.privacy.holdings import Held
from integrations.privacy.people import Person, find
from integrations.records import Model

JSON_NAME = "person.json"
# Columns that are about Relais rather than the person.
_INTERNAL = {
    *("fingerprint", "content_hash", "arrival", "lease_owner", "lease_expires_at"),
    *("next_attempt_at", "settle_at", "idempotency_key", "document", "integration"),
}
# Of what may quote others as well, only how much there is.
_COUNTED = (
    *(Held.REQUESTS, Held.CONSOLE, Held.ANSWERS, Held.WEBHOOKS, Held.SET_ASIDE, Held.WARNINGS),
    *(Held.MESSAGES, Held.UPLOADS, Held.SEARCHES, Held.SCHEDULES, Held.EXPORT_FILES, Held.LINKS),
)
_COUNTED_NOTE = (
    "Logs, events and files that can quote other people, too: how many there are of each. What "
    "they say of this person is what is written above. Each is removed after its period."
)


@dataclass(slots=True)
class AccessFile:
    """All that is held of somebody: the JSON, and the CVs by their names in it."""

    document: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)

    def as_json(self) -> bytes:
        text = json.dumps(self.document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        return text.encode() + b"\n"

    def as_zip(self) -> bytes:
        target = BytesIO()
        with ZipFile(target, "w", ZIP_DEFLATED) as archive:
            archive.writestr(JSON_NAME, self.as_json())
            for name, content in self.files.items():
                archive.writestr(name, content)
        return target.getvalue()


def hand_over(tenants: Iterable[Integration], email: str, *, user: Any = None) -> AccessFile:
    """All that these tenants hold of the person with this address (`people.address`).

    Leaves an entry of the audit trail, with counts, in each tenant that holds anything.
    """
    file = AccessFile({"email": email, "made_at": timezone.now(), "tenants": []})
    for tenant in tenants:
        # One moment of the database for all that is read, where it has such.
        with transaction.atomic():
            shown = preview(tenant, email)
            if not shown.counts:
                continue
            file.document["tenants"].append(_of_tenant(find(tenant, email), shown.counts, file))
            details: dict[str, Any] = {held.value: number for held, number in shown.counts.items()}
            record(Event.PERSON_HANDED_OVER, tenant=tenant, user=user, **details)
    return file


def _of_tenant(person: Person, counts: Any, file: AccessFile) -> dict[str, Any]:
    tenant = person.tenant
    applications = Application.objects.filter(pk__in=person.applications).select_related(
        "job", "current_stage"
    )
    return {
        "integration": {"id": tenant.pk, "organization": tenant.organization},
        "candidates": [
            {**_row(candidate), "tags": _tags(candidate)}
            for candidate in Candidate.objects.filter(pk__in=person.candidates)
        ],
        "applications": [
            {
                **_row(application),
                "job_name": application.job.name if application.job else None,
                "stage_name": (
                    application.current_stage.name if application.current_stage else None
                ),
                "changes": _changes(application),
                "cv": _fetched(application, file),
            }
            for application in applications
        ],
        "submissions": [
            {
                **_row(submission),
                "cv": _document(submission, file),
                "requests": [
                    _row(attempt)
                    for attempt in SubmissionAttempt.objects.filter(submission=submission)
                ],
            }
            for submission in Submission.objects.filter(pk__in=person.submissions)
        ],
        "actions": [
            _row(action) for action in Action.objects.filter(candidate__in=person.candidates)
        ],
        "bulk_rows": [_row(row) for row in BulkRow.objects.filter(pk__in=person.bulk_rows)],
        "other": {
            "note": _COUNTED_NOTE,
            "counts": {held.value: counts[held] for held in _COUNTED if counts[held]},
        },
    }


def _row(record_: models.Model) -> dict[str, Any]:
    return {
        column.name: getattr(record_, column.attname)
        for column in record_._meta.concrete_fields
        if column.name not in _INTERNAL
    }


def _tags(candidate: Candidate) -> list[str | None]:
    tags = CandidateTag.objects.live().filter(candidate=candidate)
    return list(tags.values_list("tag__name", flat=True))


def _changes(application: Application) -> list[dict[str, Any]]:
    changes = RecordChange.objects.filter(model=Model.APPLICATIONS, record_id=application.pk)
    return [{"at": change.at, "fields": change.fields} for change in changes]


def _fetched(application: Application, file: AccessFile) -> str | None:
    found = cv_files.kept(application, linked_at=0.0)
    return None if found is None else _add(file, application.pk, found.name, found.content)


def _document(submission: Submission, file: AccessFile) -> str | None:
    if not submission.document:
        return None
    try:
        with private_files().open(str(submission.document.name)) as stored:
            content = stored.read()
    except OSError:
        return None
    return _add(file, submission.pk, submission.document_name or "cv", content)


def _add(file: AccessFile, key: str, name: str, content: bytes) -> str:
    """Put a CV beside the JSON; its name there, by which nothing can be written elsewhere."""
    plain = PurePosixPath(name.replace("\\", "/")).name
    path = f"cvs/{key}-{re.sub(r'[^0-9A-Za-zÀ-ÿ._ -]', '_', plain)[-100:] or 'cv'}"
    file.files[path] = content
    return path
