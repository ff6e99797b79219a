"""Uploads made, checked and sent in the tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from integrations.ids import unified_id
from integrations.models import Application, BulkUpload, Candidate, Integration, Job, Submission
from integrations.submissions.bulk import uploads, worker
from tests.submissions.bulk_files import csv_sheet, cvs_for, row


def job(tenant: Integration, name: str = "Oak joiner", **fields: Any) -> Job:
    """An open job of the tenant, which the mirror knows under its reference `REF-1`."""
    remote_id = fields.pop("remote_id", f"remote-{name}")
    reference = fields.pop("reference", "REF-1")
    return Job.objects.create(
        **{
            "id": unified_id(tenant.pk, remote_id),
            "integration": tenant,
            "remote_id": remote_id,
            "name": name,
            "slug": f"slug-{remote_id}",
            "vacancy_id": 100 + Job.objects.count(),
            "status": "OPEN",
            "changed_at": timezone.now(),
            "remote_data": {"reference": reference},
            **fields,
        }
    )


def uploaded(
    tenant: Integration,
    rows: Iterable[Mapping[str, str]] = (),
    *,
    sheet: bytes | None = None,
    archive: bytes | None = None,
    user: Any = None,
    **options: Any,
) -> BulkUpload:
    """An upload as the page makes it; without `archive`, the ZIP has each CV that a row names."""
    lines = list(rows)
    zipped = cvs_for(lines) if archive is None else archive
    return uploads.upload(
        tenant,
        sheet=SimpleUploadedFile("candidates.csv", csv_sheet(lines) if sheet is None else sheet),
        archive=SimpleUploadedFile("cvs.zip", zipped) if zipped else None,
        user=user,
        **options,
    )


def checked(tenant: Integration, *args: Any, **options: Any) -> BulkUpload:
    """An upload after its check."""
    upload = uploaded(tenant, *args, **options)
    assert worker.work_on(upload.pk)
    upload.refresh_from_db()
    return upload


def findings(upload: BulkUpload) -> dict[int, list[tuple[str, str, str]]]:
    """What was found, by row: level, column and words."""
    return {
        row.number: [(one["level"], one["field"], one["message"]) for one in row.findings]
        for row in upload.rows.order_by("number")
    }


def verdicts(upload: BulkUpload) -> dict[int, str]:
    return dict(upload.rows.order_by("number").values_list("number", "verdict"))


def states(upload: BulkUpload) -> dict[int, str]:
    return dict(upload.rows.order_by("number").values_list("number", "state"))


def started(tenant: Integration, *args: Any, again: bool = False, **options: Any) -> BulkUpload:
    upload = checked(tenant, *args, **options)
    uploads.start(upload, again=again)
    return now(upload)


def now(upload: BulkUpload) -> BulkUpload:
    return BulkUpload.objects.get(pk=upload.pk)


def queue_all(upload: BulkUpload) -> BulkUpload:
    while worker.work_on(upload.pk):
        pass
    return now(upload)


def people(count: int) -> list[dict[str, str]]:
    return [row(number) for number in range(count)]


def end(upload: BulkUpload, state: str = "SUCCEEDED", **fields: Any) -> None:
    """As if all of the upload's submissions had come to that end."""
    Submission.objects.filter(bulk_rows__upload=upload).update(
        state=state, ended_at=timezone.now(), next_attempt_at=None, **fields
    )


def stored(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "submissions").rglob("*"))


def apply(tenant: Integration, email: str) -> None:
    moment = timezone.now()
    known = Candidate.objects.create(id="c", integration=tenant, remote_id="c", changed_at=moment)
    Application.objects.create(
        id="a",
        integration=tenant,
        remote_id="a",
        candidate=known,
        job=tenant.job_set.get(name="Oak joiner"),
        person_key=email,
        changed_at=moment,
    )
