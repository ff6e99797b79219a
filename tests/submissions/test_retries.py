"""What may be done in each state: cancelling, retrying, correcting."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations.flatchr.applicant_lookup import applicants_by_email
from integrations.models import Integration, Job, Submission, SubmissionState
from integrations.sandbox import Sandbox
from integrations.submissions import service
from integrations.submissions.inputs import (
    IllegalTransition,
    Refused,
)
from tests.submissions.acting import (
    at_flatchr,
    draft,
    entry,
    now,
    posts,
    queue,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "/vacancy/candidate/json$"


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
