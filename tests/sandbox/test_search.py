"""The search of applicants: its shape, its filters, its oddities, its size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations.sandbox import Sandbox
from integrations.sandbox.formats import BASE_DATE
from integrations.sandbox.search import parse
from tests.sandbox.calls import Caller, Clock, problem

Row = dict[str, Any]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(vacancies=40, applicants=500, clock=Clock()) as running:
        yield running


@pytest.fixture(scope="module")
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


@pytest.fixture(scope="module")
def rows(caller: Caller) -> list[Row]:
    return caller.search()


def test_an_empty_search_answers_every_active_applicant(caller: Caller, rows: list[Row]) -> None:
    assert len(rows) == 500
    assert {row["status"] for row in rows} == {1}
    assert caller.call("POST", "~/search/applicants").json() == rows


def test_archived_applicants_come_only_when_asked_for(caller: Caller, rows: list[Row]) -> None:
    archived = caller.search(status=0)
    assert {row["status"] for row in archived} == {0}
    assert 0.06 < len(archived) / (len(archived) + len(rows)) < 0.1
    assert not {row["applicant"] for row in archived} & {row["applicant"] for row in rows}


def test_a_row_has_the_documented_fields(rows: list[Row]) -> None:
    assert list(rows[0]) == [
        "applicant", "vacancy", "column", "vacancy_id", "external_id", "status", "score", "hired",
        "firstname", "lastname", "email", "phone", "created_at", "updated_at", "source",
    ]  # fmt: skip
    for row in rows:
        assert re.fullmatch(r"[A-Za-z0-9]{16}", row["applicant"])
        created, updated = (
            datetime.strptime(row[name], "%d/%m/%y") for name in ("created_at", "updated_at")
        )
        assert created <= updated
    assert len({row["applicant"] for row in rows}) == 500


def test_rows_join_to_vacancies_and_columns(caller: Caller, rows: list[Row]) -> None:
    titles = {one["vacancy_id"]: one["title"] for one in caller.get("~/vacancies")}
    stages = {one["title"] for one in caller.get("~/columns")}
    strays = [row for row in rows if titles.get(row["vacancy_id"]) != row["vacancy"]]
    assert Counter(row["vacancy"] for row in strays) == {"": 2, "Poste clos sans trace": 1}
    assert not {row["vacancy_id"] for row in strays} & set(titles)
    assert {row["column"] for row in rows} == stages
    assert {row["column"] for row in rows if row["hired"]} == {"Recruté"}


def test_emails_are_as_untidy_as_in_life(rows: list[Row]) -> None:
    emails = [row["email"] for row in rows]
    assert None in emails
    assert "" in emails
    given = [email for email in emails if email]
    assert any("@" not in email for email in given)
    assert any(email != email.strip() for email in given)
    assert any(email.isupper() for email in given)
    domains = {email.strip().rpartition("@")[2].lower() for email in given if "." in email}
    tail = re.compile(r"(example\.(org|com)|\.example|^pas-une.*|^)$")
    assert all(tail.search(domain) for domain in domains)


def test_phones_come_in_many_formats(rows: list[Row]) -> None:
    phones = [row["phone"] for row in rows]
    for start in ("06 39 98", "+33 6", "+3363998", "0033 6", "06.39", "01 99 00", "+44", "n/a"):
        assert any(phone and phone.startswith(start) for phone in phones), start
    assert None in phones
    assert "" in phones


def test_names_try_what_software_gets_wrong(rows: list[Row]) -> None:
    names = [row["firstname"] + "|" + row["lastname"] for row in rows]
    for part in (
        "=HYPERLINK",
        "محمد",
        "雷",
        "Αθηνά",
        "d'Aubigné-Cœur",
        "<script>",
        "🌻",
        "\n",
        "\\",
    ):
        assert any(part in name for name in names), part
    assert max(map(len, names)) > 400


def test_some_people_applied_more_than_once(caller: Caller) -> None:
    rows = caller.search() + caller.search(status=0)
    people: dict[str, list[str]] = {}
    for row in rows:
        if row["email"]:
            people.setdefault(row["email"].strip().lower(), []).append(row["email"])
    several = [emails for emails in people.values() if len(emails) > 1]
    assert 0.08 < len(several) / len(people) < 0.14
    assert max(map(len, several)) == 3
    assert all(len(set(emails)) > 1 for emails in several)


def test_search_by_name_and_email_ignores_case(caller: Caller, rows: list[Row]) -> None:
    wanted = rows[0]
    assert wanted in caller.search(email=wanted["email"].upper())
    assert len(caller.search(email=wanted["email"])) <= 3
    found = caller.search(firstname=wanted["firstname"].upper(), lastname=wanted["lastname"])
    assert found == [row for row in rows if row["firstname"] == wanted["firstname"]
                     and row["lastname"] == wanted["lastname"]]  # fmt: skip
    assert caller.search(email="personne@example.org") == []


@pytest.mark.parametrize("start", ["GRANDES", "  espaces", "deux@@", "pas-une"])
def test_odd_addresses_are_found_too(caller: Caller, rows: list[Row], start: str) -> None:
    wanted = next(row for row in rows if (row["email"] or "").startswith(start))
    assert caller.search(email=wanted["email"]) == [wanted]


def test_search_by_phone_looks_at_digits(caller: Caller, rows: list[Row]) -> None:
    wanted = next(row for row in rows if (row["phone"] or "").startswith("06."))
    assert wanted in caller.search(phone=wanted["phone"].replace(".", " "))


@pytest.mark.parametrize("hired", [True, "true", False, "false"])
def test_hired_is_a_boolean_or_a_string(caller: Caller, rows: list[Row], hired: Any) -> None:
    truth = hired in (True, "true")
    assert caller.search(hired=hired) == [row for row in rows if row["hired"] is truth]


def test_search_by_column_title_and_vacancy(caller: Caller, rows: list[Row]) -> None:
    found = caller.search(column="Entretien RH")
    assert found == [row for row in rows if row["column"] == "Entretien RH"]
    vacancy = caller.get("~/vacancies")[3]
    expected = [row for row in rows if row["vacancy_id"] == vacancy["vacancy_id"]]
    assert caller.search(vacancy=vacancy["id"]) == expected != []
    assert caller.search(vacancy="T9wKx3MbQz5LnR1p") == []


def test_request_dates_are_month_first_and_the_end_is_excluded(
    caller: Caller, rows: list[Row]
) -> None:
    def day(row: Row, name: str) -> datetime:
        return datetime.strptime(row[name], "%d/%m/%y")

    start, end = datetime(2026, 3, 4), datetime(2026, 5, 1)
    expected = [row for row in rows if start <= day(row, "created_at") < end]
    assert caller.search(start="03/04/26", end="05/01/26") == expected != []
    assert caller.search(start="2026-03-04 00:00:00", end="2026-05-01") == expected
    expected = [row for row in rows if start <= day(row, "updated_at") < end]
    assert caller.search(start_update="03/04/26", end_update="05/01/26") == expected != []


def test_filters_that_make_no_sense_are_refused(caller: Caller) -> None:
    for body in ({"start": "31/12/26"}, {"end_update": "soon"}, {"status": "archived"}):
        assert problem(caller.call("POST", "~/search/applicants", json=body))[0] == 400


def test_the_other_account_is_searched_by_its_key(sandbox: Sandbox, caller: Caller) -> None:
    other = caller.search(company=sandbox.world.other.key)
    assert len(other) == 25
    assert not {row["applicant"] for row in other} & {row["applicant"] for row in caller.search()}


def test_the_same_seed_gives_the_same_data_on_another_day(rows: list[Row]) -> None:
    clock = Clock()
    clock.forward(days=40)
    with Sandbox(vacancies=40, applicants=500, clock=clock) as twin:
        again = Caller(twin)
        assert again.search() == rows
        vacancies = again.get("~/vacancies", fields="address,tags,items")
    with Sandbox(vacancies=40, applicants=500, clock=Clock()) as same:
        assert Caller(same).get("~/vacancies", fields="address,tags,items") == vacancies
    with Sandbox(vacancies=40, applicants=500, seed=2, clock=Clock()) as stranger:
        assert Caller(stranger).search() != rows


def test_another_base_date_moves_every_date_and_changes_nothing_else(rows: list[Row]) -> None:
    later = timedelta(days=40)
    with Sandbox(vacancies=40, applicants=500, clock=Clock(), base=BASE_DATE + later) as moved:
        found = Caller(moved).search()
        newer = Caller(moved).search(start=BASE_DATE.strftime("%m/%d/%y"))

    def back(row: Row) -> Row:
        days = {name: day_of(row[name]) - later for name in ("created_at", "updated_at")}
        return row | {name: f"{day:%d/%m/%y}" for name, day in days.items()}

    assert [back(row) for row in found] == rows
    expected = [row for row in found if day_of(row["created_at"]).date() >= BASE_DATE]
    assert newer == expected
    assert newer


def day_of(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%y")


def test_a_row_is_the_same_computed_alone_or_in_bulk(sandbox: Sandbox, rows: list[Row]) -> None:
    assert [sandbox.applicant(row["applicant"]) for row in rows] == rows


def test_a_hundred_thousand_rows_are_one_array_in_chunks() -> None:
    with Sandbox(vacancies=1000, applicants=100_000, clock=Clock()) as large:
        caller = Caller(large)
        answer = caller.call("POST", "~/search/applicants", json={}, stream=True)
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert "Content-Length" not in answer.headers
        body = answer.content
        assert body.count(b'{"applicant":"') == 100_000
        assert len(answer.json()) == 100_000
        last = answer.json()[-1]
        assert last in caller.search(email=last["email"])


def test_a_million_applicants_are_not_kept() -> None:
    with Sandbox(vacancies=1000, applicants=1_000_000, clock=Clock()) as huge:
        applicants = huge.world.company.applicants
        stream = applicants.stream(parse({}, lambda _: None))
        assert next(stream).count(b'{"applicant":"') == 920
        last = applicants.get(applicants.seeded - 1)
        assert last is not None
        found = Caller(huge).search(email=last.email)
        assert applicants.ids.encode(last.number) in {row["applicant"] for row in found}
