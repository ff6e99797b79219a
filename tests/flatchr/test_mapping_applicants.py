"""Applicant rows become applications: the rows of `docs/mapping.md`, with odd inputs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.enumerations import Outcome
from integrations.flatchr.mapping import applicants
from integrations.flatchr.mapping.applicants import ApplicantMapper
from integrations.records import (
    ApplicationRecord,
    Finding,
    Model,
    PersonRecord,
    RawApplicant,
    Rejected,
)

ROW: dict[str, Any] = {
    "applicant": "T9wKx3MbQz5LnR1p",
    "vacancy": "Comptable H/F ",
    "column": "Entretien RH",
    "vacancy_id": 51234,
    "external_id": "",
    "status": 1,
    "score": 0,
    "hired": False,
    "firstname": "Nadia",
    "lastname": "Perrot",
    "email": "nadia.perrot@example.org",
    "phone": "+33 6 39 98 00 01",
    "created_at": "14/03/25",
    "updated_at": "17/07/25",
    "source": "Site carrière",
}
JOBS = {51234: "Qm7Lr2Xw9KpTz4Vb"}
STAGES = {"Entretien RH": "8812"}


class Mapped:
    """One row, read and mapped, and what was reported about it."""

    def __init__(self, row: Any, raw: str | None = None) -> None:
        self.findings: list[Finding] = []
        mapper = ApplicantMapper(JOBS, STAGES, self.findings.append)
        self.row = mapper.identify(row, json.dumps(row, ensure_ascii=False) if raw is None else raw)
        self.codes_when_read = self.codes
        self.record = (
            mapper.application(self.row) if isinstance(self.row, RawApplicant) else self.row
        )

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    @property
    def application(self) -> ApplicationRecord:
        assert isinstance(self.record, ApplicationRecord)
        return self.record

    @property
    def person(self) -> PersonRecord:
        return self.application.person


def test_an_ordinary_row() -> None:
    mapped = Mapped(ROW)
    assert mapped.record == ApplicationRecord(
        remote_id="T9wKx3MbQz5LnR1p",
        outcome=Outcome.PENDING,
        job_remote_id="Qm7Lr2Xw9KpTz4Vb",
        stage_remote_id="8812",
        # Midnight in Paris, in winter and in summer.
        remote_created_at=datetime(2025, 3, 13, 23, tzinfo=UTC),
        remote_updated_at=datetime(2025, 7, 16, 22, tzinfo=UTC),
        person_key="nadia.perrot@example.org",
        person=PersonRecord(
            first_name="Nadia",
            last_name="Perrot",
            email_addresses=[{"email_address": "nadia.perrot@example.org", "type": None}],
            phone_numbers=[{"phone_number": "+33639980001", "type": None}],
        ),
        raw=json.dumps(ROW, ensure_ascii=False),
        source="Site carrière",
        score=0,
    )
    assert mapped.codes == []


@pytest.mark.parametrize(
    ("changes", "reason", "found"),
    [
        ({"status": 0, "reason": " Profil non retenu "}, "Profil non retenu", []),
        ({"status": 0, "reason": {"id": 4, "title": "Trop loin"}}, "Trop loin", []),
        ({"status": 0, "reason": ""}, None, []),
        ({"status": 0, "reason": None}, None, []),
        ({"status": 0, "reason": {"id": 4}}, None, []),
        ({"status": 0}, None, []),
        ({"status": 0, "reason": ["x"]}, None, ["unexpected_type"]),
        # Of an earlier refusal: who is active again has none.
        ({"status": 1, "reason": "Trop loin"}, None, []),
        ({"status": 0, "hired": True, "reason": "Trop loin"}, None, []),
    ],
)
def test_the_reason_is_that_of_a_declined_application(
    changes: dict[str, Any], reason: str | None, found: list[str]
) -> None:
    mapped = Mapped(ROW | changes)
    assert mapped.application.rejection_reason_name == reason
    assert mapped.codes == found


def test_source_and_score_are_kept_where_they_can_be_read() -> None:
    mapped = Mapped(ROW | {"source": " Indeed ", "score": "4"})
    assert (mapped.application.source, mapped.application.score) == ("Indeed", 4)
    mapped = Mapped(ROW | {"source": "", "score": "très bien"})
    assert (mapped.application.source, mapped.application.score) == (None, None)
    assert mapped.codes == ["unexpected_type"]


@pytest.mark.parametrize(
    ("changes", "outcome", "found"),
    [
        ({"hired": True}, "HIRED", []),
        ({"hired": "true"}, "HIRED", []),
        ({"hired": 1}, "HIRED", []),
        ({"hired": True, "status": 0}, "HIRED", []),
        ({"status": 0}, "DECLINED", []),
        ({"status": "0"}, "DECLINED", []),
        ({"hired": "false", "status": 1}, "PENDING", []),
        ({"hired": None, "status": None}, "PENDING", []),
        ({"status": 2}, "PENDING", ["unknown_applicant_status"]),
        ({"status": []}, "PENDING", ["unknown_applicant_status"]),
        ({"hired": "peut-être"}, "PENDING", ["unexpected_type"]),
    ],
)
def test_outcome(changes: dict[str, Any], outcome: str, found: list[str]) -> None:
    mapped = Mapped({**ROW, **changes})
    assert mapped.application.outcome == outcome
    assert mapped.codes == found


@pytest.mark.parametrize(
    ("vacancy_id", "job", "found"),
    [
        ("51234", "Qm7Lr2Xw9KpTz4Vb", []),
        (51234.0, "Qm7Lr2Xw9KpTz4Vb", []),
        (None, None, []),
        ("", None, []),
        (99, None, ["unknown_vacancy"]),
        ("99", None, ["unknown_vacancy"]),
        (True, None, ["unexpected_type"]),
        ("Qm7L", None, ["unexpected_type"]),
        ([51234], None, ["unexpected_type"]),
        (10**30, None, ["unexpected_type"]),
    ],
)
def test_job(vacancy_id: Any, job: str | None, found: list[str]) -> None:
    mapped = Mapped({**ROW, "vacancy_id": vacancy_id})
    assert mapped.application.job_remote_id == job
    assert mapped.codes == found


@pytest.mark.parametrize(
    ("column", "stage", "found"),
    [
        (" Entretien RH  ", "8812", []),
        (None, None, []),
        ("", None, []),
        ("Entretien", None, ["unknown_stage"]),
        ("entretien rh", None, ["unknown_stage"]),
        (8812, None, ["unknown_stage"]),
        ({"title": "Entretien RH"}, None, ["unknown_stage"]),
    ],
)
def test_stage(column: Any, stage: str | None, found: list[str]) -> None:
    mapped = Mapped({**ROW, "column": column})
    assert mapped.application.stage_remote_id == stage
    assert mapped.codes == found


@pytest.mark.parametrize(
    ("text", "expected", "found"),
    [
        ("03/04/25", datetime(2025, 4, 2, 22, tzinfo=UTC), []),
        ("31/12/99", datetime(2099, 12, 30, 23, tzinfo=UTC), []),
        ("30/03/25", datetime(2025, 3, 29, 23, tzinfo=UTC), []),
        ("31/03/25", datetime(2025, 3, 30, 22, tzinfo=UTC), []),
        (" 3/4/25 ", datetime(2025, 4, 2, 22, tzinfo=UTC), []),
        ("03/04/2025", datetime(2025, 4, 2, 22, tzinfo=UTC), []),
        ("2025-04-03", datetime(2025, 4, 2, 22, tzinfo=UTC), []),
        ("2025-04-03T10:00:00.000Z", datetime(2025, 4, 3, 10, tzinfo=UTC), []),
        (None, None, []),
        ("", None, []),
        ("04/31/25", None, ["invalid_date"]),
        ("29/02/25", None, ["invalid_date"]),
        ("00/00/00", None, ["invalid_date"]),
        ("٠٣/٠٤/٢٥", None, ["invalid_date"]),
        ("9" * 10000, None, ["invalid_date"]),
        (1741946400, None, ["unexpected_type"]),
        (["14/03/25"], None, ["unexpected_type"]),
    ],
)
def test_dates(text: Any, expected: datetime | None, found: list[str]) -> None:
    for field in ("created_at", "updated_at"):
        mapped = Mapped({**ROW, field: text})
        assert getattr(mapped.application, f"remote_{field}") == expected
        assert mapped.codes == found


@pytest.mark.parametrize(
    ("name", "expected", "found"),
    [
        (" Maëlle ", "Maëlle", []),
        ("Jean-François", "Jean-François", []),
        ("", None, []),
        ("  ", None, []),
        (None, None, []),
        ("L" * 20000, "L" * 20000, []),
        (7, "7", ["unexpected_type"]),
        ({}, None, ["unexpected_type"]),
        (False, None, ["unexpected_type"]),
    ],
)
def test_names(name: Any, expected: str | None, found: list[str]) -> None:
    first = Mapped({**ROW, "firstname": name})
    last = Mapped({**ROW, "lastname": name})
    assert (first.person.first_name, last.person.last_name) == (expected, expected)
    assert first.codes == last.codes == found


@pytest.mark.parametrize(
    ("email", "address", "key", "found"),
    [
        (" Nadia.Perrot@Example.ORG ", "Nadia.Perrot@example.org", "nadia.perrot@example.org", []),
        (None, None, "", []),
        ("", None, "", []),
        ("aucune", None, "", ["invalid_email"]),
    ],
)
def test_email_and_the_key_of_the_person(
    email: Any, address: str | None, key: str, found: list[str]
) -> None:
    mapped = Mapped({**ROW, "email": email})
    expected = [] if address is None else [{"email_address": address, "type": None}]
    assert mapped.person.email_addresses == expected
    assert mapped.application.person_key == key
    assert mapped.codes == found
    assert all(finding.model == Model.CANDIDATES for finding in mapped.findings)


@pytest.mark.parametrize(
    ("phone", "number", "found"),
    [
        ("06 39 98 00 01", "+33639980001", []),
        ("n/a", "n/a", ["unreadable_phone"]),
        ("", None, []),
        (None, None, []),
    ],
)
def test_phone(phone: Any, number: str | None, found: list[str]) -> None:
    mapped = Mapped({**ROW, "phone": phone})
    expected = [] if number is None else [{"phone_number": number, "type": None}]
    assert mapped.person.phone_numbers == expected
    assert mapped.codes == found


UNUSABLE_IDS: list[Any] = [None, "", " \t", True, 1.5, ["a"], {}, "a\x07b", "a\0b", "x" * 191]


@pytest.mark.parametrize(
    "row", [None, [], "x", 1, {}, *({"applicant": one} for one in UNUSABLE_IDS)]
)
def test_a_row_without_a_usable_id_is_rejected(row: Any) -> None:
    mapped = Mapped(row)
    assert isinstance(mapped.record, Rejected)
    assert mapped.record.model == Model.APPLICATIONS
    assert mapped.codes == []


def test_an_integer_id_and_the_longest_id_are_usable() -> None:
    assert Mapped({**ROW, "applicant": 71001}).application.remote_id == "71001"
    assert Mapped({**ROW, "applicant": "x" * 190}).application.remote_id == "x" * 190


def fingerprint(
    row: dict[str, Any], jobs: dict[int, str] = JOBS, stages: dict[str, str] = STAGES
) -> bytes:
    findings: list[Finding] = []
    read = ApplicantMapper(jobs, stages, findings.append).identify(row, json.dumps(row))
    assert isinstance(read, RawApplicant)
    return read.fingerprint


def test_the_fingerprint_stays_while_nothing_that_matters_changes() -> None:
    assert len(fingerprint(ROW)) == 16
    assert fingerprint(ROW) == fingerprint(dict(ROW))
    assert fingerprint(ROW) == fingerprint(ROW, jobs={**JOBS, 1: "other"})


def test_the_fingerprint_moves_with_all_that_the_mapping_depends_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = {fingerprint(ROW)}
    seen.add(fingerprint({**ROW, "score": 1}))
    seen.add(fingerprint(ROW, jobs={51234: "another"}))
    seen.add(fingerprint(ROW, jobs={}))
    seen.add(fingerprint(ROW, stages={"Entretien RH": "9"}))
    seen.add(fingerprint(ROW, stages={}))
    monkeypatch.setattr(applicants, "MAPPING_VERSION", "next")
    seen.add(fingerprint(ROW))
    assert len(seen) == 7


def test_the_fingerprint_sees_the_join_through_an_odd_spelling_of_its_key() -> None:
    odd = {**ROW, "vacancy_id": "51234", "column": " Entretien RH "}
    assert len({fingerprint(odd), fingerprint(odd, jobs={}), fingerprint(odd, stages={})}) == 3


def test_reading_a_row_reports_nothing_and_mapping_it_does() -> None:
    mapped = Mapped({**ROW, "email": "aucune", "column": "inconnue"})
    assert mapped.codes_when_read == []
    assert sorted(mapped.codes) == ["invalid_email", "unknown_stage"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(json_values, st.fixed_dictionaries({}, optional=dict.fromkeys(ROW, json_values)))
def test_anything_at_all_is_an_application_or_rejected(value: Any, changes: dict[str, Any]) -> None:
    for row in (value, changes, {**ROW, **changes}):
        mapped = Mapped(row)
        assert isinstance(mapped.record, ApplicationRecord | Rejected)
        mapped.record.raw.encode()
        for finding in mapped.findings:
            finding.value.encode()
            assert len(finding.value) <= 100
