"""What a complete read no longer returns is deleted, and comes back under the same id."""

from __future__ import annotations

import pytest

from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    JobStage,
    Tag,
)
from integrations.models.ats import RecordQuerySet
from integrations.sandbox import Sandbox
from integrations.sync.bulk.dialects import Table
from integrations.sync.bulk.tables import CANDIDATES
from integrations.sync.deletions import delete_orphans
from tests.sync.people import add, application, candidate_of
from tests.sync.rows import difference, every_row
from tests.sync.running import sync, sync_with_tags, written

pytestmark = pytest.mark.django_db(transaction=True)

DELETED = {"changed_at", "remote_deleted_at"}


def gone(records: RecordQuerySet) -> set[str]:
    return set(records.filter(remote_deleted_at__isnull=False).values_list("remote_id", flat=True))


def test_an_erased_applicant_goes_with_its_candidate_and_their_tags(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tag = sandbox.add_tag("Préféré")
    sandbox.set_trait(ada, tag)
    sync_with_tags(connected_tenant)
    before = every_row(connected_tenant)
    sandbox.remove_applicant(ada)

    run = sync_with_tags(connected_tenant)

    assert difference(before, every_row(connected_tenant)) == {
        ("Application", ada): DELETED,
        ("Candidate", ada): DELETED,
        ("CandidateTag", f"{ada}:{tag}"): DELETED,
    }
    assert written(run) == {
        "applications": {"deleted": 1},
        "candidates": {"deleted": 1},
        "candidate_tags": {"deleted": 1},
    }
    assert run.state == "SUCCEEDED"


def test_a_candidate_stays_while_one_of_its_applications_does(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Ada", "ada@example.org")
    second = add(sandbox, "Ada", "ada@example.org")
    sync(connected_tenant)
    sandbox.remove_applicant(first)
    sync(connected_tenant)
    assert candidate_of(first).remote_deleted_at is None
    sandbox.remove_applicant(second)

    sync(connected_tenant)

    assert gone(Candidate.objects.all()) == {first}
    assert gone(Application.objects.all()) == {first, second}


def test_a_tag_goes_with_the_application_that_bore_it(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Ada", "ada@example.org")
    second = add(sandbox, "Ada", "ada@example.org")
    tag, shared = sandbox.add_tag("Préféré"), sandbox.add_tag("Partagé")
    sandbox.set_trait(second, tag)
    sandbox.set_trait(first, shared)
    sandbox.set_trait(second, shared)
    sync_with_tags(connected_tenant)
    assert candidate_of(first).candidate_tags.live().count() == 2
    sandbox.remove_applicant(second)

    sync_with_tags(connected_tenant)

    left = candidate_of(first).candidate_tags.live()
    assert set(left.values_list("tag__remote_id", flat=True)) == {shared}


def test_a_removed_vacancy_takes_its_stages_and_leaves_its_applications(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    before = every_row(synced_tenant)
    vacancy, columns = sandbox.vacancies()[0]["id"], sandbox.columns()
    applications = Application.objects.filter(job__remote_id=vacancy)
    assert applications.exists()
    sandbox.remove_vacancy(vacancy)

    run = sync(synced_tenant)

    assert difference(before, every_row(synced_tenant)) == {
        ("Job", vacancy): DELETED,
        **{("JobStage", f"{vacancy}:{column['id']}"): DELETED for column in columns},
    }
    assert not applications.exclude(remote_deleted_at=None).exists()
    assert written(run) == {"jobs": {"deleted": 1}, "job_stages": {"deleted": len(columns)}}


def test_a_removed_column_takes_its_place_in_each_job(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    column = str(sandbox.add_column("Éphémère"))
    sync(synced_tenant)
    before = every_row(synced_tenant)
    sandbox.remove_column(int(column))

    run = sync(synced_tenant)

    jobs = [vacancy["id"] for vacancy in sandbox.vacancies()]
    assert difference(before, every_row(synced_tenant)) == {
        ("ApplicationStage", column): DELETED,
        **{("JobStage", f"{job}:{column}"): DELETED for job in jobs},
    }
    assert written(run) == {
        "application_stages": {"deleted": 1},
        "job_stages": {"deleted": len(jobs)},
    }


def test_a_removed_tag_is_taken_off_its_candidates(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tag = sandbox.add_tag("Couleur", "Rouge;Bleu")
    sandbox.set_trait(ada, tag, "Rouge")
    sync_with_tags(connected_tenant)
    sandbox.remove_tag(tag)

    run = sync_with_tags(connected_tenant)

    assert gone(Tag.objects.all()) == {f"{tag}:Rouge", f"{tag}:Bleu"}
    assert gone(CandidateTag.objects.all()) == {f"{ada}:{tag}:Rouge"}
    assert written(run) == {"tags": {"deleted": 2}, "candidate_tags": {"deleted": 1}}


def test_an_archived_vacancy_that_is_still_listed_is_not_deleted(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.edit_vacancy(sandbox.vacancies()[0]["id"], status=0)

    sync(synced_tenant)

    assert gone(Job.objects.all()) == set()


def test_what_comes_back_is_restored_under_the_same_id(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    tag = sandbox.add_tag("Préféré")
    sandbox.set_trait(ada, tag)
    vacancy = sandbox.add_vacancy(title="Tonnelier")
    company = sandbox.world.company
    sync_with_tags(connected_tenant)
    before = every_row(connected_tenant)
    applicant, place = sandbox.world.applicant(ada), company.vacancies.by_id[vacancy]
    sandbox.remove_applicant(ada)
    sandbox.remove_vacancy(vacancy)
    sync_with_tags(connected_tenant)
    assert application(ada).remote_deleted_at is not None
    deleted = every_row(connected_tenant)
    company.applicants.change(applicant, updated=applicant.updated)
    company.vacancies.by_id[vacancy] = place

    run = sync_with_tags(connected_tenant)

    after = every_row(connected_tenant)
    assert run.started_at is not None
    returned = {("Application", ada), ("Candidate", ada), ("CandidateTag", f"{ada}:{tag}")}
    returned |= {key for key in before if key[0] in {"Job", "JobStage"} and vacancy in key[1]}
    assert difference(before, after) == {key: {"changed_at"} for key in returned}
    # Later than the deletion, so that whoever asks what has changed since is told of it.
    assert difference(deleted, after) == dict.fromkeys(returned, DELETED)
    for key in returned:
        assert after[key]["changed_at"] >= run.started_at
    assert written(run) == {
        "jobs": {"restored": 1},
        "job_stages": {"restored": len(sandbox.columns())},
        "candidates": {"restored": 1},
        "applications": {"restored": 1},
        "candidate_tags": {"restored": 1},
    }


def test_somebody_who_applies_anew_after_an_erasure_is_the_same_candidate(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Ada", "ada@example.org")
    sync(connected_tenant)
    sandbox.remove_applicant(first)
    sync(connected_tenant)
    second = add(sandbox, "Adèle", "ada@example.org")

    run = sync(connected_tenant)

    candidate = candidate_of(second)
    assert (candidate.remote_id, candidate.first_name) == (first, "Adèle")
    assert candidate.remote_deleted_at is None
    assert application(first).remote_deleted_at is not None
    assert written(run) == {"applications": {"created": 1}, "candidates": {"restored": 1}}


def test_nothing_is_deleted_twice(synced_tenant: Integration, sandbox: Sandbox) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    sync(synced_tenant)
    sandbox.remove_applicant(ada)
    sync(synced_tenant)
    before = every_row(synced_tenant)

    run = sync(synced_tenant)

    assert every_row(synced_tenant) == before
    assert written(run) == {}


def test_a_deletion_and_what_follows_from_it_are_one_transaction(
    connected_tenant: Integration, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stops a run between the two must not leave a candidate without applications."""
    ada = add(sandbox, "Ada", "ada@example.org")
    sync(connected_tenant)
    sandbox.remove_applicant(ada)

    def stop(integration_id: str, table: Table) -> int:
        if table is CANDIDATES:
            raise KeyboardInterrupt
        return delete_orphans(integration_id, table)

    with monkeypatch.context() as patch:
        patch.setattr("integrations.sync.phases.delete_orphans", stop)

        assert sync(connected_tenant).state == "CANCELLED"
    sync(connected_tenant)

    assert gone(Application.objects.all()) == {ada}
    assert gone(Candidate.objects.all()) == {ada}


def test_stages_of_jobs_are_as_many_as_jobs_and_stages_after_any_removal(
    synced_tenant: Integration, sandbox: Sandbox
) -> None:
    sandbox.remove_vacancy(sandbox.vacancies()[0]["id"])
    sandbox.remove_column(sandbox.columns()[0]["id"])
    sandbox.add_vacancy(title="Tonnelier")

    sync(synced_tenant)

    jobs, stages = Job.objects.live().count(), ApplicationStage.objects.live().count()
    assert JobStage.objects.live().count() == jobs * stages
