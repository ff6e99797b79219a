"""A whole upload through Flatchr's sandbox and a real worker that is killed on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations import scheduler
from integrations.models import BulkUpload, FlatchrSettings, Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions.bulk import uploads
from integrations.submissions.bulk.result import RowStatus, counts
from tests.submissions.acting import posts
from tests.submissions.bulk_files import cvs_for, row
from tests.submissions.bulk_uploads import checked, findings, uploaded
from tests.support.worker import Worker
from tests.sync.running import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

CREATE = "/vacancy/candidate/json$"
BAD = {
    3: {"email_address": "nobody"},
    11: {"first_name": ""},
    12: {"cv": "missing.pdf"},
    30: {"job": "Astronaut"},
    49: {"email_address": "nadia.7@mail.example"},
}
FAILING = (5, 20, 41)


@pytest.fixture
def no_limit_in_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATCHR_BURST", "100000")


def fifty_rows(job: Job) -> list[dict[str, str]]:
    return [row(number, job.pk, **BAD.get(number, {})) for number in range(50)]


def created(sandbox: Sandbox) -> Counter[str]:
    return Counter(str(one["email"]) for one in sandbox.added_applicants())


def time_passes() -> None:
    """As if the leases of whoever was killed had run out, and the sweep came round."""
    past = timezone.now() - timedelta(seconds=30)
    BulkUpload.objects.filter(lease_expires_at__isnull=False).update(lease_expires_at=past)
    Submission.objects.filter(lease_expires_at__isnull=False).update(lease_expires_at=past)
    scheduler.sweep()


@pytest.mark.usefixtures("no_limit_in_the_worker")
def test_fifty_rows_with_five_bad_and_three_failing_ones_and_a_killed_worker(
    flatchr_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
    alice: User,
    make_worker: Callable[..., Worker],
) -> None:
    FlatchrSettings.objects.update(offerer_id=75)
    for number in FAILING:
        email = f"nadia.{number}@mail.example"
        sandbox.faults.add(path=CREATE, body={"email": email}, status=422)
    worker = make_worker()
    rows = fifty_rows(job)
    upload = uploaded(flatchr_tenant, rows, archive=cvs_for(rows[:12] + rows[13:]), user=alice)
    wait_until(lambda: now(upload).state == "READY")
    assert sorted(number for number, found in findings(upload).items() if found) == [
        number + 2 for number in sorted(BAD)
    ]
    assert posts(sandbox) == 0

    uploads.start(upload)
    # Killed while rows are queued, ...
    wait_until(lambda: Submission.objects.count() >= 20)
    worker.kill()
    assert now(upload).state == "QUEUEING"
    worker.start()
    time_passes()
    # ... and again while candidates are sent, twice.
    for least in (6, 25):
        # A killed worker takes calls with it; for those, the sweep has to come round.
        wait_for(lambda least=least: sum(created(sandbox).values()) >= least)
        worker.restart()
        time_passes()
    wait_for(lambda: now(upload).state == "DONE")

    good = {line["email_address"] for n, line in enumerate(rows) if n not in (*BAD, *FAILING)}
    assert created(sandbox) == dict.fromkeys(good, 1), worker.log
    assert counts(upload) == {RowStatus.SUCCEEDED: 42, RowStatus.FAILED: 3, RowStatus.LEFT_OUT: 5}
    assert now(upload).state == "DONE"
    failed = upload.rows.filter(submission__state="FAILED")
    assert [one.number for one in failed.order_by("number")] == [n + 2 for n in FAILING]
    assert Submission.objects.count() == 45


def now(upload: BulkUpload) -> BulkUpload:
    return BulkUpload.objects.get(pk=upload.pk)


def wait_for(happened: Callable[[], bool]) -> None:
    """With a sweep now and then, as the beat makes one."""
    calls = count()

    def look() -> bool:
        if next(calls) % 100 == 0:
            scheduler.sweep()
        return happened()

    wait_until(look, seconds=120)


@pytest.mark.usefixtures("no_limit_in_the_worker")
def test_starting_again_after_the_end_sends_nobody_twice(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, worker: Worker
) -> None:
    rows = [row(number, job.pk) for number in range(4)]
    upload = checked(flatchr_tenant, rows)
    uploads.start(upload)
    wait_for(lambda: now(upload).state == "DONE")

    uploads.start(upload)
    again = checked(flatchr_tenant, rows)

    assert sum(created(sandbox).values()) == 4
    assert {one.verdict for one in again.rows.all()} == {"APPLIED"}


@pytest.mark.usefixtures("no_limit_in_the_worker")
def test_cancel_in_the_middle_leaves_out_the_rest(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, worker: Worker, alice: User
) -> None:
    sandbox.faults.add(path=CREATE, delay=0.1)
    upload = checked(flatchr_tenant, [row(number, job.pk) for number in range(30)])
    uploads.start(upload)
    wait_until(lambda: sum(created(sandbox).values()) >= 3)

    uploads.cancel(upload, by=alice)
    wait_for(lambda: now(upload).ended_at is not None)

    sent = sum(created(sandbox).values())
    assert 3 <= sent < 30
    assert counts(upload) == {RowStatus.SUCCEEDED: sent, RowStatus.CANCELLED: 30 - sent}
