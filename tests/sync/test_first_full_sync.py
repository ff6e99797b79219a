"""The first full sync: every table equals what Flatchr answers to any other client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from integrations.ids import unified_id
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    JobStage,
    SyncRun,
    Tag,
)
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import phases
from integrations.sync.recorder import EXAMPLES
from tests.sync.flatchr_says import Flatchr, address, day, outcome
from tests.sync.people import add
from tests.sync.rows import TABLES, every_row
from tests.sync.running import all_counts, counts, sync_with_tags

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Large enough to hold every oddity that the sandbox has, one column twice among them."""
    return make_sandbox(vacancies=15, applicants=60)


@pytest.fixture
def run(first_synced: Integration) -> SyncRun:
    return SyncRun.objects.get()


def test_every_reference_names_a_record_of_the_tenant(
    run: SyncRun, first_synced: Integration, sandbox: Sandbox
) -> None:
    # By hand, since these keys have no constraint in the database; also after changes.
    applicant = Application.objects.earliest("remote_id").remote_id
    sandbox.remove_vacancy(sandbox.vacancies()[0]["id"])
    sandbox.remove_applicant(applicant)
    sandbox.add_applicant(email="nouvelle@example.org")
    sync_with_tags(first_synced)

    own = {
        model: set(model.objects.filter(integration=first_synced).values_list("pk", flat=True))
        for model in (Job, ApplicationStage, Candidate)
    }
    rows = Application.objects.values_list("job_id", "candidate_id", "current_stage_id")
    for job, candidate, stage in rows:
        assert job is None or job in own[Job]
        assert candidate in own[Candidate]
        assert stage is None or stage in own[ApplicationStage]
    assert len(rows) > 60
    for model in (Job, ApplicationStage, JobStage, Candidate, Application, Tag, CandidateTag):
        owners = set(model.objects.order_by().values_list("integration_id", flat=True))
        assert owners == {first_synced.pk}, model


def test_jobs_are_the_vacancies_open_and_closed(run: SyncRun, flatchr: Flatchr) -> None:
    vacancies = {vacancy["id"]: vacancy for vacancy in flatchr.vacancies()}
    assert {vacancy["status"] for vacancy in vacancies.values()} >= {0, 1}

    jobs = {job.remote_id: job for job in Job.objects.all()}

    assert jobs.keys() == vacancies.keys()
    for remote_id, vacancy in vacancies.items():
        job = jobs[remote_id]
        expected_status = {1: "OPEN", 0: "CLOSED"}.get(vacancy["status"], str(vacancy["status"]))
        updated = datetime.fromisoformat(vacancy["updated_at"])
        assert (job.name, job.vacancy_id, job.slug, job.status) == (
            vacancy["title"].strip(),
            vacancy["vacancy_id"],
            vacancy["slug"],
            expected_status,
        )
        assert job.remote_created_at == datetime.fromisoformat(vacancy["created_at"])
        assert job.remote_updated_at == updated
        assert job.closed_at == (None if expected_status == "OPEN" else updated)
        assert job.remote_data == vacancy


def test_a_published_job_has_a_public_page_and_no_other_has(
    run: SyncRun, flatchr: Flatchr, sandbox: Sandbox
) -> None:
    for vacancy in flatchr.vacancies():
        job = Job.objects.get(remote_id=vacancy["id"])
        public = any(item["offer_id"] == 98 and item["published"] for item in vacancy["items"])
        page = f"{sandbox.url}/vacancy/{vacancy['slug']}/" if public else None
        assert (job.visibility == "PUBLIC", job.post_url) == (public, page)


def test_stages_are_the_columns_hidden_ones_and_namesakes_included(
    run: SyncRun, flatchr: Flatchr
) -> None:
    expected = {
        (str(one["id"]), one["title"].strip(), one["position"], one["visible"], one["hired"])
        for one in flatchr.columns()
    }
    assert {visible for *_, visible, _ in expected} == {True, False}

    stages = ApplicationStage.objects.values_list(
        "remote_id", "name", "position", "visible", "hired"
    )
    assert set(stages) == expected
    assert {stage.remote_id: stage.remote_data for stage in ApplicationStage.objects.all()} == {
        str(column["id"]): column for column in flatchr.columns()
    }


def test_every_job_has_every_stage_at_its_position(run: SyncRun, flatchr: Flatchr) -> None:
    expected = {
        (vacancy["id"], str(column["id"]), column["position"])
        for vacancy in flatchr.vacancies()
        for column in flatchr.columns()
    }
    found = JobStage.objects.values_list("job__remote_id", "stage__remote_id", "index")
    assert set(found) == expected
    assert JobStage.objects.count() == len(expected)


def test_applications_are_the_applicants_archived_ones_included(
    run: SyncRun, flatchr: Flatchr
) -> None:
    rows = {row["applicant"]: row for row in flatchr.applicants()}
    jobs = {vacancy["vacancy_id"]: vacancy["id"] for vacancy in flatchr.vacancies()}
    people = flatchr.people()
    assert {outcome(row) for row in rows.values()} == {"PENDING", "HIRED", "DECLINED"}

    found = {
        item.remote_id: item
        for item in Application.objects.select_related("job", "candidate", "current_stage")
    }

    assert found.keys() == rows.keys()
    for remote_id, row in rows.items():
        item = found[remote_id]
        assert (item.job.remote_id if item.job else None) == jobs.get(row["vacancy_id"])
        assert item.current_stage.remote_id == flatchr.stage(row["column"])
        assert item.candidate.remote_id == people[remote_id]
        assert item.outcome == outcome(row)
        assert item.remote_created_at == day(row["created_at"])
        assert item.remote_updated_at == day(row["updated_at"])
        assert item.remote_data == row


