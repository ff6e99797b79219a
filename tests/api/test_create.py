"""Creating candidates and applications: one request, one applicant, one answer that says it all."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.db import connection
from kombo import Kombo
from kombo.errors import KomboAtsError
from kombo.utils import BackoffStrategy, RetryConfig

from integrations.api.actions import create as creating
from integrations.api.actions.submission_input import unsupported
from integrations.models import Application, Integration, Job, Submission
from integrations.sandbox import Sandbox
from integrations.submissions import send as sending
from tests.api.conftest import Call, MakeKey
from tests.api.creating import EMAIL, PDF, cv, messages, person, told
from tests.submissions.acting import at_flatchr, posts
from tests.support.file_host import FileHost, answer
from tests.sync.running import Background, sync, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "/vacancy/candidate/json$"
SEARCH = "/search/applicants$"
# The SDK says so of `source`, which the contract goes on taking.
DEPRECATED = pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A Flatchr with few records: every applicant costs a sync a request for its traits."""
    return make_sandbox(vacancies=3, applicants=6)


@pytest.fixture
def key(make_key: MakeKey, synced_tenant: Integration) -> str:
    return make_key(synced_tenant)


@pytest.fixture
def kombo(sdk: Callable[..., Kombo], key: str, synced_tenant: Integration) -> Kombo:
    return sdk(key, synced_tenant)


@pytest.fixture
def job(synced_tenant: Integration) -> Job:
    found: Job = Job.objects.filter(integration=synced_tenant, status="OPEN").order_by("pk")[0]
    return found


def refused(call: Callable[..., Any], **arguments: Any) -> KomboAtsError:
    with pytest.raises(KomboAtsError) as error:
        call(**arguments)
    return error.value


def test_an_application_is_created_and_answered_with_its_whole_record(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    created = kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=[cv()])

    (applicant,) = at_flatchr(sandbox)
    row = Application.objects.get(remote_id=applicant["applicant"])
    assert (created.data.id, created.data.remote_id) == (row.pk, row.remote_id)
    assert created.data.changed_at == row.changed_at.replace(
        microsecond=row.changed_at.microsecond // 1000 * 1000
    )
    assert created.data.outcome == "PENDING"
    assert created.data.job is not None
    assert (created.data.job.id, created.data.job_id) == (job.pk, job.pk)
    assert created.data.current_stage is not None
    assert created.data.candidate is not None
    assert created.data.candidate.id == row.candidate_id
    assert created.data.candidate.first_name == "Nadia"
    assert created.data.candidate.email_addresses is not None
    assert created.data.candidate.email_addresses[0].email_address == EMAIL
    assert applicant["vacancy_id"] == job.vacancy_id
    assert sandbox.world.company.applicants.added()[0].resume.data == PDF


def test_a_candidate_is_created_and_answered_with_its_applications(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    created = kombo.ats.create_candidate(
        candidate=person(), application={"job_id": f"remote:{job.remote_id}"}, attachments=[cv()]
    )

    (applicant,) = at_flatchr(sandbox)
    assert created.data.remote_id == applicant["applicant"]
    (application,) = created.data.applications
    assert application.job is not None
    assert (application.remote_id, application.job.id) == (applicant["applicant"], job.pk)
    assert created.data.tags == []
    listed = kombo.ats.get_candidates(ids=[created.data.id])
    assert listed is not None
    assert [row.id for row in listed.result.data.results] == [created.data.id]


@pytest.mark.parametrize("prefix", ["/v1", ""])
def test_a_job_may_be_named_by_a_remote_id_raw_or_encoded_with_slashes_in_it(
    prefix: str, call: Call, key: str, job: Job, synced_tenant: Integration, sandbox: Sandbox
) -> None:
    Job.objects.filter(pk=job.pk).update(remote_id="a/b c")
    body = {"candidate": person(), "attachments": [cv()]}
    for at, name in enumerate(["remote:a/b c", "remote%3Aa%2Fb%20c"]):
        body["candidate"] = person(email_address=f"personne{at}@courrier.example")
        path = f"{prefix}/ats/jobs/{name}/applications"
        assert call("POST", path, key=key, tenant=synced_tenant, json=body).status_code == 200
    assert posts(sandbox) == 2


def test_the_next_sync_finds_nothing_to_change_about_what_was_created(
    kombo: Kombo, job: Job, synced_tenant: Integration
) -> None:
    created = kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=[cv()])
    before = Application.objects.get(pk=created.data.id).changed_at
    sync(synced_tenant)
    assert Application.objects.get(pk=created.data.id).changed_at == before


