"""The sheet and the ZIP of an upload: opened, and removed once nothing needs them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.models import BulkUpload
from integrations.models.submissions import private_files
from integrations.submissions.bulk.cv_archive import CvArchive

logger = logging.getLogger(__name__)


def read_sheet(upload: BulkUpload) -> bytes:
    with upload.sheet.open("rb") as stream:
        content: bytes = stream.read()
    return content


@contextmanager
def open_archive(upload: BulkUpload) -> Iterator[CvArchive | None]:
    """The ZIP, or None when there is none. Raises `ArchiveRefused`."""
    if not upload.archive:
        yield None
        return
    with upload.archive.open("rb") as stream:
        archive = CvArchive(stream)
        try:
            yield archive
        finally:
            archive.close()


def remove(upload: BulkUpload) -> None:
    """Delete both files. Idempotent; one that cannot be deleted is left to the next retention."""
    stored = [file.name for file in (upload.sheet, upload.archive) if file.name]
    for name in stored:
        try:
            private_files().delete(name)
        except OSError:
            logger.warning("A file of upload %s could not be deleted", upload.pk, exc_info=True)
            return
    if stored:
        BulkUpload.objects.filter(pk=upload.pk).update(sheet=None, archive=None)
        upload.sheet = upload.archive = None
