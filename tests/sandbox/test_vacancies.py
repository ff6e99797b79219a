"""Vacancies, the public feed, the company's lists and the referentials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.calls import Caller, Clock, get, problem

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
LABELS = ("contract_type", "education_level", "activity", "channel", "metier")
NEW = {
    "title": "Assistant RH H/F", "description": "<p>Atelier</p>", "mission": "<p>Paie</p>",
    "profile": "<p>Bac+3</p>", "experience": 2, "salary": "28 000", "contract_type_id": 1,
    "education_level_id": 5, "activity_id": 25, "channel_id": 2, "metier_id": 49,
    "language": "fr_FR", "status": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(vacancies=40, applicants=20, clock=Clock()) as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


@pytest.fixture
def listed(caller: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.get("~/vacancies")
    return found


def feed(sandbox: Sandbox, **params: str) -> Any:
    answer = get(f"{sandbox.url}/company/{sandbox.slug}.json", params=params)
    assert answer.status_code == 200
    return answer.json()


def test_all_vacancies_are_listed_whatever_their_status(listed: list[dict[str, Any]]) -> None:
    assert len(listed) == 40
    assert {one["status"] for one in listed} == {0, 1, 2}


def test_a_vacancy_has_two_ids_and_a_slug(listed: list[dict[str, Any]]) -> None:
    for one in listed:
        assert re.fullmatch(r"[A-Za-z0-9]{16}", one["id"])
        assert isinstance(one["vacancy_id"], int)
        assert one["slug"].startswith(one["id"].lower() + "-")
        assert one["company_id"] == 731
        assert ISO.fullmatch(one["created_at"])
        assert ISO.fullmatch(one["updated_at"])
    for name in ("id", "vacancy_id", "slug"):
        assert len({one[name] for one in listed}) == 40


def test_labels_are_null_on_the_api_host(listed: list[dict[str, Any]]) -> None:
    assert {one[label] for one in listed for label in LABELS} == {None}


def test_salaries_come_in_every_form(listed: list[dict[str, Any]]) -> None:
    salaries = [(one["salary"], one["mensuality"]) for one in listed]
    for expected in ((32000, "y"), ("0", "y"), (0, "y"), (None, "y"), ("", "m"), (12.31, "h"),
                     ("40 000", "y"), ("40\u202f000", "y"), ("40\u00a0000", "y")):  # fmt: skip
        assert expected in salaries
    assert {period for _, period in salaries} == {"y", "m", "d", "h"}


def test_the_odd_vacancies_are_there(caller: Caller, listed: list[dict[str, Any]]) -> None:
    assert {repr(one["remote"]) for one in listed} == {
        "'notime'", "'parttime'", "'fulltime'", "True", "False", "None",
    }  # fmt: skip
    assert any(one["title"].endswith("  ") for one in listed)
    assert any("<script>" in one["description"] and "onclick" in one["description"]
               for one in listed)  # fmt: skip
    known = {item["id"] for item in caller.get("/contracts", lang="fr")}
    assert {one["contract_type_id"] for one in listed} - known == {5}


def test_parts_come_only_when_asked_for(caller: Caller, listed: list[dict[str, Any]]) -> None:
    assert not {"address", "tags", "items"} & set(listed[0])
    whole = caller.get("~/vacancies", fields="address,tags,items")
    assert sum(one["address"] is None for one in whole) == 1
    assert {one["address"]["country"] for one in whole if one["address"]} == {"France", "Belgique"}
    folders = [tag for one in whole for tag in one["tags"] if tag["folder"]]
    assert {tag["type"] for tag in folders} == {"vacancies"}
    items = [item for one in whole for item in one["items"]]
    assert {item["offer_id"] for item in items} == {98, 152}
    assert {item["published"] for item in items} == {True, False}
    assert all(ISO.fullmatch(item["created_at"]) for item in items)
    assert set(caller.get("~/vacancies", fields="tags")[0]) - set(listed[0]) == {"tags"}


def test_vacancies_are_filtered_by_status_and_channel(caller: Caller) -> None:
    assert {one["status"] for one in caller.get("~/vacancies", status=0)} == {0}
    intranet = caller.get("~/vacancies", offer_id=152, fields="items")
    assert intranet
    assert all(152 in [item["offer_id"] for item in one["items"]] for one in intranet)
    assert problem(caller.call("GET", "~/vacancies?status=open"))[0] == 400


def test_one_vacancy_has_questions(caller: Caller, listed: list[dict[str, Any]]) -> None:
    path = f"/vacancy/{listed[0]['id']}"
    assert caller.get(path) == listed[0]
    whole = caller.get(path, fields="address,tags,questions,faqs,benefits")
    assert whole["questions"][0]["options"] == "Oui;Non"
    assert whole["faqs"] == whole["benefits"] == []
    assert whole["address"]["formatted_address"].endswith("France")


def test_a_created_vacancy_is_listed_and_not_published(sandbox: Sandbox, caller: Caller) -> None:
    answer = caller.call("POST", "~/vacancy", json=NEW)
    assert answer.status_code == 200
    made = answer.json()
    try:
        assert made["salary"] == "28 000"
        assert made["created_at"] == "2026-09-14T09:30:00.000Z"
        assert made in caller.get("~/vacancies")
        assert feed(sandbox, id=made["id"])["items"] == []
    finally:
        sandbox.remove_vacancy(made["id"])


@pytest.mark.parametrize("name", ["title", "experience", "metier_id"])
def test_a_vacancy_needs_its_required_fields(caller: Caller, name: str) -> None:
    body = {key: value for key, value in NEW.items() if key != name}
    answer = caller.call("POST", "~/vacancy", json=body)
    assert problem(answer) == (400, f'"{name}" is required')


def test_the_feed_is_open_and_has_labels(sandbox: Sandbox) -> None:
    whole = feed(sandbox)
    assert list(whole) == ["items"]
    vacancies = [item["vacancy"] for item in whole["items"] if item["vacancy"]]
    assert {one["status"] for one in vacancies} == {1}
    labelled = next(one for one in vacancies if one["contract_type_id"] == 1)
    assert labelled["contract_type"] == "CDI"
    assert {one["contract_type"] for one in vacancies if one["contract_type_id"] == 5} <= {None}
    assert labelled["company"]["id"] == sandbox.company_key
    assert {"address", "addressFormatted", "tags", "questions"} <= set(labelled)


def test_the_feed_has_a_null_a_repeated_and_an_unpublished_item(sandbox: Sandbox) -> None:
    items = feed(sandbox)["items"]
    assert sum(item["vacancy"] is None for item in items) == 1
    ids = [item["vacancy"]["id"] for item in items if item["vacancy"]]
    assert len(ids) == len(set(ids)) + 1
    assert {item["published"] for item in items} == {True, False}


def test_the_feed_echoes_its_filters(sandbox: Sandbox) -> None:
    found = feed(sandbox, filter="comptable", locality="Nulle-Part")
    assert found == {"locality": "Nulle-Part", "filter": "comptable", "items": []}
    found = feed(sandbox, filter="COMPTABLE")
    assert found["filter"] == "COMPTABLE"
    assert {"omptable" in item["vacancy"]["title"] for item in found["items"]} == {True}
    first = found["items"][0]["vacancy"]
    address = first["address"]
    filters = {
        "id": first["id"], "activity": str(first["activity_id"]),
        "metier": str(first["metier_id"]), "locality": address["locality"],
        "administrative_area_level_1": address["administrative_area_level_1"],
    }  # fmt: skip
    assert [item["vacancy"]["id"] for item in feed(sandbox, **filters)["items"]] == [first["id"]]


def test_the_feed_includes_affiliated_accounts_when_asked(sandbox: Sandbox) -> None:
    other = sandbox.world.other
    companies = {
        item["vacancy"]["company"]["id"]
        for item in feed(sandbox, affiliated=other.key)["items"]
        if item["vacancy"]
    }
    assert companies == {sandbox.company_key, other.key}


def test_an_unknown_slug_is_not_available(sandbox: Sandbox) -> None:
    answer = get(f"{sandbox.url}/company/inconnue.json")
    assert answer.status_code == 404
    assert answer.json() == {
        "message": "Not available for slug inconnue with url: /company/inconnue.json"
    }


def test_columns_include_hidden_ones_and_a_shared_title(caller: Caller) -> None:
    columns = caller.get("~/columns")
    assert set(columns[0]) == {
        "id", "title", "company_id", "position", "created_at", "updated_at", "visible", "hired",
    }  # fmt: skip
    shared = [one for one in columns if one["title"] == "Entretien RH"]
    assert [one["visible"] for one in shared] == [True, False]
    assert [one["title"] for one in columns if one["hired"]] == ["Recruté"]


def test_tags_are_of_two_types_and_untidy(caller: Caller) -> None:
    tags = caller.get("~/tags")
    assert {tag["type"] for tag in tags} == {"candidates", "vacancies"}
    values = {tag["title"]: tag["values"] for tag in tags if tag["type"] == "candidates"}
    assert values["Langues"] == "Français;Anglais; Italien"
    assert values["Permis "] == " B ; C,;CE;"
    assert values["À rappeler"] == ""
    assert tags[0]["tagCandidateRestriction"] == []
    assert isinstance(tags[0]["tag_id"], int)


def test_members_show_their_user_when_asked(sandbox: Sandbox, caller: Caller) -> None:
    assert "user" not in caller.get("~/members")[0]
    members = caller.get("~/members", fields="user")
    assert members[0]["user"]["email"] == sandbox.user_email
    assert {member["user"]["status"] for member in members} == {1, 2, 4}
    assert re.fullmatch(r"[a-z0-9]{64}", members[0]["user"]["token_vyte"])


def test_referentials_hold_the_recorded_labels(caller: Caller) -> None:
    def labels(path: str) -> dict[int, str]:
        return {item["id"]: item["text"] for item in caller.get(path, lang="fr")}

    assert labels("/contracts")[1] == "CDI"
    assert labels("/educationLevels")[5] == "Bac +3"
    assert labels("/activities")[25] == "Internet"
    assert labels("/channels")[2] == "Commerce / Vente"
    assert labels("/channels/2/metiers") == {
        49: "Commercial conseil",
        54: "Chargé d'affaire / technico commercial",
    }
    assert labels("/channels/10/metiers")


def test_ten_thousand_vacancies_are_one_array() -> None:
    with Sandbox(vacancies=10_000, applicants=1, clock=Clock()) as large:
        found = Caller(large).get("~/vacancies", fields="items")
    assert len({one["id"] for one in found}) == len(found) == 10_000


def test_a_company_may_be_empty() -> None:
    with Sandbox(vacancies=0, applicants=0, clock=Clock()) as empty:
        caller = Caller(empty)
        assert caller.get("~/vacancies") == []
        assert feed(empty) == {"items": []}
        assert caller.search() == caller.search(status=0) == []
