"""Applicants beside the ordinary ones: of a vacancy that no list has, without e-mail, and emptied
by an erasure (`docs/flatchr-api.md §I`).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.models import Candidate, Integration, RecordChange
from integrations.sandbox import Sandbox
from tests.sync.people import add, application, candidate_of
from tests.sync.rows import every_row
from tests.sync.running import sync, written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=2, applicants=0)


@pytest.fixture
def tenant(connected_tenant: Integration) -> Integration:
    return connected_tenant


def test_an_applicant_of_a_vacancy_that_no_list_has_is_kept_without_a_job(
    tenant: Integration, sandbox: Sandbox
) -> None:
    """As spontaneous applications are; once the vacancy is listed, it gets its job."""
    vacancy = sandbox.add_vacancy(title="Candidatures spontanées", slug="spontanees")
    listed = sandbox.world.company.vacancies.by_id[vacancy]
    ada = add(sandbox, "Ada", "ada@example.org", vacancy=vacancy)
    sandbox.remove_vacancy(vacancy)

    for _ in range(2):
        run = sync(tenant)
        assert run.state == "SUCCEEDED"
        assert application(ada).job is None
        assert candidate_of(ada).first_name == "Ada"
        told = run.warnings.get(code="unknown_vacancy")
        assert (told.count, told.remote_ids) == (1, [ada])
    assert written(run) == {}
    sandbox.world.company.vacancies.by_id[vacancy] = listed
    run = sync(tenant)

    job = application(ada).job
    assert job is not None
    assert job.remote_id == vacancy
    assert not run.warnings.filter(code="unknown_vacancy").exists()


def test_applicants_without_an_address_are_a_person_each(
    tenant: Integration, sandbox: Sandbox
) -> None:
    people = [add(sandbox, "Ada", email) for email in (None, "", "  ", None)]

    run = sync(tenant)

    assert Candidate.objects.live().count() == len(people)
    assert {tuple(candidate_of(one).email_addresses or []) for one in people} == {()}
    assert not run.warnings.filter(model="candidates").exists()
    assert written(sync(tenant)) == {}


def test_an_applicant_that_is_emptied_at_flatchr_is_emptied_here_and_stays(
    tenant: Integration, sandbox: Sandbox
) -> None:
    ada = add(sandbox, "Ada", "ada@example.org")
    bea = add(sandbox, "Bea", "bea@example.org")
    sync(tenant)
    person = candidate_of(ada).pk
    sandbox.blank_applicant(ada)

    run = sync(tenant)

    assert run.state == "SUCCEEDED"
    found = candidate_of(ada)
    assert (found.pk, found.remote_deleted_at) == (person, None)
    assert found.first_name in (None, "")
    assert found.last_name in (None, "")
    assert (found.email_addresses, found.phone_numbers) == ([], [])
    assert application(ada).person_key == ""
    assert "ada@example.org" not in str(every_row(tenant))
    # That something changed is kept, and not what it was.
    assert "ada@example.org" not in str(list(RecordChange.objects.values_list("fields", flat=True)))
    assert candidate_of(bea).first_name == "Bea"
    assert written(sync(tenant)) == {}
    # Whoever applies anew with the address is not taken for the one who was erased.
    again = add(sandbox, "Ada", "ada@example.org")
    sync(tenant)
    assert candidate_of(again).pk != person