def test_candidates_are_people_merged_by_email_in_any_case(run: SyncRun, flatchr: Flatchr) -> None:
    winners = flatchr.winners()
    assert len(winners) < len(flatchr.applicants()), "the sandbox has people who applied twice"

    found = {candidate.remote_id: candidate for candidate in Candidate.objects.all()}

    assert found.keys() == winners.keys()
    for remote_id, row in winners.items():
        candidate, email = found[remote_id], address(row)
        emails = [{"email_address": email, "type": None}] if email else []
        assert candidate.first_name == (row["firstname"].strip() or None)
        assert candidate.last_name == (row["lastname"].strip() or None)
        assert candidate.email_addresses == emails
        assert bool(candidate.phone_numbers) == bool((row["phone"] or "").strip())
        assert candidate.remote_data == row


def test_tags_are_one_per_value_of_the_tags_of_candidates(run: SyncRun, flatchr: Flatchr) -> None:
    declared = flatchr.tag_names()
    met = {tag_id: name for (_, tag_id), name in flatchr.candidate_tags().items()}
    assert met.keys() - declared.keys(), "the sandbox has a value that is in no tag's list"

    assert dict(Tag.objects.values_list("remote_id", "name")) == declared | met
    discovered = set(Tag.objects.filter(discovered=True).values_list("remote_id", flat=True))
    assert discovered == met.keys() - declared.keys()


def test_candidate_tags_are_the_traits(run: SyncRun, flatchr: Flatchr) -> None:
    expected = {
        (person, tag_id, name) for (person, tag_id), name in flatchr.candidate_tags().items()
    }
    found = CandidateTag.objects.values_list("candidate__remote_id", "tag__remote_id", "tag__name")
    assert expected
    assert set(found) == expected
    assert CandidateTag.objects.count() == len(expected)


def test_the_figures_are_those_of_what_was_read(run: SyncRun, flatchr: Flatchr) -> None:
    jobs, columns = len(flatchr.vacancies()), len(flatchr.columns())
    people, applications = len(flatchr.winners()), len(flatchr.applicants())
    declared = len(flatchr.tag_names())
    tags, worn = Tag.objects.count(), len(flatchr.candidate_tags())

    assert run.state == "SUCCEEDED"
    assert run.results.filter(complete=True).count() == len(Model)
    for model, seen in {
        Model.JOBS: jobs,
        Model.APPLICATION_STAGES: columns,
        Model.JOB_STAGES: jobs * columns,
        Model.CANDIDATES: people,
        Model.APPLICATIONS: applications,
    }.items():
        assert counts(run, model) == {"seen": seen, "created": seen}, model
    assert tags > declared
    assert counts(run, Model.TAGS) == {"seen": tags, "created": tags}
    assert counts(run, Model.CANDIDATE_TAGS) == {"seen": worn, "created": worn}


def test_the_figures_of_each_model_add_up(run: SyncRun) -> None:
    for model, figures in all_counts(run).items():
        rest = ("created", "updated", "unchanged", "restored", "quarantined")
        assert figures["seen"] == sum(figures.get(name, 0) for name in rest), model


def test_ids_are_derived_and_the_same_when_a_database_is_rebuilt(
    run: SyncRun, first_synced: Integration
) -> None:
    before = every_row(first_synced)
    for (_, remote_id), row in before.items():
        assert row["id"] == unified_id(first_synced.pk, remote_id)
    for table in reversed(TABLES):
        table.objects.all().delete()

    again = sync_with_tags(first_synced)

    after = every_row(first_synced)
    assert {key: row["id"] for key, row in after.items()} == {
        key: row["id"] for key, row in before.items()
    }
    assert without_times(after) == without_times(before)
    assert all_counts(again) == all_counts(run)


def without_times(rows: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {key: row | {"changed_at": None, "arrival": None} for key, row in rows.items()}


def test_two_tenants_of_one_flatchr_share_no_row(
    run: SyncRun, sandbox: Sandbox, first_synced: Integration, make_tenant: Any
) -> None:
    first = every_row(first_synced)
    other = make_tenant("Atelier Est", sandbox=sandbox)

    sync_with_tags(other)

    second = every_row(other)
    assert every_row(first_synced) == first
    assert second.keys() == first.keys()
    assert {row["id"] for row in second.values()}.isdisjoint(row["id"] for row in first.values())


def test_nothing_but_reads_and_searches_was_sent(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sync_with_tags(connected_tenant)

    sent = {(one.method, one.route) for one in sandbox.requests}
    assert {route for method, route in sent if method != "GET"} == {
        "/company/{company}/search/applicants"
    }
    assert {method for method, _ in sent} == {"GET", "POST"}


def test_what_could_not_be_carried_over_is_told_with_examples(run: SyncRun) -> None:
    warnings = {(one.model, one.code): one for one in run.warnings.all()}

    invalid = warnings["candidates", "invalid_email"]
    assert invalid.count == len(invalid.examples)
    assert {"remote_id", "field", "value", "message"} == invalid.examples[0].keys()
    assert warnings["application_stages", "duplicate_stage_title"].count == 1
    assert run.state == "SUCCEEDED", "a warning alone is no failure"


def test_examples_of_later_batches_are_added_up_to_the_first_twenty(
    connected_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "BATCH", 1)
    added = [add(sandbox, "Ada", f"nobody {number}") for number in range(EXAMPLES + 2)]

    told = sync_with_tags(connected_tenant).warnings.get(code="invalid_email")

    seeded = told.count - len(added)
    assert seeded > 0
    assert len(told.examples) == EXAMPLES
    named = [example["remote_id"] for example in told.examples]
    assert len(set(named)) == EXAMPLES
    assert set(added[: EXAMPLES - seeded]) <= set(named)
