"""Submitting a draft or an entry, with a file or the address of one."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from integrations.models import Application, Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions import service
from integrations.submissions.attachments import FETCH_SECONDS
from integrations.submissions.inputs import (
    AlreadyApplied,
    IllegalTransition,
    Refused,
)
from tests.flatchr.scripted_server import ScriptedServer, reply
from tests.submissions.acting import (
    EMAIL,
    PDF,
    at_flatchr,
    cv,
    draft,
    entry,
    now,
    posts,
    queue,
    stored,
    work,
)
from tests.sync.running import woken

pytestmark = pytest.mark.django_db(transaction=True)


# Submitting


def test_submitting_queues_the_draft_and_wakes_a_worker(
    flatchr_tenant: Integration, job: Job, alice: User
) -> None:
    woken()
    saved = draft(flatchr_tenant, job)

    submitted = service.submit(saved, by=alice)

    assert (submitted.pk, submitted.state, submitted.created_by) == (saved.pk, "QUEUED", alice)
    assert submitted.queued_at is not None
    assert woken() == [saved.pk]
    assert service.submit(saved, by=alice).pk == saved.pk
    assert woken() == []


def test_submitting_what_has_succeeded_is_no_second_submission(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = work(service.submit(draft(flatchr_tenant, job), by=None))

    assert service.submit(submission, by=None).state == "SUCCEEDED"
    assert posts(sandbox) == 1


def test_the_same_person_is_submitted_for_another_job_with_the_cv_just_sent(
    flatchr_tenant: Integration, job: Job, other_job: Job, alice: User, sandbox: Sandbox
) -> None:
    sent = work(service.submit(draft(flatchr_tenant, job, phone_number="06 12 34 56 78"), by=None))

    again = service.draft_for_another_job(sent, user=alice)

    assert (again.state, again.job, again.created_by) == ("DRAFT", None, alice)
    assert (again.first_name, again.email_address, again.phone_number, again.kind) == (
        (sent.first_name, sent.email_address, sent.phone_number, sent.kind)
    )
    assert again.document.name != sent.document.name
    assert again.document_sha256 == sent.document_sha256
    # The first one's file may go, and the second is sent with its own.
    sent.document.delete(save=True)
    again.job = other_job
    again.save()
    assert work(service.submit(again, by=alice)).state == "SUCCEEDED"
    assert posts(sandbox) == 2
    # Of one whose file is not kept any more, the person alone.
    without = service.draft_for_another_job(now(sent), user=alice)
    assert (without.document_name, without.last_name) == ("", sent.last_name)


def test_only_what_has_arrived_and_is_still_kept_is_used_again(
    flatchr_tenant: Integration, job: Job, alice: User
) -> None:
    saved = draft(flatchr_tenant, job)
    with pytest.raises(IllegalTransition):
        service.draft_for_another_job(saved, user=alice)
    sent = work(service.submit(saved, by=None))
    Submission.objects.filter(pk=sent.pk).update(emptied_at=timezone.now())
    with pytest.raises(IllegalTransition):
        service.draft_for_another_job(now(sent), user=alice)
    assert Submission.objects.count() == 1


def test_a_draft_with_problems_is_refused_with_all_of_them(flatchr_tenant: Integration) -> None:
    saved = draft(flatchr_tenant, "", email_address="", attachments=())

    with pytest.raises(Refused) as refused:
        service.submit(saved, by=None)

    fields = [problem.field for problem in refused.value.problems]
    assert fields == ["job", "email_address", "attachments"]
    assert now(saved).state == "DRAFT"


def test_a_second_draft_for_the_same_person_and_job_leads_to_the_first(
    flatchr_tenant: Integration, job: Job, other_job: Job
) -> None:
    first = service.submit(draft(flatchr_tenant, job), by=None)
    second = draft(flatchr_tenant, job, email_address=EMAIL.upper())

    assert service.submit(second, by=None).pk == first.pk
    assert now(second).state == "DRAFT"
    assert service.submit(draft(flatchr_tenant, other_job), by=None).pk != first.pk


def test_what_is_under_way_for_another_job_or_person_is_not_returned(
    flatchr_tenant: Integration, job: Job, other_job: Job
) -> None:
    first = queue(flatchr_tenant, job)

    others = [
        queue(flatchr_tenant, other_job),
        queue(flatchr_tenant, job, email_address="autre@courrier.example"),
    ]

    assert queue(flatchr_tenant, job) == first
    assert len({submission.pk for submission in (first, *others)}) == 3
    assert [submission.job for submission in others] == [other_job, job]
    assert {now(submission).state for submission in (first, *others)} == {"QUEUED"}


def test_who_has_applied_already_is_told_before_anything_is_sent(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    first = work(queue(flatchr_tenant, job))
    saved = draft(flatchr_tenant, job)

    with pytest.raises(AlreadyApplied) as applied:
        service.submit(saved, by=None)

    assert applied.value.application == first.application
    assert applied.value.submission == first
    assert now(saved).state == "DRAFT"
    assert posts(sandbox) == 1
    second = work(service.submit(saved, by=None, again=True))
    assert (second.state, second.again) == ("SUCCEEDED", True)
    assert len(at_flatchr(sandbox)) == 2


def test_who_has_applied_at_flatchr_itself_is_known_from_the_mirror(
    flatchr_tenant: Integration, job: Job
) -> None:
    application = Application.objects.filter(job__isnull=False).exclude(person_key="")[0]
    Job.objects.filter(pk=application.job_id).update(status="OPEN")
    email = application.person_key.upper()

    assert application in service.duplicates(flatchr_tenant, email_address=f" {email} ")
    with pytest.raises(AlreadyApplied) as applied:
        queue(flatchr_tenant, Job.objects.get(pk=application.job_id), email_address=email)

    known = service.duplicates(flatchr_tenant, email_address=email, job=application.job)
    assert applied.value.application == known[0]
    assert applied.value.submission is None
    assert Submission.objects.count() == 0


def test_an_application_that_flatchr_no_longer_has_is_no_duplicate(
    flatchr_tenant: Integration, job: Job
) -> None:
    first = work(queue(flatchr_tenant, job))
    Application.objects.filter(pk=first.application_id).update(remote_deleted_at=timezone.now())

    assert service.duplicates(flatchr_tenant, email_address=EMAIL) == []
    assert queue(flatchr_tenant, job).state == "QUEUED"


def test_duplicates_are_those_of_the_tenant_and_the_job(
    flatchr_tenant: Integration, job: Job, other_job: Job, other_tenant: Integration
) -> None:
    first, second = work(queue(flatchr_tenant, job)), work(queue(flatchr_tenant, other_job))

    found = service.duplicates(flatchr_tenant, email_address=EMAIL)
    assert {one.pk for one in found} == {first.application_id, second.application_id}
    assert service.duplicates(flatchr_tenant, email_address=EMAIL, job=job) == [first.application]
    assert service.duplicates(other_tenant, email_address=EMAIL) == []
    assert service.duplicates(flatchr_tenant, email_address="") == []


def test_an_entry_is_submitted_at_once_or_refused_with_every_problem(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    with pytest.raises(Refused) as refused:
        queue(
            flatchr_tenant,
            job,
            last_name="",
            email_address="x",
            attachments=(cv("cv.pdf", b"MZ"),),
        )

    fields = [problem.field for problem in refused.value.problems]
    assert sorted(fields) == ["attachments", "email_address", "last_name"]
    assert Submission.objects.count() == 0
    assert stored(data_dir) == []
    assert queue(flatchr_tenant, job).state == "QUEUED"


def test_one_idempotency_key_is_one_submission_for_good(
    flatchr_tenant: Integration, job: Job, other_job: Job, data_dir: Path
) -> None:
    first = queue(flatchr_tenant, job, key="k1")

    assert queue(flatchr_tenant, job, key="k1") == first
    assert work(first).state == "SUCCEEDED"
    assert queue(flatchr_tenant, other_job, key="k1", last_name="Autre") == first
    assert stored(data_dir) == [PDF]


def test_one_idempotency_key_of_two_tenants_is_two_submissions(
    flatchr_tenant: Integration, job: Job, other_tenant: Integration
) -> None:
    theirs = Job.objects.create(
        id="1" * 24,
        integration=other_tenant,
        remote_id=job.remote_id,
        vacancy_id=job.vacancy_id,
        slug=job.slug,
        status="OPEN",
        changed_at=timezone.now(),
    )

    first, second = queue(flatchr_tenant, job, key="k1"), queue(other_tenant, theirs, key="k1")

    assert first.pk != second.pk
    assert (first.integration, second.integration) == (flatchr_tenant, other_tenant)
    assert queue(other_tenant, theirs, key="k1") == second


def test_a_job_is_named_by_its_remote_id_too(flatchr_tenant: Integration, job: Job) -> None:
    given = entry(f"remote:{job.remote_id}")

    submission = service.submit_entry(
        flatchr_tenant, given, user=None, kind="APPLICATION", channel="API"
    )

    assert (submission.job, submission.kind, submission.channel) == (job, "APPLICATION", "API")


# Files at an address


def test_a_file_at_an_address_is_fetched_by_the_worker_and_uploaded(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, settings: Any, data_dir: Path
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    left: list[timedelta] = []

    def note_lease_and_reply(connection: socket.socket, server: ScriptedServer) -> None:
        left.append(Submission.objects.get().lease_expires_at - timezone.now())
        connections.close_all()
        reply(PDF, Content_Type="application/pdf")(connection, server)

    with ScriptedServer(note_lease_and_reply) as store:
        where = f"{store.url}/cv/nadia.pdf"
        submission = queue(
            flatchr_tenant, job, attachments=(cv("nadia.pdf", None, data_url=where),)
        )
        assert (store.requests, bool(submission.document)) == ([], False)
        submission = work(submission)

    assert submission.state == "SUCCEEDED"
    # No other worker takes it meanwhile, however long the fetching may last.
    assert left[0] > timedelta(seconds=FETCH_SECONDS)
    assert (submission.document_name, submission.document_size) == ("nadia.pdf", len(PDF))
    assert stored(data_dir) == [PDF]
    (row,) = at_flatchr(sandbox)
    resume = sandbox.world.applicant(row["applicant"]).resume
    assert resume is not None
    assert resume.data == PDF


@pytest.mark.parametrize(
    ("networks", "content", "words"),
    [
        ([], PDF, "could not be fetched"),
        (["127.0.0.0/8"], b"<html>no</html>", "could not be fetched"),
    ],
)
def test_a_file_that_cannot_be_fetched_is_told_in_words_and_safe_to_retry(
    networks: list[str],
    content: bytes,
    words: str,
    flatchr_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
    settings: Any,
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = networks
    with ScriptedServer(reply(content), reply(PDF)) as store:
        attachment = cv("nadia.pdf", None, data_url=f"{store.url}/nadia.pdf")
        submission = work(queue(flatchr_tenant, job, attachments=(attachment,)))

        assert submission.state == "FAILED"
        assert submission.error_kind.startswith("document_")
        assert words in submission.error_message
        assert "safe to retry" in submission.error_message
        assert posts(sandbox) == 0
        settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
        service.retry(submission, by=None)
        submission = work(submission)

    assert submission.state == ("SUCCEEDED")


@pytest.mark.parametrize("url", ["", " ", "https://x.example/" + "a" * 2000])
def test_a_cv_without_content_or_a_fair_address_is_refused(
    url: str, flatchr_tenant: Integration, job: Job
) -> None:
    with pytest.raises(Refused) as refused:
        queue(flatchr_tenant, job, attachments=(cv("nadia.pdf", None, data_url=url),))

    assert [problem.field for problem in refused.value.problems] == ["attachments"]
