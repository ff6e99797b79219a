"""CVs are kept for so long; what was sent, and what became of it, stays."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import F
from django.utils import timezone

from integrations import scheduler
from integrations.models import Integration, Job, Submission
from integrations.models.submissions import private_files
from integrations.submissions import service
from integrations.submissions.retention import retain
from tests.submissions.acting import entry, later, now, queue, work

pytestmark = pytest.mark.django_db(transaction=True)

DAY = 86_400


def files(data_dir: Path) -> int:
    return sum(path.is_file() for path in (data_dir / "submissions").rglob("*"))


def test_the_file_of_a_success_goes_after_thirty_days_and_its_account_stays(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    submission = work(queue(flatchr_tenant, job))
    later(submission, 29 * DAY)
    retain()
    assert (bool(now(submission).document), files(data_dir)) == (True, 1)
    later(submission, 2 * DAY)

    scheduler.retain()

    found = now(submission)
    assert (bool(found.document), files(data_dir)) == (False, 0)
    assert (found.document_name, len(found.document_sha256)) == ("cv.pdf", 64)
    assert found.state == "SUCCEEDED"
    assert found.log.count() == 3
    retain()


def test_the_days_are_a_setting(
    flatchr_tenant: Integration, job: Job, settings: Any, data_dir: Path
) -> None:
    settings.SUBMISSION_KEEP_DAYS = 2
    submission = work(queue(flatchr_tenant, job))
    later(submission, 3 * DAY)

    retain()

    assert files(data_dir) == 0


def test_a_failure_and_a_forgotten_draft_lose_their_files_too(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    failed = service.cancel(queue(flatchr_tenant, job), by=None)
    draft = service.save_draft(flatchr_tenant, entry(job), user=None, kind="CANDIDATE")
    later(failed, 31 * DAY)
    retain()
    assert files(data_dir) == 1
    Submission.objects.filter(pk=draft.pk).update(edited_at=F("edited_at") - timedelta(days=31))

    retain()

    assert files(data_dir) == 0
    assert now(draft).state == "DRAFT"


def test_the_file_of_what_is_queued_again_in_that_moment_stays(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    failed = later(service.cancel(queue(flatchr_tenant, job), by=None), 31 * DAY)
    retried: list[Submission] = []

    def retry_first(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and not retried:
            retried.append(failed)
            service.retry(failed, by=None)
        return execute(sql, *rest)

    with connection.execute_wrapper(retry_first):
        retain()

    assert retried
    assert (bool(now(failed).document), files(data_dir)) == (True, 1)
    assert work(failed).state == "SUCCEEDED"


def test_the_file_of_what_is_under_way_stays_however_old(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    submission = queue(flatchr_tenant, job)
    Submission.objects.update(ended_at=None)
    later(submission, 400 * DAY)

    retain()

    assert files(data_dir) == 1


def test_a_file_that_no_row_names_goes_after_a_day(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    kept = queue(flatchr_tenant, job)
    orphan = private_files().save("x", ContentFile(b"left behind"))
    fresh = private_files().save("x", ContentFile(b"just written"))
    old = time.time() - 2 * DAY
    for name in (orphan, str(kept.document)):
        os.utime(data_dir / "submissions" / name, (old, old))

    retain()

    storage = private_files()
    assert not storage.exists(orphan)
    assert storage.exists(fresh)
    assert storage.exists(str(now(kept).document))


def test_a_folder_that_is_not_there_yet_is_no_trouble(db: None) -> None:
    retain()
    assert timezone.now()
