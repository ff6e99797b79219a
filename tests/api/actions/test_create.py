"""Creating candidates and applications: the records in the answer, and its warnings."""

from __future__ import annotations

import pytest
from django.utils import timezone
from kombo import Kombo

from integrations.actions.first_stage import follow_all
from integrations.actions.working import work_on
from integrations.api.actions.submission_input import unsupported
from integrations.models import Action, Application, ApplicationStage, Integration, Job, Submission
from integrations.sandbox import Sandbox
from tests.api.conftest import Call
from tests.api.creating import EMAIL, PDF, cv, messages, person, refused, told
from tests.submissions.acting import at_flatchr, posts
from tests.sync.running import sync

pytestmark = pytest.mark.django_db(transaction=True)

# The SDK says so of `source`, which the contract goes on taking.
DEPRECATED = pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")


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


@DEPRECATED
def test_who_has_found_the_candidate_may_be_one_of_the_listed_users(
    kombo: Kombo, job: Job, sandbox: Sandbox
) -> None:
    [listed, *_] = kombo.ats.get_users().result.data.results

    created = kombo.ats.create_application(
        job_id=job.pk,
        candidate=person(),
        attachments=[cv()],
        source={"id": "75"},
        sourced_by={"user_id": listed.id},
    )

    assert "sourced_by" not in " ".join(messages(created))
    [sent] = sandbox.requests.matching("POST", "/vacancy/candidate/json$")
    assert f'"user_id":"{listed.remote_id}"' in str(sent.body).replace(" ", "")

    sandbox.faults.add(path="/members$", status=500)
    error = refused(
        kombo.ats.create_application,
        job_id=job.pk,
        candidate=person(email_address="autre@courrier.example"),
        sourced_by={"user_id": listed.id},
    )
    assert told(error) == ("REMOTE.SERVICE_UNAVAILABLE", 503)
    assert not Submission.objects.filter(email_address="autre@courrier.example").exists()


@pytest.fixture
def stage(synced_tenant: Integration, sandbox: Sandbox) -> ApplicationStage:
    """A stage that nothing is created in."""
    column = sandbox.columns()[2]["id"]
    found: ApplicationStage = ApplicationStage.objects.get(remote_id=str(column))
    return found


def test_an_application_begins_in_the_stage_that_was_asked_for(
    kombo: Kombo, job: Job, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    created = kombo.ats.create_application(
        job_id=job.pk, candidate=person(), attachments=[cv()], stage_id=stage.pk
    )
    assert "stage" not in " ".join(messages(created))
    assert created.data.current_stage_id == stage.pk
    (applicant,) = at_flatchr(sandbox)
    assert applicant["column"].strip() == stage.name
    assert posts(sandbox) == 1

    other = kombo.ats.create_candidate(
        candidate=person(email_address="autre@courrier.example"),
        application={"job_id": job.pk, "stage_id": f"remote:{stage.remote_id}"},
        attachments=[cv()],
    )
    assert other.data.applications[0].current_stage.id == stage.pk


def test_a_move_that_fails_is_told_apart_from_the_creation(
    kombo: Kombo, job: Job, stage: ApplicationStage, sandbox: Sandbox
) -> None:
    sandbox.faults.add(method="PUT", path="/vacancy/[^/]+/applicant/[^/]+$", status=400)

    created = kombo.ats.create_application(
        job_id=job.pk, candidate=person(), attachments=[cv()], stage_id=stage.pk
    )

    said = " ".join(messages(created))
    assert f"The application was created. It was not put into the stage “{stage.name}”" in said
    assert created.data.current_stage_id != stage.pk
    assert len(at_flatchr(sandbox)) == 1
    follow_all()
    assert Submission.objects.get().stage_due_at is None


def test_what_flatchr_does_not_show_yet_is_moved_once_it_does(
    kombo: Kombo,
    job: Job,
    stage: ApplicationStage,
    sandbox: Sandbox,
    synced_tenant: Integration,
) -> None:
    sandbox.hide_new_applicants()
    created = kombo.ats.create_application(
        job_id=job.pk, candidate=person(), attachments=[cv()], stage_id=stage.pk
    )
    assert "once Flatchr shows it" in " ".join(messages(created))

    sandbox.show_new_applicants()
    sync(synced_tenant)
    Submission.objects.update(stage_due_at=timezone.now())
    follow_all()
    [action] = Action.objects.all()
    work_on(action.pk)

    moved = Application.objects.get(pk=created.data.id)
    assert moved.current_stage == stage
    assert Submission.objects.get().stage_due_at is None
