"""Starting, cancelling and following an upload: each good row becomes one submission, once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations.messages import Message
from integrations.models import (
    BulkRow,
    BulkUpload,
    FlatchrSettings,
    Integration,
    Submission,
    SubmissionState,
)
from integrations.submissions.bulk import enqueue, uploads, worker
from integrations.submissions.bulk.result import RowStatus, counts, standing
from integrations.submissions.inputs import IllegalTransition
from tests.submissions.bulk_files import row
from tests.submissions.bulk_uploads import (
    apply,
    checked,
    end,
    job,
    now,
    people,
    queue_all,
    started,
    states,
    stored,
    uploaded,
    verdicts,
)
from tests.submissions.killing import dies_at
from tests.sync.running import woken

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant(tenant: Integration) -> Integration:
    """With a job and a source."""
    FlatchrSettings.objects.filter(pk=tenant.pk).update(offerer_id=75)
    job(tenant)
    return tenant


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker queues two rows, and comes back for the next."""
    monkeypatch.setattr(enqueue, "AT_ONCE", 2)


# Starting


@pytest.mark.django_db(transaction=True)
def test_the_good_rows_are_queued_each_once_and_the_files_go(
    tenant: Integration, alice: User, data_dir: Path
) -> None:
    rows = [*people(3), row(9, email_address="nobody")]

    upload = queue_all(started(tenant, rows, user=alice))

    assert upload.state == "SENDING"
    assert states(upload) == {2: "QUEUED", 3: "QUEUED", 4: "QUEUED", 5: "LEFT_OUT"}
    made = Submission.objects.order_by("email_address")
    assert [one.email_address for one in made] == [f"nadia.{n}@mail.example" for n in range(3)]
    assert {(one.channel, one.state, one.created_by) for one in made} == {("BULK", "QUEUED", alice)}
    assert made[0].idempotency_key == f"bulk:{upload.pk}:2"
    with made[0].document.open() as document:
        assert document.read().startswith(b"nadia.0@mail.example")
    assert not upload.sheet
    assert not upload.archive
    assert stored(data_dir) == 3


def test_starting_twice_is_starting_once(tenant: Integration) -> None:
    upload = started(tenant, people(2))
    uploads.start(upload)
    queue_all(upload)
    uploads.start(upload)
    queue_all(upload)

    assert Submission.objects.count() == 2


def test_an_upload_without_good_rows_is_not_started(tenant: Integration) -> None:
    upload = checked(tenant, [row(1, first_name="")])

    with pytest.raises(IllegalTransition, match="No row of this upload can be sent"):
        uploads.start(upload)
    assert now(upload).state == "READY"


def test_one_that_is_still_checked_is_not_started(tenant: Integration) -> None:
    upload = uploaded(tenant, people(1))

    with pytest.raises(IllegalTransition):
        uploads.start(upload)


@pytest.mark.parametrize("again", [False, True])
def test_who_has_applied_already_is_sent_only_when_asked_for(
    tenant: Integration, again: bool
) -> None:
    apply(tenant, "nadia.0@mail.example")

    upload = queue_all(started(tenant, people(2), again=again))

    assert verdicts(upload) == {2: "APPLIED", 3: "OK"}
    assert states(upload) == {2: "QUEUED" if again else "LEFT_OUT", 3: "QUEUED"}


def test_a_row_that_cannot_be_queued_any_more_does_not_stop_the_rest(tenant: Integration) -> None:
    closing = job(tenant, "Painter", reference="REF-2")
    rows = [row(0), row(1, job="REF-2"), row(2), row(3), row(4)]
    upload = started(tenant, rows)
    closing.status = "CLOSED"
    closing.save()
    apply(tenant, "nadia.2@mail.example")
    Submission.objects.create(
        integration=tenant,
        job=tenant.job_set.get(name="Oak joiner"),
        person_key="nadia.3@mail.example",
        state=SubmissionState.SENDING,
    )

    queue_all(upload)

    found = {one.number: (one.state, one.message) for one in upload.rows.all()}
    assert [state for state, _ in found.values()] == [
        "QUEUED", "FAILED", "FAILED", "FAILED", "QUEUED",
    ]  # fmt: skip
    assert "closed in Flatchr" in found[3][1]
    assert "applied for this job already" in found[4][1]
    assert "being submitted for this job right now" in found[5][1]
    # Not their English text alone: the page shows them in the language of its reader.
    assert all(isinstance(found[number][1], Message) for number in (3, 4, 5))


