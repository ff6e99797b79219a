"""Reading, moving and archiving applicants, their CVs, and what hangs on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.calls import Caller, Clock, get, post, problem

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(vacancies=6, applicants=60, clock=clock) as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


@pytest.fixture
def row(caller: Caller) -> dict[str, Any]:
    """An ordinary applicant, with a CV."""
    return caller.search()[0]


@pytest.fixture
def user(sandbox: Sandbox) -> dict[str, str]:
    """The header of a logged-in user."""
    login = {"email": sandbox.user_email, "password": sandbox.user_password}
    token = post(f"{sandbox.url}/user/login", json=login).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def test_moving_nowhere_answers_the_applicant_and_touches_it(
    caller: Caller, row: dict[str, Any]
) -> None:
    found = caller.call("PUT", caller.path_of(row), json={}).json()
    vacancy = caller.path_of(row).split("/")[2]
    assert found["id"] == row["applicant"]
    assert found["vacancy_id"] == vacancy
    assert isinstance(found["created_at"], int)
    assert found["column"] == found["vacancy"] == {}
    assert ISO.fullmatch(found["candidate"]["created_at"])
    assert found["applies"][0]["vacancy_id"] == vacancy
    assert caller.search()[0] == row | {"updated_at": "14/09/26"}
    assert caller.call("PUT", caller.path_of(row)).status_code == 200


def test_an_applicant_is_moved_to_a_column(caller: Caller, row: dict[str, Any]) -> None:
    column = next(one for one in caller.get("~/columns") if one["hired"])
    answer = caller.call("PUT", caller.path_of(row), json={"column_id": column["id"]})
    assert answer.json()["column_id"] == column["id"]
    changed = caller.search(start_update="09/14/26")
    assert changed == [row | {"updated_at": "14/09/26", "column": "Recruté", "hired": True}]


def test_a_move_needs_a_known_column_and_the_right_vacancy(
    caller: Caller, row: dict[str, Any]
) -> None:
    path = caller.path_of(row)
    assert problem(caller.call("PUT", path, json={"column_id": 1}))[0] == 404
    others = {one["id"] for one in caller.get("~/vacancies")} - {path.split("/")[2]}
    wrong = f"~/vacancy/{others.pop()}/applicant/{row['applicant']}"
    assert problem(caller.call("PUT", wrong, json={}))[0] == 404


def test_an_archived_applicant_is_found_in_the_archive(caller: Caller, row: dict[str, Any]) -> None:
    found = caller.call("DELETE", caller.path_of(row)).json()
    assert found["status"] == 0
    assert found["datas"] == []
    assert found["vacancy"]["company"]["id"] == caller.sandbox.company_key
    assert not {"column", "applies"} & set(found)
    assert not {"cv", "aws"} & set(found["candidate"])
    assert row["applicant"] not in {one["applicant"] for one in caller.search()}
    archived = next(x for x in caller.search(status=0) if x["applicant"] == row["applicant"])
    assert archived == row | {"status": 0, "updated_at": "14/09/26"}


def test_reading_an_applicant_does_not_touch_it(caller: Caller, row: dict[str, Any]) -> None:
    found = caller.get(f"~/applicant/{row['applicant']}", fields="candidate,vacancy")
    assert found["vacancy"]["vacancy_id"] == row["vacancy_id"]
    assert {"seen", "count_message", "count_comment"} <= set(found)
    assert caller.search()[0] == row


def test_applications_of_one_person_share_a_candidate(caller: Caller) -> None:
    rows = caller.search()
    first = rows[0]["email"]
    same = [row for row in [*rows, *caller.search(status=0)]
            if row["email"] and row["email"].lower() == first]  # fmt: skip
    people = {caller.get(f"~/applicant/{one['applicant']}")["candidate"]["id"] for one in same}
    assert len(same) == 3
    assert len(people) == 1


def test_a_cv_is_downloaded_once_a_second(
    sandbox: Sandbox, clock: Clock, caller: Caller, row: dict[str, Any]
) -> None:
    aws = caller.get(f"~/applicant/{row['applicant']}")["candidate"]["aws"]
    assert not aws["signature"].startswith("http")
    url = f"{sandbox.url}/company/{sandbox.company_key}/files/expire"
    params = {"key": aws["key"], "extension": aws["extension"], "token": sandbox.api_key}
    answer = get(url, params=params)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    refused = get(url, params=params)
    assert problem(refused)[0] == 429
    assert refused.headers["Retry-After"] == "1"
    clock.forward(seconds=1)
    assert get(url, params=params).content == answer.content
    for change, status in (({"key": ""}, 400), ({"token": "x"}, 401), ({"key": "a/b"}, 404),
                           ({"extension": "doc"}, 404)):  # fmt: skip
        clock.forward(seconds=1)
        assert problem(get(url, params=params | change))[0] == status


def test_a_candidate_without_a_cv_has_no_aws(caller: Caller) -> None:
    found = [caller.get(f"~/applicant/{row['applicant']}")["candidate"] for row in caller.search()]
    without = [one for one in found if "aws" not in one]
    assert without
    assert all("cv" not in one for one in without)
    assert len(without) < len(found) / 2


def test_traits_are_read_and_given(caller: Caller, row: dict[str, Any]) -> None:
    path = f"~/applicant/{row['applicant']}"
    tags = {tag["title"]: tag for tag in caller.get("~/tags")}
    before = caller.get(f"{path}/traits")
    assert {one["tag_id"] for one in before} == {tags["Langues"]["id"]}
    body = {"tag": tags["Langues"]["id"], "value": "Français"}
    made = caller.call("POST", f"{path}/trait", json=body).json()
    assert set(made) == {"id", "tag_id", "value"}
    assert caller.get(f"{path}/traits") == [*before, made]
    for value in ("B", "C"):
        body = {"tag": tags["Permis "]["id"], "value": value}
        caller.call("POST", f"{path}/trait", json=body)
    licences = [one for one in caller.get(f"{path}/traits") if one["tag_id"] == body["tag"]]
    assert [one["value"] for one in licences] == ["C"]
    for wrong, status in (({"value": "B"}, 400), ({"tag": "x"}, 400)):
        assert problem(caller.call("POST", f"{path}/trait", json=wrong))[0] == status
    unknown = {"tag": "Tg5LxQ9mRz2KpV8w", "value": "B"}
    assert problem(caller.call("POST", f"{path}/trait", json=unknown))[0] == 404


def test_comments_are_written_read_and_deleted(
    caller: Caller, row: dict[str, Any], user: dict[str, str]
) -> None:
    path = f"~/applicant/{row['applicant']}"
    before = caller.get(f"{path}/comments", fields="author,attachments")
    assert set(before[0]) == {
        "id", "text", "private", "favorite", "created_by", "created_at", "type", "reply_to",
        "author", "attachments", "ratings",
    }  # fmt: skip
    assert not {"author", "attachments"} & set(caller.get(f"{path}/comments")[0])
    form = {"type": "note", "text": "Très bien", "private": "true", "reply_to": before[0]["id"]}
    file = {"file": ("note.pdf", b"%PDF-", "application/pdf")}
    made = caller.call("POST", f"{path}/comment", data=form, files=file, headers=user).json()
    assert (made["text"], made["private"], made["reply_to"]) == (
        "Très bien", True, before[0]["id"],
    )  # fmt: skip
    assert made["attachments"][0]["name"] == "note.pdf"
    assert made["author"]["firstname"] == "Basile"
    assert len(caller.get(f"{path}/comments")) == len(before) + 1
    gone = caller.call("DELETE", f"{path}/comment/{made['id']}")
    assert gone.json() == {"statusCode": 200, "message": "Comment deleted"}
    assert problem(caller.call("DELETE", f"{path}/comment/{made['id']}"))[0] == 404
    assert problem(caller.call("POST", f"{path}/comment", json={}, headers=user))[0] == 400


def test_messages_are_written_and_read(
    caller: Caller, row: dict[str, Any], user: dict[str, str]
) -> None:
    path = f"~/applicant/{row['applicant']}"
    form = {"subject": "Suite", "html": "<p>Bonjour</p>", "mail": "true"}
    made = caller.call("POST", f"{path}/message", data=form, headers=user).json()
    assert made["mail"]["subject"] == "Suite"
    messages = caller.get(f"{path}/messages", fields="author,replied,mail,attachments,candidate")
    assert messages[-1]["id"] == made["id"]
    assert messages[-1]["candidate"]["email"] == row["email"]
    assert "mail" not in caller.get(f"{path}/messages")[0]


def test_tasks_are_created_and_closed(caller: Caller, row: dict[str, Any]) -> None:
    member = caller.get("~/members", fields="user")[0]["user"]["id"]
    body = {
        "description": "Rappeler", "date": "2026-09-21T09:00:00.000Z", "email": True,
        "value": [f"applicant={row['applicant']}"], "users": [member], "memberId": member,
    }  # fmt: skip
    made = caller.call("POST", "~/task", json=body).json()
    assert made["type"] == "task"
    assert made["done"] is False
    closed = caller.call("PUT", f"~/task/{made['id']}", json={"done": True}).json()
    assert closed == made | {"done": True}
    assert closed in caller.get("~/tasks")
    assert problem(caller.call("POST", "~/task", json=body | {"users": []}))[0] == 400


def test_meta_information_needs_the_paid_option(sandbox: Sandbox, caller: Caller) -> None:
    body = {"app_name": "x", "reference": "a@example.org", "type": "applicants", "value": {"a": 1}}
    assert caller.call("POST", "~/search/candidate", json=body).json() == {
        "statusCode": 200,
        "message": {"resource_type": "attribute", "action": "created"},
    }
    assert problem(caller.call("POST", "~/search/candidate", json={"value": {}}))[0] == 400
    sandbox.world.cvtheque_premium = False
    assert problem(caller.call("POST", "~/search/candidate", json=body))[0] == 403
