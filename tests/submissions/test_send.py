"""Sending: what goes to Flatchr, and what each answer of Flatchr's makes of a submission."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import (
    Application,
    FlatchrCredentials,
    FlatchrSettings,
    HttpExchange,
    Integration,
    Job,
    RequestBudget,
    Submission,
)
from integrations.sandbox import Sandbox
from integrations.submissions import service
from integrations.submissions.inputs import AlreadyApplied
from tests.submissions.acting import (
    EMAIL,
    PDF,
    at_flatchr,
    due,
    later,
    now,
    outcomes,
    posts,
    queue,
    searches,
    work,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

CREATE = "/vacancy/candidate/json$"
SEARCH = "/search/applicants$"


def sent_bodies(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The bodies that arrive at the sandbox from now on, whole."""
    from integrations.sandbox import http

    bodies: list[dict[str, Any]] = []
    read = http.Request.payload

    def payload(request: http.Request) -> dict[str, Any]:
        found = read(request)
        bodies.append(found)
        return found

    monkeypatch.setattr(http.Request, "payload", payload)
    return bodies


def test_a_submission_becomes_one_applicant_with_its_records(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = work(queue(flatchr_tenant, job))

    assert (submission.state, submission.error_message) == ("SUCCEEDED", "")
    (applicant,) = at_flatchr(sandbox)
    assert (applicant["firstname"], applicant["lastname"]) == ("Nadia", "Perrot")
    assert applicant["phone"] == "+33639980001"
    assert applicant["vacancy_id"] == job.vacancy_id
    assert submission.application is not None
    assert submission.application.remote_id == applicant["applicant"]
    assert submission.application.job == job
    assert submission.candidate == submission.application.candidate
    assert submission.sent_at is not None
    assert submission.ended_at is not None
    assert submission.next_attempt_at is None
    assert outcomes(submission) == [
        ("LOOKUP", "not_found"),
        ("SEND", "accepted"),
        ("LOOKUP", "found"),
    ]
    assert (posts(sandbox), searches(sandbox)) == (1, 2)


def test_everything_that_was_given_arrives(
    flatchr_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bodies = sent_bodies(sandbox, monkeypatch)
    FlatchrSettings.objects.update(offerer_id=4711, user_key="Us7Kp3QdVx9LmT1b")

    submission = work(
        queue(
            flatchr_tenant,
            job,
            first_name="Zoë",
            last_name="O’Brien – Ивáнова",
            cover_letter="Bonjour,\n“motivée”",
            answers=({"question": "Permis ?", "value": "Oui"},),
            urls={"linkedin": "https://reseau.example/zoe", "other": ""},
        )
    )

    body = bodies[-1]
    resume = body.pop("resume")
    assert body == {
        "vacancy": job.slug,
        "firstname": "Zoë",
        "lastname": "O'Brien - Ивáнова",
        "email": EMAIL,
        "phone": "+33639980001",
        "comment": 'Bonjour,\n"motivée"',
        "answers": [{"question": "Permis ?", "value": "Oui"}],
        "urls": {"linkedin": "https://reseau.example/zoe"},
        "offerer_id": 4711,
        "user_id": "Us7Kp3QdVx9LmT1b",
        "token": sandbox.api_key,
        "type": "document",
    }
    assert resume == {
        "fileName": "cv.pdf",
        "contentType": "application/pdf",
        "data": base64.b64encode(PDF).decode(),
    }
    assert submission.last_name == "O’Brien – Ивáнова"
    assert {"field": "last_name", "from": "’", "to": "'"} in submission.replacements
    assert (submission.offerer_id, submission.source_written) == (4711, True)
    assert at_flatchr(sandbox)[0]["source"] == "Source 4711"


def test_neither_the_key_nor_the_file_is_recorded_anywhere(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    before = set(HttpExchange.objects.values_list("pk", flat=True))

    submission = work(queue(flatchr_tenant, job))

    attempts = list(submission.log.values())
    exchanges = list(HttpExchange.objects.exclude(pk__in=before).values())
    assert len(exchanges) == 3
    kept = json.dumps([attempts, exchanges], default=str)
    assert sandbox.api_key not in kept
    assert sandbox.api_key[:12] not in kept
    assert base64.b64encode(PDF).decode()[:40] not in kept
    send = submission.log.get(kind="SEND")
    assert send.request["path"] == "/vacancy/candidate/json"
    assert send.request["body"]["token"] == "***"
    assert send.request["body"]["resume"] == {
        "fileName": "cv.pdf",
        "contentType": "application/pdf",
        "bytes": len(PDF),
    }
    assert send.status == 200
    assert send.duration is not None
    assert "applicant created" in send.response
    posted = HttpExchange.objects.get(path="/vacancy/candidate/json")
    assert posted.request_headers["Authorization"] == "***"
    assert f'"bytes": {len(PDF)}' in posted.request_body


REFUSALS = [
    (400, "invalid", "does not accept something"),
    (401, "wrong_key", "does not accept the API key"),
    (403, "forbidden", "does not let this API key"),
    (404, "vacancy_gone", "no longer has this job"),
    (409, "refused", "refused the request"),
    (413, "file_too_large", "larger than Flatchr takes"),
    (415, "refused", "refused the request"),
    (422, "invalid", "does not accept something"),
]


@pytest.mark.parametrize(("status", "kind", "words"), REFUSALS)
def test_a_refusal_is_final_told_in_words_and_safe_to_retry(
    status: int, kind: str, words: str, flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    said = {"statusCode": status, "error": "Fault", "message": "Un détail"}
    sandbox.faults.add(path=CREATE, status=status, content=said, times=1)

    submission = work(queue(flatchr_tenant, job))

    assert (submission.state, submission.error_kind) == ("FAILED", kind)
    assert words in submission.error_message
    assert "Flatchr's words: “Un détail”." in submission.error_message
    assert "safe to retry" in submission.error_message
    assert outcomes(submission)[-1] == ("SEND", "refused")
    assert at_flatchr(sandbox) == []
    service.retry(submission, by=None)
    assert work(submission).state == "SUCCEEDED"
    assert len(at_flatchr(sandbox)) == 1


def test_too_many_requests_wait_for_as_long_as_flatchr_asks(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=CREATE, status=429, headers={"Retry-After": "40"}, times=1)

    submission = work(queue(flatchr_tenant, job))

    assert submission.state == "QUEUED"
    assert submission.next_attempt_at is not None
    wait = submission.next_attempt_at - timezone.now()
    assert timedelta(seconds=30) < wait <= timedelta(seconds=40)
    assert submission.sent_at is None
    assert work(submission).state == "QUEUED"
    assert posts(sandbox) == 1
    assert work(due(submission)).state == "SUCCEEDED"
    assert len(at_flatchr(sandbox)) == 1


@pytest.mark.parametrize("path", [SEARCH, CREATE])
def test_any_number_of_requests_to_wait_is_no_death_of_a_worker(
    path: str, flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=path, status=429)
    submission = queue(flatchr_tenant, job)

    for _ in range(8):
        submission = work(due(submission))
        assert (submission.state, submission.error_kind) == ("QUEUED", "")

    sandbox.faults.clear()
    assert work(due(submission)).state == "SUCCEEDED"
    assert len(at_flatchr(sandbox)) == 1


def test_after_a_day_of_requests_to_wait_it_has_failed(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=CREATE, status=429)
    submission = work(queue(flatchr_tenant, job))

    submission = work(later(submission, 25 * 3600))

    assert (submission.state, submission.error_kind) == ("FAILED", "rate_limited")
    assert at_flatchr(sandbox) == []


LOST: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 502, "handled": True},
    {"status": 503},
    {"status": 504, "handled": True},
    {"status": 302, "headers": {"Location": "https://ailleurs.example/"}},
    {"html": True},
    {"html": True, "handled": True},
    {"wrong_shape": True, "handled": True},
    {"invalid_json": True},
    {"cut": 0},
    {"cut": 10},
    {"reset": True},
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: "-".join(map(str, fault)))
def test_an_answer_that_proves_nothing_is_followed_by_a_look_and_never_by_a_second_request(
    fault: dict[str, Any], flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=CREATE, times=1, **fault)
    arrives = fault.get("handled") or "cut" in fault

    submission = work(queue(flatchr_tenant, job))

    assert outcomes(submission)[1] == ("SEND", "unknown")
    if arrives:
        assert submission.state == "SUCCEEDED"
        assert len(at_flatchr(sandbox)) == 1
    else:
        assert submission.state == "UNCERTAIN"
        assert "sends nothing meanwhile" in submission.error_message
        submission = work(later(submission, 700))
        assert (submission.state, submission.error_kind) == ("FAILED", "not_found")
        assert "Not found at Flatchr: safe to retry" in submission.error_message
        service.retry(submission, by=None)
        assert work(submission).state == "SUCCEEDED"
    assert len(at_flatchr(sandbox)) == 1


def test_a_flatchr_that_is_not_there_fails_at_once(make_tenant: Any, impatient: None) -> None:
    tenant = make_tenant("Atelier Nord")
    job = Job.objects.create(
        id="1" * 24,
        integration=tenant,
        remote_id="vac",
        vacancy_id=1,
        slug="vac-poste",
        status="OPEN",
        changed_at=timezone.now(),
    )

    submission = work(queue(tenant, job))

    assert (submission.state, submission.error_kind) == ("FAILED", "unreachable")
    assert "Nothing reached Flatchr: it is safe to retry." in submission.error_message
    assert outcomes(submission) == [("LOOKUP", "failed")]


def test_a_career_site_that_is_not_there_fails_without_having_sent_anything(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, settings: Any
) -> None:
    here = {"api_url": sandbox.url, "careers_url": "http://127.0.0.1:9"}
    settings.FLATCHR_ENDPOINTS = {**settings.FLATCHR_ENDPOINTS, "sandbox": here}

    submission = work(queue(flatchr_tenant, job))

    assert (submission.state, submission.error_kind) == ("FAILED", "unreachable")
    assert "Nothing reached Flatchr: it is safe to retry." in submission.error_message
    assert outcomes(submission) == [("LOOKUP", "not_found"), ("SEND", "not_sent")]


@pytest.mark.parametrize("fault", [{"status": 500}, {"html": True}, {"cut": 5}, {"status": 403}])
def test_without_a_look_first_nothing_is_sent(
    fault: dict[str, Any], flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=SEARCH, **fault)

    submission = work(queue(flatchr_tenant, job))

    assert submission.state == "FAILED"
    assert "Nothing reached Flatchr: it is safe to retry." in submission.error_message
    assert posts(sandbox) == 0
    sandbox.faults.clear()
    service.retry(submission, by=None)
    assert work(submission).state == "SUCCEEDED"


def test_somebody_who_has_applied_at_flatchr_meanwhile_is_not_sent(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    there = sandbox.add_applicant(vacancy=job.remote_id, email=EMAIL.upper(), firstname="Nadia")

    submission = work(queue(flatchr_tenant, job))

    assert (submission.state, submission.error_kind) == ("FAILED", "already_applied")
    assert submission.application is not None
    assert submission.application.remote_id == there
    assert Application.objects.filter(remote_id=there).count() == 1
    assert posts(sandbox) == 0
    with pytest.raises(AlreadyApplied) as applied:
        service.retry(submission, by=None)
    assert applied.value.application == submission.application
    service.retry(submission, by=None, again=True)
    submission = work(submission)
    assert submission.state == "SUCCEEDED"
    assert submission.known_applicants == [there]
    assert submission.application is not None
    assert submission.application.remote_id != there
    assert len(at_flatchr(sandbox)) == 2


def test_an_application_for_another_job_is_no_obstacle(
    flatchr_tenant: Integration, job: Job, other_job: Job, sandbox: Sandbox
) -> None:
    sandbox.add_applicant(vacancy=other_job.remote_id, email=EMAIL)

    assert work(queue(flatchr_tenant, job)).state == "SUCCEEDED"
    assert {row["vacancy_id"] for row in at_flatchr(sandbox)} == {
        job.vacancy_id,
        other_job.vacancy_id,
    }


def test_what_has_changed_since_it_was_queued_is_seen_before_it_is_sent(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = queue(flatchr_tenant, job)
    Job.objects.filter(pk=job.pk).update(status="CLOSED")

    submission = work(submission)

    assert (submission.state, submission.error_kind) == ("FAILED", "invalid")
    assert "closed" in submission.error_message
    assert (posts(sandbox), searches(sandbox)) == (0, 0)


def test_a_file_that_is_gone_or_damaged_is_noticed_before_anything_is_sent(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, data_dir: Any
) -> None:
    submission = queue(flatchr_tenant, job)
    path = data_dir / "submissions" / str(submission.document)
    path.write_bytes(PDF[:-1])
    assert work(submission).error_kind == "document_damaged"

    service.retry(submission, by=None)
    path.unlink()
    assert work(submission).error_kind == "document_missing"
    assert (posts(sandbox), searches(sandbox)) == (0, 0)


def test_a_submission_waits_for_a_key_that_cannot_be_decrypted(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, settings: Any
) -> None:
    submission = queue(flatchr_tenant, job)
    before = settings.CREDENTIALS_KEYS
    settings.CREDENTIALS_KEYS = ["dGhlIGtleSBvZiBzb21lYm9keSBlbHNlIGVudGlyZWw="]

    submission = work(submission)

    assert submission.state == "QUEUED"
    assert posts(sandbox) == 0

    settings.CREDENTIALS_KEYS = before
    assert work(due(submission)).state == "SUCCEEDED"


def test_a_key_that_flatchr_does_not_know_is_told_as_such(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    credentials = FlatchrCredentials.objects.get(integration=flatchr_tenant)
    credentials.api_key = "an-old-key"
    credentials.save()

    submission = work(queue(flatchr_tenant, job))

    assert (submission.state, submission.error_kind) == ("FAILED", "wrong_key")
    assert posts(sandbox) == 0


def test_our_own_request_limit_makes_a_submission_wait_and_not_fail(
    flatchr_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
    settings: Any,
) -> None:
    submission = queue(flatchr_tenant, job)
    usual, settings.FLATCHR_RATE = settings.FLATCHR_RATE, 1e-6
    RequestBudget.objects.update_or_create(
        integration=flatchr_tenant, defaults={"tokens": 0.0, "refilled_at": timezone.now()}
    )

    submission = work(submission)

    assert submission.state == "QUEUED"
    assert submission.error_message == ""
    assert (posts(sandbox), searches(sandbox)) == (0, 0)
    settings.FLATCHR_RATE = usual
    RequestBudget.objects.update(tokens=float(settings.FLATCHR_BURST))
    assert work(due(submission)).state == "SUCCEEDED"


def test_a_defect_of_ours_before_the_request_is_told_and_safe(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = queue(flatchr_tenant, job)
    monkeypatch.setattr("integrations.submissions.send.candidate_payload", lambda **_: 1 / 0)

    submission = work(submission)

    assert (submission.state, submission.error_kind) == ("FAILED", "internal")
    assert "ZeroDivisionError" in submission.error_detail
    assert now(submission).lease_owner == ""
    monkeypatch.undo()
    service.retry(submission, by=None)
    assert work(submission).state == "SUCCEEDED"


def test_a_submission_is_taken_by_one_worker_and_once(
    flatchr_tenant: Integration, job: Job, sandbox: Sandbox
) -> None:
    submission = queue(flatchr_tenant, job)
    held = timezone.now() + timedelta(seconds=10)
    rows = Submission.objects.filter(pk=submission.pk)
    rows.update(lease_owner="another", lease_expires_at=held)

    assert work(submission).state == "QUEUED"
    rows.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert work(submission).state == "SUCCEEDED"
    assert work(submission).state == "SUCCEEDED"
    assert posts(sandbox) == 1


@pytest.mark.parametrize(("typed", "sent"), [("34", 34), ("Sr7Kp3QdVx9LmT1b", "Sr7Kp3QdVx9LmT1b")])
def test_the_tenants_own_source_goes_with_each_candidate(
    typed: str,
    sent: int | str,
    sandbox: Sandbox,
    flatchr_tenant: Integration,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    FlatchrSettings.objects.update_or_create(pk=flatchr_tenant.pk, defaults={"source_id": typed})
    bodies = sent_bodies(sandbox, monkeypatch)
    submission = work(queue(flatchr_tenant, job))

    assert [body["source_id"] for body in bodies if "source_id" in body] == [sent]
    assert "offerer_id" not in bodies[-1]
    assert submission.source_written is True
    (applicant,) = at_flatchr(sandbox)
    assert applicant["source"] == f"Source {sent}"
