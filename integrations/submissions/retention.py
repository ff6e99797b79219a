"""What is kept of submissions, and for how long: CVs go, the account of what was sent stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import FileField, Q
from django.utils import timezone

from integrations import jobs
from integrations.models import OPEN_SUBMISSIONS, Submission, SubmissionState
from integrations.models.submissions import private_files

# A file without a row may belong to a transaction that is still under way.
ORPHANS_AFTER = timedelta(days=1)
_ENDED = (SubmissionState.SUCCEEDED, SubmissionState.FAILED)


@jobs.RETENTION.register("files of submissions")
def retain() -> None:
    """Delete CVs that have been kept for long enough, and files that nothing names. Idempotent."""
    now = timezone.now()
    delete_documents(before=now - timedelta(days=settings.SUBMISSION_KEEP_DAYS))
    delete_orphans(before=now - ORPHANS_AFTER)


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
