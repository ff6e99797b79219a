"""Events of Flatchr's: which record one is about, whatever its ids mean and its encoding is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.events import FlatchrEvent, Subject, read_event

VACANCY, APPLICANT, COMPANY = "Qm7Lr2Xw9KpTz4Vb", "T9wKx3MbQz5LnR1p", "Zx4TqB7nWk2LpR9m"


def event(kind: Any = "new_applicant", **data: Any) -> dict[str, Any]:
    return {"event": kind, "company_id": 731, "data": data}


def read(content: Any) -> FlatchrEvent:
    found = read_event(json.dumps(content).encode())
    assert found is not None
    return found


NEW_APPLICANT = event(
    applicant={"id": APPLICANT, "vacancy_id": VACANCY, "column_id": "Co3LzR7mQx1KpV5t"},
    candidate={"id": 60210, "email": "nadia.perrot@example.org"},
    vacancy={"id": 51234, "company_id": COMPANY, "title": "Comptable H/F"},
    column=8810,
    applicant_id=71001,
    candidate_id=60210,
    vacancy_id=VACANCY,
    company={"id": COMPANY, "name": "Maison Orval"},
)
DRAG = event(
    "drag_applicant",
    applicant={"id": 71001, "candidate_id": 60210, "vacancy_id": VACANCY},
    vacancy={"id": 51234, "company_id": COMPANY},
    applicant_id=71001,
    vacancy_id=VACANCY,
)


def test_a_new_applicant_is_named_by_encoded_ids_and_its_vacancy_by_both() -> None:
    assert read(NEW_APPLICANT) == FlatchrEvent(
        "new_applicant", VACANCY, 51234, APPLICANT, True, frozenset({COMPANY})
    )


def test_the_plain_id_of_a_moved_applicant_is_not_taken_for_an_encoded_one() -> None:
    found = read(DRAG)
    assert (found.applicant_id, found.names_applicant) == ("", True)
    assert (found.vacancy_id, found.vacancy_number) == (VACANCY, 51234)


@pytest.mark.parametrize(
    ("content", "subject"),
    [
        (NEW_APPLICANT, Subject.APPLICANT),
        (DRAG, Subject.APPLICANT),
        (event("new_message", applicant_id=1, vacancy_id=VACANCY), Subject.MESSAGE),
        (event("new_vacancy", vacancy={"id": 51234}, vacancy_id=VACANCY), Subject.VACANCY),
        (event("archived_applicant", applicant_id=1, vacancy_id=VACANCY), Subject.APPLICANT),
        (event("vacancy_updated", vacancy={"id": "51234"}), Subject.VACANCY),
        (event("new_member", user_id="abc"), Subject.NOTHING),
    ],
)
def test_what_an_event_is_about_is_seen_from_its_kind_or_else_its_ids(
    content: Any, subject: Subject
) -> None:
    assert read(content).subject is subject


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"]
)
def test_ids_are_read_in_any_encoding(encoding: str) -> None:
    content = NEW_APPLICANT | {"name": "Zoé"}
    body = json.dumps(content, ensure_ascii=False).encode(encoding)
    assert read_event(body) == read(NEW_APPLICANT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"event=new_applicant",
        b"[" * 100_000,
        b'{"event": "new_applicant"}',
        b'{"event": "new_applicant", "data": []}',
        b'{"event": 7, "data": {}}',
        b'{"event": "<script>", "data": {}}',
        b'{"event": "", "data": {}}',
        b'[{"event": "new_applicant", "data": {}}]',
        b'{"event": "new_vacancy", "data": {"vacancy_id": ' + b"9" * 5000 + b"}}",
        b"\0" * 50,
    ],
)
def test_what_is_no_event_is_none(body: bytes) -> None:
    assert read_event(body) is None


@pytest.mark.parametrize(
    "odd", [None, True, 0, -5, 2**70, 1.5, "", " ", "a" * 65, "../../secret", "a b c d e f", [], {}]
)
def test_what_can_be_no_id_is_not_taken_for_one(odd: Any) -> None:
    found = read(
        event(applicant={"id": odd}, vacancy={"id": odd}, vacancy_id=odd, company={"id": odd})
    )
    assert found == FlatchrEvent("new_applicant")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_body_raises(body: bytes) -> None:
    read_event(body)
