"""Uploads and their workers: what is taken, replaced and thrown away, and who checks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.utils import timezone

from integrations.jobs import LeaseLost
from integrations.models import BulkRow, BulkState, BulkUpload, FlatchrSettings, Integration
from integrations.submissions.bulk import check, uploads, worker
from integrations.submissions.bulk.sheet import SHEET_BYTES
from integrations.submissions.bulk.worker import LEASE, claim
from integrations.submissions.inputs import IllegalTransition
from tests.submissions.bulk_files import cvs_for, row
from tests.submissions.bulk_uploads import checked, job, stored, uploaded, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant(tenant: Integration) -> Integration:
    """With a job and a source."""
    FlatchrSettings.objects.filter(pk=tenant.pk).update(offerer_id=75)
    job(tenant)
    return tenant


# Uploading


def test_what_is_too_large_or_empty_is_not_taken(tenant: Integration, data_dir: Path) -> None:
    for sheet, archive, field in (
        (SimpleUploadedFile("a.csv", b""), None, "sheet"),
        (SimpleUploadedFile("a.csv", b"x" * (SHEET_BYTES + 1)), None, "sheet"),
        (SimpleUploadedFile("a.csv", b"x"), SimpleUploadedFile("b.zip", b""), "archive"),
    ):
        with pytest.raises(uploads.NotTaken) as refused:
            uploads.upload(tenant, sheet=sheet, archive=archive, user=None)
        assert refused.value.field == field
    assert not BulkUpload.objects.exists()
    assert stored(data_dir) == 0


def test_a_tenant_has_so_many_open_uploads_and_no_more(
    tenant: Integration, data_dir: Path, settings: Any
) -> None:
    settings.BULK_MAX_OPEN = 1
    given: dict[str, Any] = {"archive": None, "user": None}
    first = uploads.upload(tenant, sheet=SimpleUploadedFile("a.csv", b"x"), **given)

    with pytest.raises(uploads.NotTaken, match="1 uploads that have not ended"):
        uploads.upload(tenant, sheet=SimpleUploadedFile("b.csv", b"x"), **given)

    # One in place of another, or after it, is taken.
    sheet = SimpleUploadedFile("c.csv", b"x")
    second = uploads.upload(tenant, sheet=sheet, instead_of=first, **given)
    uploads.discard(second)
    assert uploads.upload(tenant, sheet=SimpleUploadedFile("d.csv", b"x"), **given)


def test_a_name_is_shown_without_its_path(tenant: Integration) -> None:
    sheet = SimpleUploadedFile("a.csv", b"x")
    sheet._name = "C:\\Users\\x\\\u202elist.csv"

    assert uploads.upload(tenant, sheet=sheet, archive=None, user=None).sheet_name == "list.csv"


def test_a_disabled_tenant_takes_no_upload(tenant: Integration) -> None:
    tenant.enabled = False

    with pytest.raises(uploads.NotTaken, match="disabled"):
        uploaded(tenant, [row(1)])


@pytest.mark.django_db(transaction=True)
def test_a_corrected_sheet_takes_the_old_ones_place_and_keeps_its_zip(
    tenant: Integration, data_dir: Path
) -> None:
    rows = [row(1)]
    old = checked(tenant, sheet=b"wrong;header\nx;y\n", archive=cvs_for(rows))

    new = checked(tenant, rows, archive=b"", instead_of=old)

    assert (new.state, new.archive_name) == ("READY", "cvs.zip")
    assert verdicts(new) == {2: "OK"}
    assert list(BulkUpload.objects.all()) == [new]
    assert stored(data_dir) == 2


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_was_not_started_can_be_thrown_away(
    tenant: Integration, data_dir: Path
) -> None:
    upload = checked(tenant, [row(1)])

    uploads.discard(upload)
    uploads.discard(upload)

    assert not BulkUpload.objects.exists()
    assert not BulkRow.objects.exists()
    assert stored(data_dir) == 0


def test_a_started_one_cannot(tenant: Integration) -> None:
    upload = checked(tenant, [row(1)])
    uploads.start(upload)

    with pytest.raises(IllegalTransition):
        uploads.discard(upload)


# Workers


def test_an_upload_has_one_worker_at_a_time(tenant: Integration) -> None:
    upload = uploaded(tenant, [row(1)])

    assert claim(upload.pk) is not None
    assert claim(upload.pk) is None
    assert not worker.work_on(upload.pk)


def test_a_check_that_was_cut_off_is_done_again(
    tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uploaded(tenant, [row(number) for number in range(8)])
    with monkeypatch.context() as patch:
        patch.setattr(check, "_row", lambda *_: _die())
        with pytest.raises(OperationalError):
            worker.work_on(upload.pk)
    BulkUpload.objects.update(lease_expires_at=timezone.now() - LEASE)

    assert worker.work_on(upload.pk)

    upload.refresh_from_db()
    assert (upload.state, upload.rows.count(), upload.attempts) == ("READY", 8, 0)


def _die() -> None:
    raise OperationalError


def test_a_worker_that_lost_the_upload_writes_nothing(tenant: Integration) -> None:
    upload = uploaded(tenant, [row(1)])
    lost = claim(upload.pk)
    BulkUpload.objects.update(lease_expires_at=timezone.now() - LEASE)
    assert lost is not None
    assert claim(upload.pk) is not None

    with pytest.raises(LeaseLost):
        check.check(lost)

    assert not BulkRow.objects.exists()
    assert BulkUpload.objects.get().state == BulkState.CHECKING


def test_an_upload_that_kills_worker_after_worker_is_refused(tenant: Integration) -> None:
    upload = uploaded(tenant, [row(1)])
    BulkUpload.objects.update(attempts=worker.MOST_ATTEMPTS)

    worker.work_on(upload.pk)

    upload.refresh_from_db()
    assert (upload.state, upload.refusal) == ("REFUSED", check.BROKEN)


def test_the_sheet_may_have_the_rows_that_are_allowed_and_no_more(
    tenant: Integration, settings: Any, alice: User
) -> None:
    settings.BULK_MAX_ROWS = 5
    rows = [row(number) for number in range(6)]

    assert checked(tenant, rows[:5], user=alice).state == BulkState.READY
    assert "more than 5 rows" in checked(tenant, rows, user=alice).refusal
