"""Finding out what Flatchr has when its answer was lost, or when it does not show it yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.flatchr.mapping.values import PARIS
from integrations.models import Application, Candidate, Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions import service
from integrations.submissions.lease import SUBMISSIONS
from integrations.submissions.reconcile import LOOKUP_SECONDS
from tests.submissions.acting import (
    EMAIL,
    at_flatchr,
    due,
    later,
    outcomes,
    posts,
    queue,
    searches,
    work,
)
from tests.sync.running import sync, woken

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

CREATE = "/vacancy/candidate/json$"
SEARCH = "/search/applicants$"


def lost(tenant: Integration, job: Job, sandbox: Sandbox, *, arrives: bool = True) -> Submission:
    """A submission whose answer was lost, and that no search shows yet."""
    sandbox.hide_new_applicants()
    if arrives:
        sandbox.faults.add(path=CREATE, cut=0, times=1)
    else:
        sandbox.faults.add(path=CREATE, reset=True, times=1)
    submission = work(queue(tenant, job))
    assert submission.state == "UNCERTAIN"
    return submission


def test_looks_go_on_at_growing_distances_until_the_applicant_shows(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox)
    assert submission.sent_at is not None
    assert submission.settle_at == submission.sent_at + timedelta(minutes=10)

    plan = []
    for _ in LOOKUP_SECONDS[1:]:
        assert submission.sent_at is not None
        assert submission.next_attempt_at is not None
        offset = (submission.next_attempt_at - submission.sent_at).total_seconds()
        plan.append(offset)
        left = (submission.next_attempt_at - timezone.now()).total_seconds()
        submission = work(later(submission, left + 0.001))
    assert plan == [2, 5, 15, 30, 60, 120, 300]
    assert submission.state == "UNCERTAIN"
    assert submission.next_attempt_at == submission.settle_at
    assert outcomes(submission)[2:] == [("LOOKUP", "not_found")] * 8

    sandbox.show_new_applicants()
    submission = work(due(submission))

    assert (submission.state, submission.error_kind) == ("SUCCEEDED", "")
    assert submission.application is not None
    assert [submission.application.remote_id] == [row["applicant"] for row in at_flatchr(sandbox)]
    assert posts(sandbox) == 1


def test_a_look_that_is_not_due_is_not_taken(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox)
    done = searches(sandbox)

    work(submission)

    assert searches(sandbox) == done


def test_it_settles_on_failure_only_by_a_whole_search_after_ten_minutes(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox, arrives=False)
    submission = work(later(submission, 590))
    assert submission.state == "UNCERTAIN"
    sandbox.faults.add(path=SEARCH, status=500)

    for minutes in (10, 60, 600):
        submission = work(due(later(submission, minutes * 60)))
        assert submission.state == "UNCERTAIN"
        assert outcomes(submission)[-1] == ("LOOKUP", "failed")
        assert submission.next_attempt_at is not None
        wait = (submission.next_attempt_at - timezone.now()).total_seconds()
        assert 295 < wait <= 300
    sandbox.faults.clear()
    submission = work(due(submission))

    assert (submission.state, submission.error_kind) == ("FAILED", "not_found")
    assert submission.next_attempt_at is None
    assert posts(sandbox) == 1


@pytest.mark.parametrize("fault", [{"html": True}, {"wrong_shape": True}, {"cut": 1}])
def test_a_search_that_is_not_understood_settles_nothing(
    fault: dict[str, object], flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox, arrives=False)
    sandbox.faults.add(path=SEARCH, **fault)

    assert work(later(submission, 3600)).state == "UNCERTAIN"


@pytest.mark.parametrize("where", [{}, {"body": {"status": 0}}], ids=["active", "archived"])
def test_one_unreadable_row_keeps_a_search_from_settling(
    where: dict[str, Any], flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox, arrives=False)
    sandbox.faults.add(path=SEARCH, status=200, content=[{"applicant": None}], times=1, **where)

    submission = work(later(submission, 3600))

    assert submission.state == "UNCERTAIN"
    assert work(due(submission)).state == "FAILED"


def test_after_a_day_without_any_answer_it_stays_uncertain_and_says_what_to_do(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox)
    sandbox.show_new_applicants()
    sandbox.faults.add(path=SEARCH, status=500)
    submission = later(submission, 25 * 3600)
    (row,) = at_flatchr(sandbox)
    sandbox.edit_applicant(row["applicant"], created=submission.sent_at.astimezone(PARIS).date())

    submission = work(due(submission))

    assert (submission.state, submission.error_kind) == ("UNCERTAIN", "unsettled")
    assert submission.next_attempt_at is None
    assert "Look for the e-mail address in Flatchr yourself" in submission.error_message
    assert service.allowed_actions(submission) == {"retry"}
    assert service.submit(submission, by=None).state == "UNCERTAIN"

    sandbox.faults.clear()
    assert service.retry(submission, by=None).state == "UNCERTAIN"
    submission = work(submission)

    assert submission.state == "SUCCEEDED"
    assert posts(sandbox) == 1


def test_an_applicant_who_was_archived_at_once_is_found_before_it_settles(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox)
    sandbox.show_new_applicants()
    (row,) = at_flatchr(sandbox)
    sandbox.archive(row["applicant"])

    submission = work(later(submission, 700))

    assert submission.state == "SUCCEEDED"
    assert submission.application is not None
    assert submission.application.remote_id == row["applicant"]


def test_a_flatchr_that_does_not_tell_of_the_archived_is_no_obstacle(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox, arrives=False)
    sandbox.faults.add(path=SEARCH, body={"status": 0}, status=400)

    assert work(later(submission, 700)).state == "FAILED"


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_an_archive_that_cannot_be_searched_settles_nothing(
    status: int, flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox, arrives=False)
    sandbox.faults.add(path=SEARCH, body={"status": 0}, status=status)

    submission = work(later(submission, 700))

    assert submission.state == "UNCERTAIN"
    assert outcomes(submission)[-1] == ("LOOKUP", "failed")
    assert submission.next_attempt_at is not None
    sandbox.faults.clear()
    assert work(due(submission)).error_kind == "not_found"


@pytest.mark.parametrize(
    "other",
    [
        {"vacancy": "another"},
        {"email": "nadia.perrot@ailleurs.example"},
        {"days": -3},
    ],
)
def test_an_applicant_who_is_not_ours_is_not_taken_for_it(
    other: dict[str, object],
    flatchr_tenant: Integration,
    job: Job,
    other_job: Job,
    sandbox: Sandbox,
) -> None:
    submission = lost(flatchr_tenant, job, sandbox, arrives=False)
    sandbox.show_new_applicants()
    day = timezone.localdate() + timedelta(days=int(str(other.get("days", 0))))
    sandbox.add_applicant(
        vacancy=other_job.remote_id if "vacancy" in other else job.remote_id,
        email=str(other.get("email", EMAIL)),
        created=day,
    )

    assert work(later(submission, 700)).error_kind == "not_found"


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_the_day_before_and_the_day_after_count_as_the_day(
    days: int, flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox, arrives=False)
    sandbox.show_new_applicants()
    day = timezone.localdate() + timedelta(days=days)
    sandbox.add_applicant(vacancy=job.remote_id, email=EMAIL, created=day)

    assert work(due(submission)).state == "SUCCEEDED"


def test_an_applicant_from_before_is_not_taken_for_the_second(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    work(queue(flatchr_tenant, job))
    (first,) = at_flatchr(sandbox)
    sandbox.faults.add(path=CREATE, reset=True, times=1)

    second = work(queue(flatchr_tenant, job, again=True))

    assert second.state == "UNCERTAIN"
    assert second.known_applicants == [first["applicant"]]
    assert work(later(second, 700)).error_kind == "not_found"


def test_two_submissions_that_nobody_saw_arrive_get_an_applicant_each(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.hide_new_applicants()
    first = work(queue(flatchr_tenant, job))
    second = work(queue(flatchr_tenant, job, again=True))
    assert {first.state, second.state} == {"SUCCEEDED"}
    sandbox.show_new_applicants()

    found = [work(due(submission)).application for submission in (first, second)]

    assert len({application.pk for application in found if application}) == 2
    assert Application.objects.filter(person_key=EMAIL).count() == 2


def test_what_was_given_up_for_lost_and_shows_after_all_is_ours_and_not_sent_again(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = lost(flatchr_tenant, job, sandbox)
    submission = work(later(submission, 700))
    assert (submission.state, submission.error_kind) == ("FAILED", "not_found")
    sandbox.show_new_applicants()

    service.retry(submission, by=None)
    submission = work(submission)

    assert submission.state == "SUCCEEDED"
    assert posts(sandbox) == 1
    assert len(at_flatchr(sandbox)) == 1


def test_a_success_that_is_not_visible_yet_stands_and_is_linked_when_it_shows(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.hide_new_applicants()

    submission = work(queue(flatchr_tenant, job))

    assert submission.state == "SUCCEEDED"
    assert submission.next_attempt_at is not None
    expected = submission.application
    assert expected is not None
    assert submission.candidate == expected.candidate
    ended_at = submission.ended_at
    sandbox.show_new_applicants()
    submission = work(due(submission))
    assert (submission.next_attempt_at, submission.ended_at) == (None, ended_at)
    assert submission.application is not None
    assert submission.application.pk == expected.pk
    assert submission.application.remote_id == at_flatchr(sandbox)[0]["applicant"]
    assert Application.objects.filter(person_key=EMAIL).count() == 1


def test_a_success_that_never_shows_is_looked_for_no_longer_than_minutes(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.hide_new_applicants()
    submission = work(queue(flatchr_tenant, job))

    submission = work(due(later(submission, 400)))

    assert (submission.state, submission.next_attempt_at) == ("SUCCEEDED", None)


@pytest.mark.parametrize("shown_at_once", [True, False])
def test_the_next_sync_keeps_the_ids_and_makes_no_second_record(
    shown_at_once: bool, flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    if not shown_at_once:
        sandbox.hide_new_applicants()
    submission = work(queue(flatchr_tenant, job))
    before = (submission.application_id, submission.candidate_id)
    counts = (Application.objects.count(), Candidate.objects.count())
    sandbox.show_new_applicants()

    for kind in ("DELTA", "FULL"):
        sync(flatchr_tenant, kind)

    submission.refresh_from_db()
    assert (submission.application_id, submission.candidate_id) == before
    assert (Application.objects.count(), Candidate.objects.count()) == counts
    application = Application.objects.get(pk=before[0])
    assert application.remote_id == at_flatchr(sandbox)[0]["applicant"]
    assert application.remote_deleted_at is None
    assert application.job == job


def test_records_that_cannot_be_written_do_not_take_the_success_back(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "integrations.sync.applicants.incremental.store_applicants", lambda *_: 1 / 0
    )

    submission = work(queue(flatchr_tenant, job))

    assert (submission.state, submission.application) == ("SUCCEEDED", None)
    monkeypatch.undo()
    assert work(due(submission)).application is not None


def test_the_sweep_wakes_workers_for_what_is_due_and_unattended(
    flatchr_tenant: Integration, job: Job, other_job: Job, sandbox: Sandbox
) -> None:
    waiting, held = queue(flatchr_tenant, job), queue(flatchr_tenant, other_job)
    woken()
    SUBMISSIONS.sweep()
    assert woken() == [], "their own calls may be under way"
    later(waiting, 30)
    later(held, 30)
    owner = {"lease_owner": "a", "lease_expires_at": timezone.now() + timedelta(seconds=9)}
    Submission.objects.filter(pk=held.pk).update(**owner)

    SUBMISSIONS.sweep()

    assert woken() == [waiting.pk]
    due(held)
    SUBMISSIONS.sweep()
    assert set(woken()) == {waiting.pk, held.pk}


def test_what_has_ended_is_left_alone_by_the_sweep(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = work(queue(flatchr_tenant, job))
    later(submission, 3600)
    woken()

    SUBMISSIONS.sweep()

    assert woken() == []
