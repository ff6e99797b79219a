"""A worker may die at any moment: Flatchr gets one applicant, and Relais knows in the end."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.db import connection

from integrations import tasks
from integrations.models import Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions import service
from integrations.submissions.lease import SUBMISSIONS
from integrations.submissions.send import MOST_CLAIMS
from tests.submissions.acting import EMAIL, at_flatchr, due, later, now, outcomes, posts, queue
from tests.submissions.killing import Killed, dies_at
from tests.support.examples import examples
from tests.support.worker import Worker
from tests.sync.running import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "/vacancy/candidate/json$"
SEARCH = "/search/applicants$"
FAULTS: list[dict[str, Any] | None] = [
    None,
    None,
    None,
    {"cut": 0},
    {"cut": 12},
    {"status": 502, "handled": True},
    {"html": True, "handled": True},
    {"reset": True},
    {"status": 503},
    {"status": 422},
    {"status": 429},
]


def run(submission: Submission, moment: int | None = None) -> int:
    return dies_at(moment, tasks.run_submission, submission.pk)


# Flatchr may take so many looks, half a minute apart, before a search shows a new applicant.
HIDDEN_ROUNDS = 2


def live_on(submission: Submission, sandbox: Sandbox, random: Random | None = None) -> Submission:
    """Let time pass and workers work, and die now and then, until there is nothing left to do.

    A submission that has failed is retried, as a user does who reads that it is safe.
    """
    for number in range(60):
        submission = now(submission)
        hidden = number < HIDDEN_ROUNDS
        if not hidden:
            sandbox.show_new_applicants()
        if submission.state == "FAILED":
            assert "safe to retry" in submission.error_message
            assert submission.error_kind != "already_applied"
            service.retry(submission, by=None)
        elif submission.next_attempt_at is None and not hidden:
            return submission
        seconds = random.randrange(400) if random else 400
        due(later(submission, 30 if hidden else seconds))
        dies = random is not None and random.random() < 0.3
        run(submission, random.randrange(60) if random and dies else None)
    raise AssertionError(f"It came to no end: {outcomes(submission)}")


def assert_one(submission: Submission, sandbox: Sandbox, email: str) -> None:
    (row,) = at_flatchr(sandbox, email)
    assert (submission.state, submission.error_kind) == ("SUCCEEDED", "")
    assert submission.application is not None
    assert submission.application.remote_id == row["applicant"]
    assert submission.candidate_id == submission.application.candidate_id
    assert submission.lease_owner == ""


@pytest.mark.parametrize(
    "shown_at_once", [True, pytest.param(False, marks=pytest.mark.any_database)]
)
def test_a_worker_that_dies_at_each_moment_in_turn_makes_one_applicant(
    shown_at_once: bool, flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    whole = run(queue(flatchr_tenant, job))
    assert whole > 20
    sent = []

    # Where both databases run it, each takes every other moment.
    first, step = (int(connection.vendor == "sqlite"), 2) if shown_at_once else (0, 1)
    for moment in range(first, whole, step):
        email = f"personne{moment}@courrier.example"
        submission = queue(flatchr_tenant, job, email_address=email)
        before = posts(sandbox)
        if not shown_at_once:
            sandbox.hide_new_applicants()
        run(submission, moment)
        sent.append(posts(sandbox) - before)
        submission = live_on(submission, sandbox)
        assert_one(submission, sandbox, email)

    # Up to some moment nothing had gone out, from then on all of it had.
    assert sent == sorted(sent)
    assert set(sent) == {0, 1}


def test_a_worker_that_dies_after_flatchr_has_said_yes_leaves_the_proof(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    sandbox.hide_new_applicants()
    submission = queue(flatchr_tenant, job)
    with monkeypatch.context() as dying:
        dying.setattr("integrations.submissions.reconcile.conclude", die)
        with pytest.raises(Killed):
            tasks.run_submission(submission.pk)

    assert now(submission).state == "SENDING"
    assert outcomes(submission)[-1] == ("SEND", "accepted")
    # No search ever shows the applicant: only what was written down says that it is there.
    due(later(submission, 700))
    run(submission)
    submission = now(submission)
    assert (submission.state, submission.error_kind) == ("SUCCEEDED", "")
    assert posts(sandbox) == 1


def test_a_submission_over_which_workers_die_is_given_up_and_sent_once_it_is_retried(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    submission = queue(flatchr_tenant, job)
    with monkeypatch.context() as dying:
        dying.setattr("integrations.submissions.send.applicants_by_email", die)
        for _ in range(MOST_CLAIMS):
            with pytest.raises(Killed):
                tasks.run_submission(submission.pk)
            assert now(submission).state == "QUEUED"
            due(submission)

    run(submission)
    submission = now(submission)
    assert (submission.state, submission.error_kind) == ("FAILED", "abandoned")
    assert posts(sandbox) == 0
    service.retry(submission, by=None)
    run(submission)
    assert_one(now(submission), sandbox, EMAIL)


def test_workers_that_die_at_random_make_one_applicant_each(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    states: dict[str, int] = {}
    # Others on each database.
    for number in range(1 if connection.vendor == "sqlite" else 0, examples(60), 2):
        random = Random(number)
        email = f"candidate{number}@courrier.example"
        submission = queue(flatchr_tenant, job, email_address=email)
        fault = random.choice(FAULTS)
        if fault is not None:
            sandbox.faults.add(path=CREATE, times=1, **fault)
        if random.random() < 0.5:
            sandbox.hide_new_applicants()
        run(submission, random.randrange(70))
        state = now(submission).state
        states[state] = states.get(state, 0) + 1
        submission = live_on(submission, sandbox, random)
        sandbox.faults.clear()
        assert_one(submission, sandbox, email)

    assert set(states) >= {"QUEUED", "SENDING", "UNCERTAIN", "SUCCEEDED"}, states


@pytest.fixture
def killed(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, make_worker: Callable[..., Worker]
) -> Callable[..., tuple[Submission, Worker]]:
    """Kills a real worker when it has met a fault; the submission, and the next worker."""

    def kill(**fault: Any) -> tuple[Submission, Worker]:
        worker = make_worker()
        rule = sandbox.faults.add(times=1, **fault)
        submission = queue(flatchr_tenant, job)
        wait_until(lambda: sandbox.faults.met(rule))
        if fault.get("slow"):
            wait_until(lambda: bool(at_flatchr(sandbox)))
        worker.kill()
        sandbox.faults.clear()
        worker.start()
        due(submission)
        SUBMISSIONS.sweep()
        return submission, worker

    return kill


@pytest.mark.any_database
def test_a_real_worker_killed_while_it_looks_has_sent_nothing_and_the_next_one_sends(
    killed: Callable[..., tuple[Submission, Worker]], sandbox: Sandbox
) -> None:
    submission, worker = killed(path=SEARCH, delay=120)

    wait_until(lambda: now(submission).state == "SUCCEEDED")
    assert posts(sandbox) == 1, worker.log
    assert_one(now(submission), sandbox, EMAIL)


@pytest.mark.any_database
def test_a_real_worker_killed_before_it_hears_the_answer_is_followed_by_a_look(
    killed: Callable[..., tuple[Submission, Worker]], sandbox: Sandbox
) -> None:
    submission, worker = killed(path=CREATE, slow=120)

    wait_until(lambda: now(submission).state == "SUCCEEDED")
    assert posts(sandbox) == 1, worker.log
    assert ("SEND", "") in outcomes(submission)
    assert_one(now(submission), sandbox, EMAIL)


@pytest.mark.any_database
def test_a_real_worker_killed_while_its_request_gets_nowhere_ends_in_a_safe_retry(
    killed: Callable[..., tuple[Submission, Worker]], sandbox: Sandbox
) -> None:
    submission, worker = killed(path=CREATE, delay=120, status=503)
    wait_until(lambda: now(submission).state == "UNCERTAIN")

    later(submission, 700)
    SUBMISSIONS.sweep()
    wait_until(lambda: now(submission).state == "FAILED")
    assert now(submission).error_kind == "not_found", worker.log
    service.retry(now(submission), by=None)

    wait_until(lambda: now(submission).state == "SUCCEEDED")
    assert_one(now(submission), sandbox, EMAIL)


def test_a_real_worker_sends_what_is_queued(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, make_worker: Callable[..., Worker]
) -> None:
    worker = make_worker()

    submission = queue(flatchr_tenant, job)

    wait_until(lambda: now(submission).state == "SUCCEEDED")
    assert_one(now(submission), sandbox, EMAIL)
    assert "Traceback" not in worker.log
    assert sandbox.api_key not in worker.log
    assert EMAIL not in worker.log
