"""What tests and demos can change behind the connector's back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from integrations.sandbox import Sandbox
from integrations.sandbox.http import ErrorAnswer
from tests.sandbox.calls import Caller, Clock, get


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(vacancies=4, applicants=30, clock=Clock()) as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


def test_an_applicant_is_added_edited_moved_archived_restored_and_removed(
    sandbox: Sandbox, caller: Caller
) -> None:
    vacancy = sandbox.vacancies()[2]
    added = sandbox.add_applicant(
        vacancy=vacancy["id"], firstname="Léa", lastname="Brune", email="lea@example.org",
        created=date(2026, 9, 3),
    )  # fmt: skip
    row = caller.search(email="lea@example.org")[0]
    assert row == sandbox.applicant(added)
    assert (row["vacancy"], row["created_at"]) == (vacancy["title"], "03/09/26")
    sandbox.edit_applicant(added, email="autre@example.org", updated=date(2026, 9, 5))
    assert caller.search(email="autre@example.org")[0]["updated_at"] == "05/09/26"
    assert caller.search(email="lea@example.org") == []
    sandbox.move(added, sandbox.columns()[6]["id"])
    assert sandbox.applicant(added)["hired"] is True
    sandbox.archive(added)
    assert len(caller.search()) == 30
    sandbox.restore(added)
    assert len(caller.search()) == 31
    sandbox.remove_applicant(added)
    assert len(caller.search()) == 30
    with pytest.raises(ErrorAnswer):
        sandbox.applicant(added)


def test_seeded_applicants_change_too_and_keep_their_place(
    sandbox: Sandbox, caller: Caller
) -> None:
    before = caller.search()
    third = before[2]
    sandbox.edit_applicant(third["applicant"], firstname="Autre")
    sandbox.remove_applicant(before[4]["applicant"])
    changed = third | {"firstname": "Autre", "updated_at": "14/09/26"}
    assert caller.search() == [*before[:2], changed, before[3], *before[5:]]
    assert caller.search(firstname="autre", start_update="09/14/26") == [changed]


def test_mistakes_in_a_test_are_told(sandbox: Sandbox) -> None:
    first = sandbox.add_applicant()
    with pytest.raises(TypeError):
        sandbox.edit_applicant(first, surname="x")
    with pytest.raises(KeyError):
        sandbox.move(first, 1)
    with pytest.raises(KeyError):
        sandbox.add_applicant(vacancy="T9wKx3MbQz5LnR1p")


def test_a_vacancy_is_added_edited_published_and_removed(sandbox: Sandbox, caller: Caller) -> None:
    added = sandbox.add_vacancy(title="Jardinier H/F", salary="30 000", published=False)
    path = f"{sandbox.url}/company/{sandbox.slug}.json?id={added}"
    assert get(path).json()["items"] == []
    sandbox.publish_vacancy(added)
    sandbox.publish_vacancy(added, intranet=True)
    assert get(path).json()["items"][0]["vacancy"]["title"] == "Jardinier H/F"
    applicant = sandbox.add_applicant(vacancy=added)
    sandbox.edit_vacancy(added, title="Jardinière H/F", address=None)
    assert sandbox.applicant(applicant)["vacancy"] == "Jardinière H/F"
    found = caller.get(f"/vacancy/{added}", fields="address")
    assert (found["address"], found["updated_at"]) == (None, "2026-09-14T09:30:00.000Z")
    sandbox.remove_vacancy(added)
    assert len(caller.get("~/vacancies")) == 4
    assert caller.search()[-1]["vacancy"] == "Jardinière H/F"
    assert [row["applicant"] for row in caller.search(vacancy=added)] == [applicant]


def test_a_new_title_of_a_vacancy_shows_on_seeded_applicants(
    sandbox: Sandbox, caller: Caller
) -> None:
    vacancy = sandbox.vacancies()[0]
    sandbox.edit_vacancy(vacancy["id"], title="Nouveau titre")
    assert {row["vacancy"] for row in caller.search(vacancy=vacancy["id"])} == {"Nouveau titre"}


def test_columns_are_added_renamed_and_removed(sandbox: Sandbox, caller: Caller) -> None:
    added = sandbox.add_column("Embauché", hired=True, visible=False)
    applicant = sandbox.add_applicant(column=added)
    assert sandbox.applicant(applicant)["hired"] is True
    first = sandbox.columns()[0]["id"]
    waiting = len(caller.search(column="A traiter"))
    sandbox.edit_column(first, title="Reçus")
    assert len(caller.search(column="Reçus")) == waiting > 0
    sandbox.remove_column(first)
    assert first not in {one["id"] for one in caller.get("~/columns")}
    assert len(caller.search(column="Reçus")) == waiting


def test_tags_and_traits_are_added_and_removed(sandbox: Sandbox, caller: Caller) -> None:
    tag = sandbox.add_tag("Couleur", "Rouge;Vert", multiple=True)
    applicant = sandbox.add_applicant()
    trait = sandbox.set_trait(applicant, tag, "Rouge")
    assert caller.get(f"~/applicant/{applicant}/traits") == [
        {"id": trait, "tag_id": tag, "value": "Rouge"}
    ]
    sandbox.edit_tag(tag, title="Teinte")
    assert caller.get("~/tags")[-1]["title"] == "Teinte"
    sandbox.remove_trait(applicant, trait)
    assert sandbox.traits(applicant) == []
    sandbox.remove_tag(tag)
    assert tag not in {one["id"] for one in sandbox.tags()}
