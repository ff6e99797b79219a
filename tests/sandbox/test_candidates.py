"""Candidate creation on the careers host."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.sandbox import Sandbox
from integrations.sandbox.resumes import LARGEST
from tests.sandbox.calls import Caller, Clock, post, problem

CV = b"%PDF-1.4 Nadia"
JSON, CUSTOM, TEST = (f"/vacancy/candidate/{name}" for name in ("json", "custom", "test"))


def document(data: bytes = CV, **changes: str) -> dict[str, Any]:
    encoded = base64.b64encode(data).decode()
    return {"data": encoded, "fileName": "cv", "contentType": "application/pdf"} | changes


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(vacancies=3, applicants=10, clock=Clock()) as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


@pytest.fixture
def body(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "vacancy": sandbox.vacancies()[1]["slug"],
        "firstname": "Nadia",
        "lastname": "Pérrot",
        "email": "nadia.nouvelle@example.org",
        "phone": "+33 6 39 98 00 01",
        "type": "document",
        "resume": document(),
    }


def test_a_submission_is_in_the_next_search(
    sandbox: Sandbox, caller: Caller, body: dict[str, Any]
) -> None:
    answer = caller.call("POST", JSON, json=body)
    assert answer.status_code == 200
    assert answer.json() == {"status": 200, "response": "applicant created"}
    vacancy = sandbox.vacancies()[1]
    assert caller.search(email="NADIA.nouvelle@example.org") == [
        {
            "applicant": caller.search()[-1]["applicant"],
            "vacancy": vacancy["title"],
            "column": "A traiter",
            "vacancy_id": vacancy["vacancy_id"],
            "external_id": "",
            "status": 1,
            "score": 0,
            "hired": False,
            "firstname": "Nadia",
            "lastname": "Pérrot",
            "email": "nadia.nouvelle@example.org",
            "phone": "+33 6 39 98 00 01",
            "created_at": "14/09/26",
            "updated_at": "14/09/26",
            "source": "Site carrière",
        }
    ]
    assert len(caller.search()) == 11


def test_a_submitted_cv_is_downloaded_as_it_was(caller: Caller, body: dict[str, Any]) -> None:
    caller.call("POST", JSON, json=body)
    applicant = caller.search(email=body["email"])[0]["applicant"]
    aws = caller.get(f"~/applicant/{applicant}")["candidate"]["aws"]
    assert aws["key"].startswith("candidates/2026/09/")
    assert aws["extension"] == "pdf"
    answer = caller.call("GET", "~/files/expire", params=aws)
    assert answer.content == CV


def test_the_same_submission_twice_makes_two_applicants(
    caller: Caller, body: dict[str, Any]
) -> None:
    for _ in range(2):
        assert caller.call("POST", JSON, json=body).status_code == 200
    assert len(caller.search(email=body["email"])) == 2


def test_a_dry_run_checks_and_stores_nothing(caller: Caller, body: dict[str, Any]) -> None:
    assert caller.call("POST", TEST, json=body).json()["response"] == "applicant created"
    assert caller.search(email=body["email"]) == []
    assert problem(caller.call("POST", TEST, json=body | {"lastname": ""}))[0] == 400


def test_optional_fields_are_kept(sandbox: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    column = sandbox.columns()[2]
    extra = {
        "offerer_id": 1234, "column_id": str(column["id"]), "comment": "<p>Motivée</p>",
        "urls": {"linkedin": "https://reseau.example/n"}, "user_id": "Us7Kp3QdVx9LmT1b",
        "answers": [{"question": "Permis ?", "value": "Oui"}], "response_text": "Merci",
        "consent": False, "legalNewsletterPartners": True,
    }  # fmt: skip
    assert caller.call("POST", JSON, json=body | extra).json()["response_text"] == "Merci"
    row = caller.search(email=body["email"])[0]
    assert (row["column"], row["source"]) == (column["title"], "Source 1234")
    found = caller.get(f"~/applicant/{row['applicant']}")
    assert found["comment"] == "<p>Motivée</p>"
    assert found["candidate"]["urls"] == extra["urls"]
    assert found["candidate"]["consent"] is False
    number = sandbox.world.applicant(row["applicant"])
    assert list(number.answers) == extra["answers"]
    assert number.user == "Us7Kp3QdVx9LmT1b"


def test_a_resume_may_be_a_link(caller: Caller, body: dict[str, Any]) -> None:
    linked = body | {"type": "link", "resume": "https://cv.example/nadia.pdf"}
    assert caller.call("POST", JSON, json=linked).status_code == 200
    row = caller.search(email=body["email"])[0]
    assert "aws" in caller.get(f"~/applicant/{row['applicant']}")["candidate"]


def test_custom_takes_a_web_form_with_a_file(
    sandbox: Sandbox, caller: Caller, body: dict[str, Any]
) -> None:
    form = {name: body[name] for name in ("vacancy", "firstname", "lastname", "email")}
    url, file = sandbox.url + CUSTOM, {"resume": ("cv.pdf", CV, "application/pdf")}
    answer = post(url, data=form | {"token": sandbox.api_key}, files=file)
    assert answer.json() == {"status": 200, "response": "applicant created"}
    assert caller.search(email=body["email"])[0]["lastname"] == "Pérrot"
    assert caller.call("POST", CUSTOM, json=body).status_code == 200
    assert len(caller.search(email=body["email"])) == 2


def test_the_key_may_be_in_the_body(sandbox: Sandbox, body: dict[str, Any]) -> None:
    url = sandbox.url + JSON
    assert post(url, json=body | {"token": sandbox.api_key}).status_code == 200
    assert problem(post(url, json=body | {"token": "x"}))[0] == 401
    assert problem(post(url, json=body))[0] == 401
    assert problem(post(url, data=b"{"))[0] == 401


@pytest.mark.parametrize("name", ["vacancy", "firstname", "lastname", "type", "resume"])
def test_required_fields_are_required(caller: Caller, body: dict[str, Any], name: str) -> None:
    del body[name]
    assert problem(caller.call("POST", JSON, json=body)) == (400, f'"{name}" is required')


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"vacancy": "inconnue"}, 404),
        ({"firstname": "雷"}, 400),
        ({"type": "fax"}, 400),
        ({"type": "link"}, 400),
        ({"resume": "texte"}, 400),
        ({"resume": document(data=b"")}, 400),
        ({"resume": document(data=b"x", contentType="")}, 400),
        ({"resume": document() | {"data": "pas du base64 !"}}, 400),
        ({"resume": document(contentType="application/x-msdownload", fileName="cv.exe")}, 400),
        ({"resume": document(data=b"x" * (LARGEST + 1))}, 413),
        ({"column_id": 1}, 404),
        ({"offerer_id": "abc"}, 400),
        ({"source_id": ["x"]}, 400),
    ],
)
def test_what_cannot_be_accepted_is_refused_and_not_stored(
    caller: Caller, body: dict[str, Any], changes: dict[str, Any], status: int
) -> None:
    assert problem(caller.call("POST", JSON, json=body | changes))[0] == status
    assert len(caller.search()) == 10


def test_a_new_applicant_may_be_there_before_a_search_shows_it(
    sandbox: Sandbox, caller: Caller, body: dict[str, Any]
) -> None:
    sandbox.hide_new_applicants()
    assert caller.call("POST", JSON, json=body).status_code == 200
    assert caller.search(email=body["email"]) == []
    assert len(caller.search()) == 10
    assert [row["email"] for row in sandbox.added_applicants()] == [body["email"]]
    sandbox.show_new_applicants()
    assert caller.search(email=body["email"]) == sandbox.added_applicants()
