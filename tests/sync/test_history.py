"""What changes in Flatchr changes here, and nothing beside it."""

from __future__ import annotations

import pytest

from integrations.models import ApplicationStage, Integration, Job, JobStage
from integrations.sandbox import Sandbox
from tests.sync.people import DAY, LATER, add, application, candidate_of, change
from tests.sync.rows import difference, every_row, moved
from tests.sync.running import sync, written

pytestmark = pytest.mark.django_db(transaction=True)

SOURCE = {"fingerprint", "remote_data"}
CHANGE = {"fingerprint", "content_hash", "changed_at"}


@pytest.fixture
def ada(sandbox: Sandbox) -> str:
    """An applicant in the first column of the first vacancy."""
    return add(sandbox, "Ada", "ada@example.org")


@pytest.fixture
def tenant(ada: str, connected_tenant: Integration) -> Integration:
    sync(connected_tenant)
    return connected_tenant


def test_a_name_changes_the_candidate_alone(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    before = every_row(tenant)
    sandbox.edit_applicant(ada, firstname="Adèle", updated=DAY)

    run = sync(tenant)

    assert difference(before, every_row(tenant)) == {
        ("Candidate", ada): CHANGE | {"first_name"},
        ("Application", ada): SOURCE,
    }
    assert candidate_of(ada).first_name == "Adèle"
    assert written(run) == {"candidates": {"updated": 1}}


def test_a_move_to_another_stage_changes_the_application_alone(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    before = every_row(tenant)
    column = sandbox.columns()[1]
    sandbox.edit_applicant(ada, updated=DAY)
    change(sandbox, ada, column=column["id"], updated=DAY)

    run = sync(tenant)

    assert difference(before, every_row(tenant)) == {
        ("Application", ada): SOURCE | CHANGE | {"current_stage_id"},
        ("Candidate", ada): {"fingerprint"},
    }
    stage = application(ada).current_stage
    assert stage is not None
    assert stage.remote_id == str(column["id"])
    assert written(run) == {"applications": {"updated": 1}}


def test_an_archived_applicant_is_declined(tenant: Integration, sandbox: Sandbox, ada: str) -> None:
    before = every_row(tenant)
    sandbox.edit_applicant(ada, status=0, updated=DAY)

    run = sync(tenant)

    assert difference(before, every_row(tenant)) == {
        ("Application", ada): SOURCE | CHANGE | {"outcome"},
        ("Candidate", ada): {"fingerprint"},
    }
    assert application(ada).outcome == "DECLINED"
    assert written(run) == {"applications": {"updated": 1}}


def test_an_applicant_in_a_hiring_column_is_hired(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    before = every_row(tenant)
    column = next(column["id"] for column in sandbox.columns() if column["hired"])
    change(sandbox, ada, column=column, updated=DAY)

    sync(tenant)

    assert moved(before, every_row(tenant)) == {("Application", ada)}
    assert application(ada).outcome == "HIRED"


def test_a_score_which_the_api_does_not_show_moves_no_time(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    before = every_row(tenant)
    sandbox.edit_applicant(ada, score=5, updated=DAY)

    run = sync(tenant)

    assert difference(before, every_row(tenant)) == {
        ("Application", ada): SOURCE | {"score"},
        ("Candidate", ada): {"fingerprint"},
    }
    assert application(ada).score == application(ada).remote_data["score"] == 5
    assert written(run) == {}


def test_a_later_date_of_update_changes_the_application_alone(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    before = every_row(tenant)
    sandbox.edit_applicant(ada, updated=LATER)

    sync(tenant)

    assert difference(before, every_row(tenant)) == {
        ("Application", ada): SOURCE | CHANGE | {"remote_updated_at"},
        ("Candidate", ada): {"fingerprint"},
    }


def test_an_edited_vacancy_changes_the_job_alone(tenant: Integration, sandbox: Sandbox) -> None:
    before = every_row(tenant)
    vacancy = sandbox.vacancies()[0]
    sandbox.edit_vacancy(vacancy["id"], title="Vigneron", updated_at=vacancy["updated_at"])

    run = sync(tenant)

    found = difference(before, every_row(tenant))
    assert found[("Job", vacancy["id"])] == SOURCE | CHANGE | {"name"}
    # Applicants' rows quote the title of their vacancy.
    others = {key[0]: columns for key, columns in found.items() if key[0] != "Job"}
    assert others == {"Application": SOURCE, "Candidate": {"fingerprint"}}
    assert written(run) == {"jobs": {"updated": 1}}


def test_a_closed_vacancy_closes_the_job(tenant: Integration, sandbox: Sandbox) -> None:
    before = every_row(tenant)
    vacancy = next(one for one in sandbox.vacancies() if one["status"] == 1)
    sandbox.edit_vacancy(vacancy["id"], status=0, updated_at=vacancy["updated_at"])

    sync(tenant)

    assert difference(before, every_row(tenant)) == {
        ("Job", vacancy["id"]): SOURCE | CHANGE | {"status", "closed_at"}
    }
    job = Job.objects.get(remote_id=vacancy["id"])
    assert (job.status, job.closed_at) == ("CLOSED", job.remote_updated_at)


def test_a_new_vacancy_comes_with_all_stages(tenant: Integration, sandbox: Sandbox) -> None:
    before = every_row(tenant)
    vacancy = sandbox.add_vacancy(title="Tonnelier")

    run = sync(tenant)

    columns = sandbox.columns()
    assert difference(before, every_row(tenant)) == {
        ("Job", vacancy): {"+"},
        **{("JobStage", f"{vacancy}:{column['id']}"): {"+"} for column in columns},
    }
    assert written(run) == {"jobs": {"created": 1}, "job_stages": {"created": len(columns)}}


def test_a_renamed_column_changes_the_stage_alone(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    before = every_row(tenant)
    column = sandbox.columns()[0]
    sandbox.edit_column(column["id"], title="Boîte d'arrivée")

    run = sync(tenant)

    after = every_row(tenant)
    assert moved(before, after) == {("ApplicationStage", str(column["id"]))}
    assert difference(before, after)["Application", ada] == SOURCE
    assert application(ada).current_stage == ApplicationStage.objects.get(name="Boîte d'arrivée")
    assert written(run) == {"application_stages": {"updated": 1}}


def test_a_column_in_another_place_changes_the_index_in_each_job(
    tenant: Integration, sandbox: Sandbox
) -> None:
    before = every_row(tenant)
    column = sandbox.columns()[0]["id"]
    sandbox.edit_column(column, position=40)

    run = sync(tenant)

    jobs = sandbox.vacancies()
    assert moved(before, every_row(tenant)) == {
        ("JobStage", f"{job['id']}:{column}") for job in jobs
    }
    assert set(JobStage.objects.filter(stage__remote_id=column).values_list("index")) == {(40,)}
    assert ApplicationStage.objects.get(remote_id=column).position == 40
    assert written(run) == {"job_stages": {"updated": len(jobs)}}


def test_of_two_columns_with_one_title_the_visible_one_counts(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    hidden = sandbox.add_column("Deuxième avis", visible=False)
    change(sandbox, ada, column=hidden, updated=DAY)
    sync(tenant)
    stage = application(ada).current_stage
    assert stage is not None
    assert stage.remote_id == str(hidden)
    before = every_row(tenant)
    visible = sandbox.add_column(" Deuxième avis ")

    run = sync(tenant)

    stage = application(ada).current_stage
    assert stage is not None
    assert stage.remote_id == str(visible)
    assert moved(before, every_row(tenant)) == {("Application", ada)}
    told = run.warnings.get(code="duplicate_stage_title")
    assert "Deuxième avis" in {example["value"] for example in told.examples}


def test_an_application_in_a_column_that_is_no_longer_listed_has_no_stage_and_a_warning(
    tenant: Integration, sandbox: Sandbox, ada: str
) -> None:
    column = sandbox.add_column("Éphémère")
    change(sandbox, ada, column=column, updated=DAY)
    sync(tenant)
    sandbox.remove_column(column)

    run = sync(tenant)

    assert application(ada).current_stage is None
    told = run.warnings.get(code="unknown_stage")
    assert [example["remote_id"] for example in told.examples] == [ada]
    assert run.state == "SUCCEEDED"
