"""What is found, whose it is, and in how many queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Integration
from integrations.search import filling, finding
from integrations.search.finding import Results, find
from integrations.search.terms import parse
from tests.search.conftest import Person, application, ended_run, job

pytestmark = pytest.mark.django_db


def search(typed: str, user: Any, **options: Any) -> Results:
    return find(parse(typed), user, **options)


def names(results: Results) -> list[str]:
    return [str(candidate) for candidate in results.candidates.records]


@pytest.fixture
def people(tenant: Integration, other_tenant: Integration, person: Person) -> None:
    zoe = person(
        tenant, "Zoé", "N’Diaye-Roux", email="z.roux@mail.example", phone="+33612345678", id="Ap9x"
    )
    application(zoe, job(tenant, "Pâtissier", vacancy_id=4711, slug="patissier-lille"))
    person(tenant, "Zoëlle", "Martin", remote_deleted_at=timezone.now())
    application(person(other_tenant, "Zoé", "Roux", phone="+33612345678", id="Ap9x"))
    for one in (tenant, other_tenant):
        ended_run(one)
        filling.catch_up(one.pk)


@pytest.mark.parametrize(
    "typed",
    [
        "zoe ndiaye",
        "ROUX zoé",
        "diaye",
        "z.roux@mail.example",
        "Z.ROUX@MAIL",
        "06 12 34 56 78",
        "+33 (0)6.12.34.56.78",
        "Ap9x",
        "roux 0612345678",
        "zo ro nd",
    ],
)
def test_a_candidate_is_found_however_it_is_typed(typed: str, alice: User, people: None) -> None:
    assert names(search(typed, alice)) == ["Zoé N’Diaye-Roux"]


@pytest.mark.parametrize("typed", ["patiss", "PÂTISSIER", "4711", "patissier-lille", "vacancy0"])
def test_a_job_is_found_by_its_words_and_its_numbers(typed: str, alice: User, people: None) -> None:
    assert [str(one) for one in search(typed, alice).jobs.records] == ["Pâtissier"]


def test_applications_are_found_by_their_candidate_and_their_ids(alice: User, people: None) -> None:
    by_name = search("ndiaye", alice).applications
    by_id = search("Ap9x", alice).applications

    assert by_name.records == by_id.records
    assert by_name.total == by_id.total == 1


def test_what_changed_at_one_moment_is_shown_as_lists_show_it(
    tenant: Integration, person: Person, alice: User
) -> None:
    """The last to arrive first, whatever the ids."""
    at_once = timezone.now()
    for arrival in (2, 4, 1, 3):
        zoe = person(tenant, "Zoé", "Roux", changed_at=at_once, arrival=arrival)
        application(zoe, changed_at=at_once, arrival=arrival)
    ended_run(tenant)
    filling.catch_up(tenant.pk)

    found = search("zoe roux", alice)

    assert [one.arrival for one in found.candidates.records] == [4, 3, 2, 1]
    assert [one.arrival for one in found.applications.records] == [4, 3, 2, 1]


def test_a_unified_id_finds_all_that_carry_it(alice: User, people: None) -> None:
    candidate = search("ndiaye", alice).candidates.records[0]

    found = search(candidate.pk, alice)

    assert found.candidates.records == [candidate]
    assert [one.pk for one in found.applications.records] == [candidate.pk]


def test_nobody_finds_what_belongs_to_another_tenant(
    charlie: User, bob: User, people: None, other_tenant: Integration, tenant: Integration
) -> None:
    for typed in ("ndiaye", "z.roux@mail.example", "4711", "patissier"):
        assert search(typed, charlie).is_empty
        assert not search(typed, bob).is_empty
    shared = search("Ap9x 0612345678 zoe", charlie)
    assert {one.integration_id for one in shared.candidates.records} == {other_tenant.pk}
    assert search("zoe", charlie, tenant=tenant.pk).is_empty


def test_a_superuser_finds_everybody_but_those_of_deleted_tenants(
    admin: User, people: None, other_tenant: Integration
) -> None:
    assert len(search("zoe roux", admin).candidates.records) == 2
    other_tenant.deleted_at = timezone.now()
    other_tenant.save()
    assert names(search("zoe roux", admin)) == ["Zoé N’Diaye-Roux"]


def test_deleted_records_are_found_last_and_can_be_left_out(alice: User, people: None) -> None:
    assert names(search("zo", alice)) == ["Zoé N’Diaye-Roux", "Zoëlle Martin"]
    assert names(search("zo", alice, deleted="no")) == ["Zoé N’Diaye-Roux"]
    assert names(search("zo", alice, deleted="only")) == ["Zoëlle Martin"]


def test_whole_words_come_before_beginnings_and_parts(
    alice: User, tenant: Integration, person: Person
) -> None:
    for last in ("Beaumartin", "Martineau", "Martin"):
        person(tenant, "Léa", last)
    ended_run(tenant)
    filling.catch_up(tenant.pk)

    assert names(search("martin", alice)) == ["Léa Martin", "Léa Martineau", "Léa Beaumartin"]


def test_counts_stop_at_the_cap(
    alice: User, tenant: Integration, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "CAP", 3)
    for number in range(6):
        person(tenant, "Léa", f"Roux {number}")
    ended_run(tenant)
    filling.catch_up(tenant.pk)

    assert search("lea", alice).candidates.total == 4


def test_a_search_takes_as_many_queries_at_100_records_as_at_10(
    alice: User, tenant: Integration, person: Person
) -> None:
    counted = []
    for count in (10, 90):
        for number in range(count):
            application(person(tenant, "Léa", f"Roux {number}"), job(tenant, f"Roux {number}"))
        ended_run(tenant)
        filling.catch_up(tenant.pk)
        with CaptureQueriesContext(connection) as captured:
            found = search("roux", alice)
        assert found.candidates.records
        counted.append(
            [entry for entry in captured.captured_queries if "SAVEPOINT" not in entry["sql"]]
        )

    assert len(counted[0]) == len(counted[1])
    limit = 13 if connection.vendor == "sqlite" else 15
    assert len(counted[1]) <= limit


@pytest.mark.parametrize("typed", ["'; DROP TABLE x --", "%", "\\", "\0", "9" * 200, "a" * 5000])
def test_odd_input_finds_nothing_and_harms_nothing(typed: str, alice: User, people: None) -> None:
    assert search(typed, alice).is_empty
