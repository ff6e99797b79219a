"""What is kept of submissions, and for how long: CVs and personal data go, the account that
something was sent, for which job and what became of it, stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import FileField, Q
from django.utils import timezone

from integrations import jobs
from integrations.database import batched_writes
from integrations.models import (
    OPEN_SUBMISSIONS,
    Submission,
    SubmissionAttempt,
    SubmissionState,
)
from integrations.models.submissions import private_files

# A file without a row may belong to a transaction that is still under way.
ORPHANS_AFTER = timedelta(days=1)
_ENDED = (SubmissionState.SUCCEEDED, SubmissionState.FAILED)
# What is known of the person, and nothing else: job, times, state and the kind of error stay.
EMPTY: dict[str, Any] = {
    **dict.fromkeys(("first_name", "last_name", "email_address", "phone_number", "person_key"), ""),
    "cover_letter": "",
    "answers": [],
    "urls": {},
    "known_applicants": [],
    **dict.fromkeys(("document_name", "document_sha256", "document_url"), ""),
    "document": None,
    "warnings": [],
    "replacements": [],
    "error_message": "",
    "error_detail": "",
}
EMPTY_ATTEMPT: dict[str, Any] = {"request": {}, "response": "", "error": ""}
BATCH = 200


@jobs.RETENTION.register("files of submissions")
def retain() -> None:
    """Delete CVs that have been kept for long enough, and files that nothing names. Idempotent."""
    now = timezone.now()
    delete_documents(before=now - timedelta(days=settings.SUBMISSION_KEEP_DAYS))
    delete_orphans(before=now - ORPHANS_AFTER)


@jobs.RETENTION.register("personal data of submissions")
def retain_people() -> None:
    """Remove drafts, and the personal data of submissions, that were kept for long enough.

    Idempotent. Drafts go `SUBMISSION_KEEP_DAYS` after they were last edited, and what was sent and
    answered so long after the end. The person stays in a submission while the application that it
    led to has one; without an application, so long after the end, too.
    """
    before = timezone.now() - timedelta(days=settings.SUBMISSION_KEEP_DAYS)
    drafts = Submission.objects.filter(state__in=OPEN_SUBMISSIONS, edited_at__lt=before)
    while some := list(drafts.values_list("pk", flat=True)[:BATCH]):
        if not remove_drafts(some, edited_before=before):
            break
    emptied = Q(candidate__fingerprint=None, candidate__content_hash=None)
    gone = emptied & Q(candidate__remote_deleted_at__isnull=False)
    gone |= Q(application=None, ended_at__lt=before)
    people = Submission.objects.filter(gone, state__in=_ENDED, emptied_at=None)
    while some := list(people.values_list("pk", flat=True)[:BATCH]):
        if not empty(some):
            break
    logged = SubmissionAttempt.objects.filter(
        submission__state__in=_ENDED, submission__ended_at__lt=before
    )
    batched_writes.update(logged.exclude(**EMPTY_ATTEMPT), **EMPTY_ATTEMPT)


def empty(submissions: Collection[str]) -> int:
    """Remove the personal data, and the CVs, of those submissions that have ended; how many."""
    with transaction.atomic():
        ended = Submission.objects.select_for_update().filter(
            pk__in=list(submissions), state__in=_ENDED
        )
        rows = list(ended)
        for row in rows:
            # By its key a submission that is asked for again is known, unless that is a name.
            kept = "" if _names_person(row) else row.idempotency_key
            Submission.objects.filter(pk=row.pk).update(
                **EMPTY, idempotency_key=kept, emptied_at=timezone.now()
            )
        SubmissionAttempt.objects.filter(submission__in=[row.pk for row in rows]).update(
            **EMPTY_ATTEMPT
        )
        _delete_after_commit(rows)
    return len(rows)


def remove_drafts(drafts: Collection[str], *, edited_before: datetime | None = None) -> int:
    """Delete those that are drafts still, with their CVs; how many."""
    with transaction.atomic():
        found = Submission.objects.select_for_update().filter(
            pk__in=list(drafts), state__in=OPEN_SUBMISSIONS
        )
        if edited_before is not None:
            found = found.filter(edited_at__lt=edited_before)
        rows = list(found)
        Submission.objects.filter(pk__in=[row.pk for row in rows]).delete()
        _delete_after_commit(rows)
    return len(rows)


def _names_person(row: Submission) -> bool:
    key = row.idempotency_key.casefold()
    known = (row.first_name, row.last_name, row.email_address, row.phone_number)
    return any(text.strip() and text.strip().casefold() in key for text in known)


def _delete_after_commit(rows: Collection[Submission]) -> None:
    names = [str(row.document.name) for row in rows if row.document]

    def delete() -> None:
        for name in names:
            private_files().delete(name)

    transaction.on_commit(delete)


def delete_documents(*, before: datetime) -> int:
    """Delete the CVs of submissions that ended, and of drafts last edited, before `before`; how
    many. The names and digests of the files stay.
    """
    old = Q(state__in=_ENDED, ended_at__lt=before)
    old |= Q(state__in=OPEN_SUBMISSIONS, edited_at__lt=before)
    deleted = 0
    kept = Submission.objects.filter(old).exclude(document=None).exclude(document="")
    for pk, name in list(kept.values_list("pk", "document")):
        with transaction.atomic():
            # It may have been queued again meanwhile.
            gone = Submission.objects.filter(old, pk=pk, document=name).update(document=None)
        if gone:
            private_files().delete(str(name))
            deleted += 1
    return deleted


def delete_orphans(*, before: datetime) -> int:
    """Delete files older than `before` that no row names, such as those of a process that was
    killed between writing the file and writing the row; how many.
    """
    storage = private_files()
    # First the files, then the rows: what is written in between is in the second list at most.
    found = [name for name in _files(storage) if storage.get_modified_time(name) < before]
    if not found:
        return 0
    named = _named()
    orphans = [name for name in found if name not in named]
    for name in orphans:
        storage.delete(name)
    return len(orphans)


def _files(storage: Storage, folder: str = "") -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}{name}"
    for name in folders:
        yield from _files(storage, f"{folder}{name}/")


def _named() -> set[str]:
    """The names of all files that some row of any model keeps in this storage."""
    names: set[str] = set()
    for model in apps.get_app_config("integrations").get_models():
        for field in model._meta.get_fields():
            if isinstance(field, FileField) and field.storage is private_files():
                rows = model._base_manager.exclude(**{field.name: None})
                names.update(rows.values_list(field.name, flat=True).iterator())
    return names