def test_a_row_that_breaks_does_not_stop_the_rest(
    tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit_entry = enqueue.service.submit_entry

    def break_one(*args: Any, **options: Any) -> Submission:
        if options["idempotency_key"].endswith(":3"):
            raise ZeroDivisionError
        return submit_entry(*args, **options)

    upload = started(tenant, people(3))
    monkeypatch.setattr(enqueue.service, "submit_entry", break_one)

    queue_all(upload)

    assert states(upload) == {2: "QUEUED", 3: "FAILED", 4: "QUEUED"}
    assert "administrator" in upload.rows.get(number=3).message


def test_a_zip_that_is_gone_fails_the_rows_with_words(tenant: Integration, data_dir: Path) -> None:
    upload = started(tenant, people(2))
    (data_dir / "submissions" / upload.archive.name).unlink()

    upload = queue_all(upload)

    assert states(upload) == {2: "FAILED", 3: "FAILED"}
    assert "Upload it again" in upload.rows.first().message


# Killed workers


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("few_at_once")
def test_a_worker_killed_at_any_moment_leaves_one_submission_a_row(tenant: Integration) -> None:
    random = Random(7)
    for number in range(12):
        Submission.objects.all().delete()
        upload = started(tenant, people(5))
        for _ in range(200):
            last = random.randrange(4, 60) if random.random() < 0.7 else None
            dies_at(last, worker.work_on, upload.pk)
            BulkUpload.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
            if now(upload).state == "SENDING":
                break
        assert set(states(upload).values()) == {"QUEUED"}, number
        found = Counter(Submission.objects.values_list("idempotency_key", flat=True))
        assert found == {f"bulk:{upload.pk}:{row}": 1 for row in range(2, 7)}
        assert all(
            one.submission.idempotency_key == one.idempotency_key
            for one in upload.rows.select_related("submission")
        )


def test_a_row_that_kills_worker_after_worker_is_given_up(tenant: Integration) -> None:
    upload = started(tenant, people(3))
    BulkUpload.objects.update(attempts=worker.MOST_ATTEMPTS)

    queue_all(upload)

    assert states(upload) == {2: "FAILED", 3: "QUEUED", 4: "QUEUED"}
    assert "stopped several times" in upload.rows.get(number=2).message


@pytest.mark.usefixtures("few_at_once")
def test_the_sweep_wakes_a_worker_for_what_is_left(tenant: Integration) -> None:
    upload = started(tenant, people(3))
    worker.work_on(upload.pk)
    woken()

    uploads.UPLOADS.sweep()
    assert woken() == [upload.pk]

    queue_all(upload)
    woken()
    uploads.UPLOADS.sweep()
    assert woken() == []


# Cancelling


@pytest.mark.usefixtures("few_at_once")
def test_cancel_stops_what_has_not_been_sent(tenant: Integration, alice: User) -> None:
    upload = started(tenant, people(6))
    worker.work_on(upload.pk)
    worker.work_on(upload.pk)
    first, second, *_ = Submission.objects.order_by("email_address")
    Submission.objects.filter(pk=first.pk).update(state="SUCCEEDED")
    Submission.objects.filter(pk=second.pk).update(state="SENDING")

    uploads.cancel(upload, by=alice)

    assert counts(upload) == {RowStatus.SUCCEEDED: 1, RowStatus.SENDING: 1, RowStatus.CANCELLED: 4}
    upload = now(upload)
    assert (upload.state, upload.ended_at, bool(upload.archive)) == ("CANCELLED", None, False)
    assert not worker.work_on(upload.pk)
    with pytest.raises(IllegalTransition):
        uploads.cancel(upload, by=alice)

    Submission.objects.filter(pk=second.pk).update(state="SUCCEEDED")
    uploads.settle_all()
    assert now(upload).ended_at is not None


def test_a_cancel_that_was_cut_off_is_finished_by_the_sweep(tenant: Integration) -> None:
    upload = queue_all(started(tenant, people(3)))
    BulkUpload.objects.update(state="CANCELLED")

    uploads.settle_all()

    assert counts(upload) == {RowStatus.CANCELLED: 3}
    assert now(upload).ended_at is not None


def test_a_worker_queues_nothing_after_a_cancel(
    tenant: Integration, monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    upload = started(tenant, people(4))
    submit_entry = enqueue.service.submit_entry

    def cancel_meanwhile(*args: Any, **options: Any) -> Submission:
        made = submit_entry(*args, **options)
        if options["idempotency_key"].endswith(":3"):
            enqueue.RowContext.content = lambda *_: _cancel(upload, alice)  # type: ignore[method-assign]
        return made

    content = enqueue.RowContext.content
    monkeypatch.setattr(enqueue.RowContext, "content", content)
    monkeypatch.setattr(enqueue.service, "submit_entry", cancel_meanwhile)

    assert worker.work_on(upload.pk)

    assert counts(upload) == {RowStatus.CANCELLED: 4}
    assert Submission.objects.count() == 2


def _cancel(upload: BulkUpload, user: User) -> bytes:
    uploads.cancel(now(upload), by=user)
    return b"Joiner\n"


# The end


def test_an_upload_is_done_once_every_submission_is(tenant: Integration) -> None:
    upload = queue_all(started(tenant, people(3)))
    uploads.settle(upload)
    assert upload.state == "SENDING"

    end(upload)
    uploads.settle(upload)

    assert (upload.state, upload.ended_at is not None) == ("DONE", True)
    assert counts(upload) == {RowStatus.SUCCEEDED: 3}


def test_an_upload_of_rows_that_all_failed_is_done_at_once(tenant: Integration) -> None:
    upload = started(tenant, people(1))
    tenant.job_set.update(status="CLOSED")

    queue_all(upload)
    uploads.settle_all()

    assert now(upload).state == "DONE"


def test_the_rows_that_stand_somewhere_are_those_that_are_counted(tenant: Integration) -> None:
    upload = queue_all(started(tenant, [*people(8), row(20, first_name="")]))
    made = list(upload.rows.filter(state="QUEUED").order_by("number"))
    for one, state in zip(
        made, ("SENDING", "SUCCEEDED", "FAILED", "FAILED", "UNCERTAIN"), strict=False
    ):
        Submission.objects.filter(pk=one.submission_id).update(state=state)
    Submission.objects.filter(pk=made[3].submission_id).update(error_kind="cancelled")
    BulkRow.objects.filter(pk=made[5].pk).update(state="FAILED", submission=None)
    BulkRow.objects.filter(pk=made[6].pk).update(submission=None)

    counted = counts(upload)

    assert counted == {
        RowStatus.SENDING: 1,
        RowStatus.SUCCEEDED: 1,
        RowStatus.FAILED: 3,
        RowStatus.CANCELLED: 1,
        RowStatus.UNCERTAIN: 1,
        RowStatus.QUEUED: 1,
        RowStatus.LEFT_OUT: 1,
    }
    assert {one: standing(upload.rows.all(), one).count() for one in RowStatus} == {
        one: counted[one] for one in RowStatus
    }


def test_an_upload_that_cannot_be_ended_does_not_keep_the_others_from_it(
    tenant: Integration,
) -> None:
    """As one with a file outside the storage."""
    broken = queue_all(started(tenant, people(2)))
    good = queue_all(started(tenant, people(4)[2:]))
    BulkUpload.objects.filter(pk=broken.pk).update(state="CANCELLED", sheet="../outside")
    end(good)

    uploads.settle_all()

    assert now(broken).ended_at is None
    assert now(good).state == "DONE"
