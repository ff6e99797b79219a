"""Applicants stored between two syncs, and those that are expected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.flatchr.json_stream import elements
from integrations.models import Application, Candidate, Integration, Job
from integrations.records import PROVISIONAL, PersonRecord
from integrations.sandbox import Sandbox
from integrations.sync import phases
from integrations.sync.applicants.incremental import expect_application, store_applicants
from integrations.sync.applicants.writer import ApplicantWriter
from tests.sync.people import add, application, candidate_of
from tests.sync.rows import difference, every_row
from tests.sync.running import sync, written

pytestmark = pytest.mark.django_db(transaction=True)


def found(sandbox: Sandbox, email: str) -> list[tuple[Any, str]]:
    """What a search by e-mail brings."""
    answer = requests.post(
        f"{sandbox.url}/company/{sandbox.company_key}/search/applicants",
        json={"email": email},
        headers={"Authorization": f"Bearer {sandbox.api_key}"},
        timeout=10,
    )
    return list(elements([answer.content]))


def expect(tenant: Integration, job: Job, email: str = "ada@example.org") -> str:
    person = PersonRecord(
        "Ada", "Essai", [{"email_address": email, "type": None}], phone_numbers=[]
    )
    return expect_application(
        tenant.pk, "S1", job_id=job.pk, person_key=email.lower(), person=person
    )


def job_of(tenant: Integration, remote_id: str) -> Job:
    return Job.objects.get(integration=tenant, remote_id=remote_id)


def test_the_next_sync_finds_nothing_to_change_in_what_was_stored(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sync(connected_tenant)
    ada = add(sandbox, "Ada", "ada@example.org")

    ids = store_applicants(connected_tenant.pk, found(sandbox, "ada@example.org"))

    assert ids == {ada: application(ada).pk}
    assert candidate_of(ada).first_name == "Ada"
    before = every_row(connected_tenant)
    run = sync(connected_tenant)
    assert written(run) == {}
    assert difference(before, every_row(connected_tenant)) == {}


def test_storing_the_same_applicant_twice_changes_nothing(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sync(connected_tenant)
    add(sandbox, "Ada", "ada@example.org")
    ids = store_applicants(connected_tenant.pk, found(sandbox, "ada@example.org"))
    before = every_row(connected_tenant)

    assert store_applicants(connected_tenant.pk, found(sandbox, "ada@example.org")) == ids
    assert difference(before, every_row(connected_tenant)) == {}


def test_a_row_that_is_no_applicant_is_left_out(connected_tenant: Integration) -> None:
    sync(connected_tenant)

    assert store_applicants(connected_tenant.pk, [({"firstname": "Ada"}, "{}"), (7, "7")]) == {}


@pytest.mark.parametrize("stored_by", ["a search", "a full sync"])
def test_an_expected_application_keeps_its_id_when_flatchr_shows_it(
    stored_by: str, connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sync(connected_tenant)
    vacancy = sandbox.vacancies()[0]["id"]
    expected = expect(connected_tenant, job_of(connected_tenant, vacancy))
    candidate = Application.objects.get(pk=expected).candidate
    candidate_id = candidate.pk
    assert candidate.remote_data is None
    assert expect(connected_tenant, job_of(connected_tenant, vacancy)) == expected

    ada = add(sandbox, "Ada", "Ada@example.org", vacancy=vacancy)
    if stored_by == "a search":
        store_applicants(connected_tenant.pk, found(sandbox, "Ada@example.org"))
    else:
        sync(connected_tenant)

    assert application(ada).pk == expected
    assert candidate_of(ada).pk == candidate_id
    assert candidate_of(ada).remote_id == ada
    assert application(ada).remote_data["applicant"] == ada
    assert candidate_of(ada).remote_data == application(ada).remote_data
    assert Application.objects.filter(person_key="ada@example.org").count() == 1
    assert written(sync(connected_tenant)) == {}


def test_expected_applications_are_looked_up_by_id_and_are_the_tenants_own(
    connected_tenant: Integration, other_tenant: Integration, sandbox: Sandbox
) -> None:
    sync(connected_tenant)
    vacancy = sandbox.vacancies()[0]["id"]
    foreign = expect(other_tenant, job_of(connected_tenant, vacancy))
    ada = add(sandbox, "Ada", "ada@example.org", vacancy=vacancy)

    with CaptureQueriesContext(connection) as captured:
        store_applicants(connected_tenant.pk, found(sandbox, "ada@example.org"))

    assert application(ada).pk != foreign
    assert Application.objects.get(pk=foreign).remote_id == f"{PROVISIONAL}S1"
    # Asked for the tenant as well, SQLite would read all that the tenant has.
    (asked,) = [
        query["sql"] for query in captured.captured_queries if f">= '{PROVISIONAL}'" in query["sql"]
    ]
    assert "integration_id" not in asked.partition(" WHERE ")[2]


def test_an_expected_application_of_a_known_person_joins_their_candidate(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    first = add(sandbox, "Ada", "ada@example.org", vacancy=sandbox.vacancies()[0]["id"])
    sync(connected_tenant)
    other = job_of(connected_tenant, sandbox.vacancies()[1]["id"])

    expected = expect(connected_tenant, other)

    assert Application.objects.get(pk=expected).candidate_id == application(first).candidate_id
    assert written(sync(connected_tenant)) == {}


def test_an_expected_application_that_flatchr_never_shows_is_gone_after_two_days(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    sync(connected_tenant)
    expected = expect(connected_tenant, job_of(connected_tenant, sandbox.vacancies()[0]["id"]))
    sync(connected_tenant)
    assert Application.objects.get(pk=expected).remote_deleted_at is None

    old = timezone.now() - timedelta(days=2, minutes=1)
    Application.objects.filter(pk=expected).update(changed_at=old)
    sync(connected_tenant)

    assert Application.objects.get(pk=expected).remote_deleted_at is not None
    assert Candidate.objects.get(applications=expected).remote_deleted_at is not None


@pytest.mark.parametrize("batch", [1, 4000])
def test_an_applicant_stored_while_a_sync_is_about_to_write_it_does_not_stop_the_sync(
    batch: int,
    connected_tenant: Integration,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync(connected_tenant)
    ada = add(sandbox, "Ada", "ada@example.org")
    rows = found(sandbox, "ada@example.org")
    monkeypatch.setattr(phases, "BATCH", batch)
    write = ApplicantWriter.write

    def store_first(writer: ApplicantWriter, batch: Any) -> None:
        if ada in batch.changes.records:
            store_applicants(connected_tenant.pk, rows)
        write(writer, batch)

    monkeypatch.setattr(ApplicantWriter, "write", store_first)

    run = sync(connected_tenant)

    assert run.state == "SUCCEEDED"
    assert written(run) == {}
    assert candidate_of(ada).first_name == "Ada"
    monkeypatch.undo()
    assert written(sync(connected_tenant)) == {}
