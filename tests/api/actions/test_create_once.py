"""Creating applications: one applicant, however often and however late a request is answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest
import requests
from django.db import connection
from django.utils import timezone
from kombo import Kombo
from kombo.utils import BackoffStrategy, RetryConfig

from integrations.api.actions import create as creating
from integrations.models import Application, Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions import send as sending
from tests.api.conftest import Call, MakeKey
from tests.api.creating import CREATE, EMAIL, SEARCH, cv, person, refused, told
from tests.submissions.acting import at_flatchr, due, posts, work
from tests.sync.running import Background, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_application_for_the_same_job_is_refused(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=[cv()])
    error = refused(
        kombo.ats.create_application,
        job_id=job.pk,
        candidate=person(email_address=EMAIL.upper()),
        attachments=[cv()],
    )
    assert told(error) == ("ATS.APPLICATION_ALREADY_EXISTS", 409)
    assert posts(sandbox) == 1


def test_an_application_that_only_flatchr_knows_of_is_found_before_anything_is_sent(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    sandbox.add_applicant(vacancy=job.remote_id, email=EMAIL, firstname="Nadia", lastname="Perrot")
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert told(error) == ("ATS.APPLICATION_ALREADY_EXISTS", 409)
    assert Application.objects.get(person_key=EMAIL).pk in error.data.error.message
    assert posts(sandbox) == 0


def test_what_a_client_sends_again_because_flatchr_was_away_makes_one_applicant(
    sdk: Callable[..., Kombo], key: str, synced_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=SEARCH, status=503, times=2)
    strategy = BackoffStrategy(10, 50, 1.1, 60_000)
    kombo = sdk(key, synced_tenant, retry_config=RetryConfig("backoff", strategy, True))
    created = kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=[cv()])
    assert created.data.outcome == "PENDING"
    assert (posts(sandbox), len(at_flatchr(sandbox))) == (1, 1)


def test_an_answer_that_was_lost_is_no_reason_to_send_again(
    sdk: Callable[..., Kombo],
    call: Call,
    key: str,
    synced_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(creating, "WAIT", 0.5)
    sandbox.hide_new_applicants()
    sandbox.faults.add(path=CREATE, cut=0)
    strategy = BackoffStrategy(10, 50, 1.1, 60_000)
    kombo = sdk(key, synced_tenant, retry_config=RetryConfig("backoff", strategy, True))
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )

    submission = Submission.objects.get()
    assert submission.state == "UNCERTAIN"
    assert told(error) == ("PLATFORM.TASK_TIMED_OUT", 409)
    assert submission.pk in error.data.error.message
    assert "finding out" in error.data.error.message
    assert (posts(sandbox), len(at_flatchr(sandbox))) == (1, 1)

    # The id is a field as well, by which the end can be asked for.
    told_of = orjson.loads(error.body)["error"]["submission_id"]
    assert told_of == submission.pk
    path = f"/v1/submissions/{told_of}"
    open_ = call("GET", path, key=key).json()["data"]
    assert (open_["state"], open_["is_final"], open_["error"]) == ("UNCERTAIN", False, None)
    sandbox.show_new_applicants()
    assert work(due(submission)).state == "SUCCEEDED"
    done = call("GET", path, key=key, tenant=synced_tenant).json()["data"]
    row = Submission.objects.get()
    assert (done["state"], done["is_final"]) == ("SUCCEEDED", True)
    assert (done["application_id"], done["candidate_id"]) == (row.application_id, row.candidate_id)


def test_a_flatchr_that_takes_too_long_is_left_to_answer_later(
    kombo: Kombo, job: Job, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creating, "WAIT", 0.3)
    sandbox.faults.add(path=CREATE, delay=1.5)
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert told(error) == ("PLATFORM.TASK_TIMED_OUT", 409)
    wait_until(lambda: Submission.objects.get().state == "SUCCEEDED")
    wait_until(lambda: not any(one.name == "submission-send" for one in threading.enumerate()))
    assert posts(sandbox) == 1


def test_what_a_worker_has_taken_is_waited_for_and_not_sent_again(
    kombo: Kombo, job: Job, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = sending.send

    def late(submission_id: str) -> bool:
        worker = Background(lambda: send(submission_id))
        wait_until(lambda: bool(Submission.objects.get(pk=submission_id).attempts))
        taken = send(submission_id)
        assert not taken
        others.append(worker)
        return taken

    others: list[Background] = []
    sandbox.faults.add(path=CREATE, delay=0.3)
    monkeypatch.setattr(sending, "send", late)
    created = kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=[cv()])
    assert others.pop().end()
    assert created.data.candidate is not None
    assert posts(sandbox) == 1


def test_the_same_idempotency_key_and_body_have_the_same_answer(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    def create(email: str = EMAIL) -> Any:
        return kombo.ats.create_application(
            job_id=job.pk,
            candidate=person(email_address=email),
            attachments=[cv()],
            http_headers={"Idempotency-Key": "a1b2-c3d4"},
        )

    first, second = create(), create()
    assert first == second
    assert posts(sandbox) == 1
    error = refused(create, email="somebody.else@courrier.example")
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert "Idempotency-Key" in error.data.error.message
    assert posts(sandbox) == 1


def test_a_failure_of_the_moment_does_not_use_up_an_idempotency_key(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    def create() -> Any:
        return kombo.ats.create_application(
            job_id=job.pk,
            candidate=person(),
            attachments=[cv()],
            http_headers={"Idempotency-Key": "a1b2-c3d4"},
        )

    sandbox.faults.add(path=SEARCH, status=503)
    assert told(refused(create)) == ("REMOTE.SERVICE_UNAVAILABLE", 503)
    sandbox.faults.clear()
    assert create().data.outcome == "PENDING"
    assert (posts(sandbox), Submission.objects.count()) == (1, 1)


def test_two_keys_of_one_tenant_may_use_the_same_idempotency_key(
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    synced_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
) -> None:
    for at in range(2):
        kombo = sdk(make_key(synced_tenant), synced_tenant)
        kombo.ats.create_application(
            job_id=job.pk,
            candidate=person(email_address=f"personne{at}@courrier.example"),
            attachments=[cv()],
            http_headers={"Idempotency-Key": "1"},
        )
    assert posts(sandbox) == 2


def test_one_idempotency_key_on_two_tenants_is_refused_on_the_second(
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    synced_tenant: Integration,
    other_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
) -> None:
    Integration.objects.filter(pk=other_tenant.pk).update(applicants_read_at=timezone.now())
    key = make_key(synced_tenant, other_tenant)
    given = {
        "candidate": person(),
        "application": {"job_id": f"remote:{job.remote_id}"},
        "attachments": [cv()],
        "http_headers": {"Idempotency-Key": "1"},
    }
    created = sdk(key, synced_tenant).ats.create_candidate(**given)

    error = refused(sdk(key, other_tenant).ats.create_candidate, **given)
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert "Idempotency-Key" in error.data.error.message
    assert not Submission.objects.filter(integration=other_tenant).exists()
    # On the first, the answer stands.
    assert sdk(key, synced_tenant).ats.create_candidate(**given) == created
    assert posts(sandbox) == 1


@pytest.mark.parametrize("idempotency_key", ["", "a1b2-c3d4"])
def test_a_hundred_identical_calls_at_once_make_one_applicant(
    idempotency_key: str,
    api_site: str,
    key: str,
    synced_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
    settings: Any,
) -> None:
    settings.API_CONCURRENCY = 200
    body = {"candidate": person(), "attachments": [cv()]}
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    # PostgreSQL as it comes has a hundred connections for everybody.
    at_a_time = threading.Semaphore(100 if connection.vendor == "sqlite" else 30)

    def create() -> tuple[int, dict[str, Any]]:
        with at_a_time:
            found = requests.post(
                f"{api_site}/v1/ats/jobs/{job.pk}/applications",
                json=body,
                headers={
                    **headers,
                    "Authorization": f"Bearer {key}",
                    "X-Integration-Id": synced_tenant.pk,
                },
                timeout=120,
            )
        return found.status_code, found.json()

    answers = [one.end(180) for one in [Background(create) for _ in range(100)]]

    assert (posts(sandbox), len(at_flatchr(sandbox))) == (1, 1)
    made = {answer["data"]["id"] for status, answer in answers if status == 200}
    assert len(made) == 1
    others = [answer["error"]["code"] for status, answer in answers if status != 200]
    assert set(others) <= {"ATS.APPLICATION_ALREADY_EXISTS"}
    if idempotency_key:
        assert others == []
    assert Submission.objects.count() == 1
