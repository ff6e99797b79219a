"""Drafts, checks, submissions, retries and cancellations, as whoever asks for them sees them."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from integrations.flatchr.applicant_lookup import applicants_by_email
from integrations.models import Application, Integration, Job, Submission, SubmissionState
from integrations.sandbox import Sandbox
from integrations.submissions import service
from integrations.submissions.attachments import FETCH_SECONDS
from integrations.submissions.inputs import (
    AlreadyApplied,
    Attachment,
    AttachmentType,
    IllegalTransition,
    Refused,
)
from tests.flatchr.scripted_server import ScriptedServer, reply
from tests.submissions.acting import (
    EMAIL,
    PDF,
    at_flatchr,
    cv,
    entry,
    now,
    posts,
    queue,
    work,
)
from tests.sync.running import woken

pytestmark = pytest.mark.django_db(transaction=True)

TEST = "/vacancy/candidate/test$"
CREATE = "/vacancy/candidate/json$"


def draft(tenant: Integration, job: Job | str, **fields: Any) -> Submission:
    return service.save_draft(tenant, entry(job, **fields), user=None, kind="CANDIDATE")


def stored(data_dir: Path) -> list[bytes]:
    files = (data_dir / "submissions").rglob("*")
    return sorted(path.read_bytes() for path in files if path.is_file())


# Drafts


def test_a_draft_keeps_what_was_typed_and_attached_whatever_is_wrong(
    flatchr_tenant: Integration, alice: User, data_dir: Path
) -> None:
    given = entry("", first_name="", email_address="nadia@", phone_number=" 06 ", urls={"x": "y"})

    saved = service.save_draft(flatchr_tenant, given, user=alice, kind="CANDIDATE")

    found = now(saved)
    assert (found.state, found.created_by, found.channel) == ("DRAFT", alice, "FORM")
    assert (found.first_name, found.last_name) == ("", "Perrot")
    assert (found.email_address, found.phone_number) == ("nadia@", " 06 ")
    assert (found.document_name, found.document_size) == ("cv.pdf", len(PDF))
    assert stored(data_dir) == [PDF]
    fields = [problem.field for problem in service.problems(found)]
    assert fields == ["job", "first_name", "email_address", "phone_number"]


def test_a_strict_draft_is_refused_whole_and_changes_nothing(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    with pytest.raises(Refused) as refused:
        service.save_draft(
            flatchr_tenant,
            entry("1" * 24, last_name="", attachments=(), offerer_id=-1),
            user=None,
            kind="CANDIDATE",
            strict=True,
        )

    found = [(problem.field, problem.code) for problem in refused.value.problems]
    assert found == [
        ("job", "unknown"),
        ("offerer_id", "invalid"),
        ("last_name", "required"),
        ("attachments", "required"),
    ]
    assert Submission.objects.count() == 0
    assert stored(data_dir) == []


def test_a_file_stays_with_its_draft_until_it_is_replaced_or_removed(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    first = draft(flatchr_tenant, job)
    again = entry(job, last_name="Perrot-Lenoir", attachments=())
    service.save_draft(flatchr_tenant, again, user=None, kind="CANDIDATE", draft=now(first))
    assert (now(first).last_name, now(first).document_name) == ("Perrot-Lenoir", "cv.pdf")

    other = PDF.replace(b"CV nadia", b"CV nadja")
    given = entry(job, attachments=(cv("autre.pdf", other),))
    service.save_draft(flatchr_tenant, given, user=None, kind="CANDIDATE", draft=now(first))
    assert now(first).document_name == "autre.pdf"
    assert stored(data_dir) == [other]

    service.remove_document(now(first))
    found = now(first)
    assert (bool(found.document), found.document_name, found.document_size) == (False, "", None)
    assert stored(data_dir) == []
    assert [problem.field for problem in service.problems(found)] == ["attachments"]


def test_a_file_that_is_refused_leaves_the_draft_and_its_file_as_they_were(
    flatchr_tenant: Integration, job: Job, data_dir: Path
) -> None:
    first = draft(flatchr_tenant, job)

    given = entry(job, attachments=(cv("cv.pdf", b"<html></html>"),))
    with pytest.raises(Refused) as refused:
        service.save_draft(flatchr_tenant, given, user=None, kind="CANDIDATE", draft=first)

    assert [problem.field for problem in refused.value.problems] == ["attachments"]
    assert stored(data_dir) == [PDF]
    assert now(first).document_name == "cv.pdf"


def test_the_first_cv_is_taken_and_every_other_file_is_named(
    flatchr_tenant: Integration, job: Job
) -> None:
    letter = Attachment("lettre.pdf", AttachmentType.COVER_LETTER, PDF)
    other = Attachment("diplôme.pdf", AttachmentType.OTHER, PDF)

    saved = draft(flatchr_tenant, job, attachments=(letter, cv(), other, cv("cv2\u202efdp.exe")))

    assert saved.document_name == "cv.pdf"
    notes = [n["message"] for n in saved.warnings if n["code"] == "attachment_not_sent"]
    assert len(notes) == 3
    assert "lettre.pdf" in notes[0]
    assert "diplôme.pdf" in notes[1]
    assert "cv2fdp.exe" in notes[2]
    assert now(service.submit(saved, by=None)).warnings == saved.warnings


def test_a_submission_that_was_submitted_cannot_be_edited(
    flatchr_tenant: Integration, job: Job
) -> None:
    submission = queue(flatchr_tenant, job)

    with pytest.raises(IllegalTransition):
        service.save_draft(
            flatchr_tenant, entry(job), user=None, kind="CANDIDATE", draft=submission
        )
    with pytest.raises(IllegalTransition):
        service.remove_document(submission)
    stale = draft(flatchr_tenant, job, email_address="autre@courrier.example")
    service.submit(now(stale), by=None)
    with pytest.raises(IllegalTransition):
        service.save_draft(flatchr_tenant, entry(job), user=None, kind="CANDIDATE", draft=stale)
    assert now(stale).email_address == "autre@courrier.example"


# Checks


def test_a_check_shows_flatchrs_answer_and_stores_nothing_there(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    checked = service.check(draft(flatchr_tenant, job), by=None)

    assert (checked.state, checked.error_message) == ("CHECKED", "")
    assert checked.source_written is False
    assert [note["code"] for note in checked.warnings] == ["source_not_written"]
    (attempt,) = checked.log.all()
    assert (attempt.kind, attempt.outcome, attempt.status) == ("CHECK", "accepted", 200)
    assert "applicant created" in attempt.response
    assert attempt.request["body"]["token"] == "***"
    assert at_flatchr(sandbox) == []
    assert len(sandbox.requests.matching("POST", TEST)) == 1


@pytest.mark.parametrize("fault", [{"status": 422}, {"status": 500}, {"html": True}, {"cut": 0}])
def test_a_check_that_fails_leaves_a_draft_that_says_why(
    fault: dict[str, Any], flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=TEST, times=1, **fault)

    checked = service.check(draft(flatchr_tenant, job), by=None)

    assert checked.state == "DRAFT"
    assert "This was a check: nothing was stored." in checked.error_message
    assert service.check(checked, by=None).state == "CHECKED"
    assert service.problems(checked) == []


def test_a_check_with_problems_asks_flatchr_nothing(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    with pytest.raises(Refused):
        service.check(draft(flatchr_tenant, job, last_name=""), by=None)

    assert len(sandbox.requests.matching("POST", TEST)) == 0


def test_a_draft_that_is_edited_while_its_file_is_fetched_is_checked_as_it_is_then(
    flatchr_tenant: Integration, job: Job, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]

    def edit_and_reply(connection: socket.socket, server: ScriptedServer) -> None:
        Submission.objects.update(last_name="Perrot-Lenoir")
        connections.close_all()
        reply(PDF)(connection, server)

    with ScriptedServer(edit_and_reply) as store:
        attachment = cv("nadia.pdf", None, data_url=f"{store.url}/nadia.pdf")
        checked = service.check(draft(flatchr_tenant, job, attachments=(attachment,)), by=None)

    assert (checked.state, checked.last_name) == ("CHECKED", "Perrot-Lenoir")
    assert checked.log.get().request["body"]["lastname"] == "Perrot-Lenoir"


def test_a_draft_that_is_submitted_while_it_is_checked_stays_in_the_queue(
    flatchr_tenant: Integration, job: Job, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]

    def submit_and_reply(connection: socket.socket, server: ScriptedServer) -> None:
        service.submit(Submission.objects.get(), by=None)
        connections.close_all()
        reply(PDF)(connection, server)

    with ScriptedServer(submit_and_reply) as store:
        attachment = cv("nadia.pdf", None, data_url=f"{store.url}/nadia.pdf")
        saved = draft(flatchr_tenant, job, attachments=(attachment,))
        with pytest.raises(IllegalTransition):
            service.check(saved, by=None)

    assert now(saved).state == "QUEUED"
    assert not now(saved).log.exists()


def test_what_was_checked_and_then_changed_is_a_draft_again(
    flatchr_tenant: Integration, job: Job
) -> None:
    checked = service.check(draft(flatchr_tenant, job), by=None)

    service.save_draft(flatchr_tenant, entry(job), user=None, kind="CANDIDATE", draft=checked)

    assert now(checked).state == "DRAFT"


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


# Retries and cancellations


def test_a_submission_is_cancelled_while_it_waits_and_never_sent(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, alice: User, bob: User
) -> None:
    submission = queue(flatchr_tenant, job)

    cancelled = service.cancel(submission, by=bob)

    assert (cancelled.state, cancelled.error_kind) == ("FAILED", "cancelled")
    assert cancelled.cancelled_by == bob
    assert work(cancelled).state == "FAILED"
    assert posts(sandbox) == 0
    with pytest.raises(IllegalTransition):
        service.cancel(cancelled, by=None)
    retried = service.retry(cancelled, by=alice)
    assert (retried.state, retried.queued_by, retried.cancelled_by) == ("QUEUED", alice, None)


def test_a_submission_that_is_cancelled_while_a_worker_looks_is_not_sent(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = queue(flatchr_tenant, job)

    def search_and_be_cancelled(*given: Any, **more: Any) -> Any:
        found = applicants_by_email(*given, **more)
        service.cancel(submission, by=None)
        return found

    monkeypatch.setattr(
        "integrations.submissions.send.applicants_by_email", search_and_be_cancelled
    )

    assert work(submission).error_kind == "cancelled"
    assert posts(sandbox) == 0


STATES = list(SubmissionState)
ALLOWED = {
    "DRAFT": {"edit", "check", "submit"},
    "CHECKED": {"edit", "check", "submit"},
    "QUEUED": {"cancel"},
    "SENDING": set(),
    "SUCCEEDED": set(),
    "FAILED": {"edit", "retry"},
    "UNCERTAIN": set(),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_allows_what_it_allows_and_refuses_the_rest(
    state: SubmissionState, flatchr_tenant: Integration, job: Job
) -> None:
    submission = draft(flatchr_tenant, job)

    def put() -> Submission:
        moment = timezone.now()
        rows = Submission.objects.filter(pk=submission.pk)
        rows.update(state=state, next_attempt_at=moment)
        return now(submission)

    assert service.allowed_actions(put()) == ALLOWED[state]
    calls = {
        "edit": lambda row: service.save_draft(
            flatchr_tenant, entry(job), user=None, kind="CANDIDATE", draft=row
        ),
        "check": lambda row: service.check(row, by=None),
        "cancel": lambda row: service.cancel(row, by=None),
    }
    if state in ("DRAFT", "CHECKED", "SUCCEEDED"):
        calls["retry"] = lambda row: service.retry(row, by=None)
    if state == "FAILED":
        calls["submit"] = lambda row: service.submit(row, by=None)
    for action, call in calls.items():
        if action in ALLOWED[state]:
            call(put())
        else:
            with pytest.raises(IllegalTransition):
                call(put())
            assert now(submission).state == state
    # What is under way is returned as it is by whatever asks for just that.
    if state in ("QUEUED", "SENDING", "UNCERTAIN"):
        assert service.submit(put(), by=None).state == state
        assert service.retry(put(), by=None).state == state


def test_a_second_application_that_failed_is_retried_as_a_second_one(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    work(queue(flatchr_tenant, job))
    sandbox.faults.add(path=CREATE, status=422, times=1)
    failed = work(queue(flatchr_tenant, job, again=True))
    assert failed.state == "FAILED"

    service.retry(failed, by=None)

    assert work(failed).state == "SUCCEEDED"
    assert len(at_flatchr(sandbox)) == 2


def test_a_retry_needs_the_file_that_was_deleted_meanwhile(
    flatchr_tenant: Integration, job: Job
) -> None:
    submission = service.cancel(queue(flatchr_tenant, job), by=None)
    Submission.objects.update(document=None)

    with pytest.raises(Refused) as refused:
        service.retry(submission, by=None)

    assert [problem.field for problem in refused.value.problems] == ["attachments"]


def test_what_has_failed_can_be_corrected_and_submitted(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=CREATE, status=422, times=1)
    failed = work(queue(flatchr_tenant, job, last_name="Perot"))
    assert failed.state == "FAILED"

    given = entry(job, attachments=())
    corrected = service.save_draft(flatchr_tenant, given, user=None, kind="CANDIDATE", draft=failed)

    assert (corrected.state, corrected.error_message) == ("DRAFT", "")
    assert work(service.submit(corrected, by=None)).state == "SUCCEEDED"
    assert at_flatchr(sandbox)[0]["lastname"] == "Perrot"


def test_submissions_are_seen_by_the_members_of_their_tenant(
    flatchr_tenant: Integration, job: Job, alice: User, charlie: User, admin: User
) -> None:
    submission = queue(flatchr_tenant, job)

    assert list(Submission.objects.visible_to(alice)) == [submission]
    assert list(Submission.objects.visible_to(charlie)) == []
    assert list(Submission.objects.visible_to(admin)) == [submission]


def test_states_have_a_color_and_an_end() -> None:
    assert [state for state in STATES if state.is_terminal] == ["SUCCEEDED", "FAILED"]
    colors = {state.color for state in STATES}
    assert colors == {"", "info", "success", "warning", "danger"}