@DEPRECATED
def test_each_field_that_flatchr_cannot_hold_is_named_in_a_warning(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    created = kombo.ats.create_application(
        job_id=job.pk,
        candidate=person(
            company="Fonderie Vernet",
            title="Comptable",
            gender="FEMALE",
            location={"country": "FR", "city": "Lyon"},
            additional_email_addresses=[
                {"type": "WORK", "email_address": "n.perrot@vernet.example"}
            ],
            salary_expectations={"amount": 42000, "period": "YEAR"},
            social_links=[
                {"url": "https://www.linkedin.com/in/nadia"},
                {"url": "https://nadia.example"},
                {"url": "https://elle.example"},
            ],
        ),
        attachments=[
            cv(type="COVER_LETTER", name="lettre.pdf"),
            cv(),
            cv(name="autre.pdf"),
        ],
        stage_id="4xPmWT6u8bT2Nd9dYQcVnA1k",
        source={"name": "Salon", "id": "75"},
        sourced_by={"user_id": "Us7Kp3QdVx9LmT1b"},
        gdpr_consent={"given": True},
        screening_question_answers=[
            {"question_id": "remote:Permis B ?", "answer": True},
            {"question_id": "3phFBNXRweGnDmsU9o2vdPuQ", "answer": "Oui"},
        ],
    )

    said = " ".join(messages(created))
    for name in (
        "candidate.company",
        "candidate.title",
        "candidate.gender",
        "candidate.location",
        "candidate.additional_email_addresses",
        "candidate.salary_expectations",
        "candidate.social_links.2",
        "stage_id",
        "source.name",
        "sourced_by.user_id",
        "gdpr_consent",
        "screening_question_answers.1",
        "lettre.pdf",
        "autre.pdf",
    ):
        assert name in said, name
    for name in ("source.id", "social_links.0", "social_links.1", "screening_question_answers.0"):
        assert name not in said, name
    applicant = sandbox.world.company.applicants.added()[0]
    assert applicant.urls == {
        "linkedin": "https://www.linkedin.com/in/nadia",
        "other": "https://nadia.example",
    }
    assert list(applicant.answers) == [{"question": "Permis B ?", "value": "true"}]
    assert applicant.source == "Site carrière"


def test_the_name_of_a_field_that_nobody_knows_can_be_stored_whatever_it_is() -> None:
    given = {"a\0b": 1, "candidate": {"\ud800": [1]}}
    assert unsupported(given) == ["a\ufffdb", "candidate.\ufffd"]


@DEPRECATED
def test_what_is_not_given_is_not_warned_about(kombo: Kombo, job: Job) -> None:
    created = kombo.ats.create_application(
        job_id=job.pk,
        candidate=person(social_links=[]),
        attachments=[cv()],
        source={"id": "75"},
        screening_question_answers=[],
    )
    assert messages(created) == []


@pytest.mark.parametrize(
    ("attachment", "words"),
    [
        ({"data": None}, "either data or data_url"),
        ({"data_url": "https://files.example/cv.pdf"}, "either data or data_url"),
        ({"content_type": None}, "content_type"),
        ({"data": "%%%"}, "base64"),
        ({"data": "aGVsbG8="}, "attachments"),
    ],
)
def test_an_attachment_that_is_not_as_the_contract_has_it_is_refused(
    attachment: dict[str, Any], words: str, kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    error = refused(
        kombo.ats.create_application,
        job_id=job.pk,
        candidate=person(),
        attachments=[cv(**attachment)],
    )
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert words in error.data.error.message
    assert posts(sandbox) == 0


@pytest.mark.parametrize("content_type", ["application/pdf; charset=binary", "Application/PDF"])
def test_content_types_are_taken_as_they_are_written_elsewhere(
    content_type: str, kombo: Kombo, job: Job
) -> None:
    attachments = [cv(content_type=content_type)]
    assert kombo.ats.create_application(
        job_id=job.pk, candidate=person(), attachments=attachments
    ).data.id


def test_a_cv_of_many_megabytes_is_taken(kombo: Kombo, job: Job, sandbox: Sandbox) -> None:
    """Django's own limit for the body of a request is 2.5 MB."""
    large = PDF.replace(b"%PDF-1.4\n", b"%PDF-1.4\n%" + b"x" * 8 * 1024**2 + b"\n", 1)
    attachments = [cv(data=base64.b64encode(large).decode())]
    kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=attachments)
    assert sandbox.world.company.applicants.added()[0].resume.data == large


def test_a_cv_is_fetched_from_its_address(
    kombo: Kombo, job: Job, sandbox: Sandbox, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with FileHost({"/cv.pdf": answer(PDF, "Content-Type: application/pdf")}) as host:
        attachment = cv(data=None, content_type=None, data_url=host.url("/cv.pdf"))
        kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=[attachment])
    assert sandbox.world.company.applicants.added()[0].resume.data == PDF


def test_a_cv_that_cannot_be_fetched_is_an_invalid_input(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    attachment = cv(data=None, content_type=None, data_url="http://127.0.0.1:9/cv.pdf")
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[attachment]
    )
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    assert error.data.error.message.startswith("attachments:")
    assert posts(sandbox) == 0


def test_every_field_that_is_wrong_is_named_at_once(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    error = refused(
        kombo.ats.create_candidate,
        candidate=person(first_name="  ", email_address="nobody", phone_number="call me"),
        application={"job_id": "3phFBNXRweGnDmsU9o2vdPuQ"},
        attachments=[],
    )
    assert told(error) == ("PLATFORM.INPUT_INVALID", 400)
    for name in (
        "candidate.first_name",
        "candidate.email_address",
        "candidate.phone_number",
        "application.job_id",
        "attachments",
    ):
        assert f"{name}:" in error.data.error.message
    assert (posts(sandbox), Submission.objects.count()) == (0, 0)


def test_another_tenants_job_is_as_unknown_as_one_that_never_was(
    kombo: Kombo, other_tenant: Integration
) -> None:
    theirs = Job.objects.create(
        pk="J1o7cYVaaK5rG3nVqPWzS2Tb",
        integration=other_tenant,
        remote_id="theirs",
        changed_at="2026-01-01T00:00:00Z",
        status="OPEN",
    )
    errors = [
        refused(
            kombo.ats.create_application, job_id=job_id, candidate=person(), attachments=[cv()]
        ).data.error.message
        for job_id in (theirs.pk, "3phFBNXRweGnDmsU9o2vdPuQ", "remote:theirs")
    ]
    assert len(set(errors)) == 1
    assert errors[0].startswith("job_id:")


def test_a_closed_job_takes_no_application(kombo: Kombo, job: Job, sandbox: Sandbox) -> None:
    Job.objects.filter(pk=job.pk).update(status="CLOSED")
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert told(error) == ("ATS.JOB_CLOSED", 400)
    assert posts(sandbox) == 0


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


@pytest.mark.parametrize(
    ("path", "status", "code", "http"),
    [
        (CREATE, 400, "REMOTE.INPUT_INVALID", 400),
        (CREATE, 413, "REMOTE.INPUT_INVALID", 400),
        (CREATE, 404, "ATS.JOB_CLOSED", 400),
        (CREATE, 403, "INTEGRATION.PERMISSION_MISSING", 403),
        (CREATE, 401, "INTEGRATION.AUTHENTICATION_INVALID", 424),
        (SEARCH, 401, "INTEGRATION.AUTHENTICATION_INVALID", 424),
        (SEARCH, 503, "REMOTE.SERVICE_UNAVAILABLE", 503),
    ],
)
def test_what_flatchr_refuses_has_the_code_of_its_kind(
    path: str, status: int, code: str, http: int, kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=path, status=status)
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert told(error) == (code, http)
    assert at_flatchr(sandbox) == []


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


def test_an_applicant_that_no_search_shows_yet_is_answered_under_an_id_that_it_keeps(
    kombo: Kombo, job: Job, sandbox: Sandbox, synced_tenant: Integration
) -> None:
    sandbox.hide_new_applicants()
    created = kombo.ats.create_application(job_id=job.pk, candidate=person(), attachments=[cv()])
    assert created.data.remote_id is None

    sandbox.show_new_applicants()
    sync(synced_tenant)
    (applicant,) = at_flatchr(sandbox)
    assert Application.objects.get(remote_id=applicant["applicant"]).pk == created.data.id


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

    fault = sandbox.faults.add(path=SEARCH, status=503)
    assert told(refused(create)) == ("REMOTE.SERVICE_UNAVAILABLE", 503)
    assert fault
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


def test_a_disabled_tenant_takes_no_application(
    kombo: Kombo, job: Job, synced_tenant: Integration
) -> None:
    Integration.objects.filter(pk=synced_tenant.pk).update(enabled=False)
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert told(error) == ("INTEGRATION.INACTIVE", 409)


def test_a_read_only_key_creates_nothing(
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    synced_tenant: Integration,
    job: Job,
    sandbox: Sandbox,
) -> None:
    kombo = sdk(make_key(synced_tenant, read_only=True), synced_tenant)
    error = refused(
        kombo.ats.create_application, job_id=job.pk, candidate=person(), attachments=[cv()]
    )
    assert error.status_code == 403
    assert posts(sandbox) == 0
