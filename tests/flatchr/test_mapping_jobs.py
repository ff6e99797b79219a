"""A vacancy becomes a job: each row of `docs/mapping.md`, with odd inputs beside normal ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.mapping.fields import CODED, INTEGRATION_FIELDS
from integrations.flatchr.mapping.jobs import JobMapper
from integrations.flatchr.mapping.values import ValueMaps
from integrations.flatchr.referentials import Referentials
from integrations.records import Finding, JobRecord, Model, Rejected

VACANCY: dict[str, Any] = {
    "id": "Qm7Lr2Xw9KpTz4Vb",
    "vacancy_id": 51234,
    "slug": "qm7lr2xw9kptz4vb-comptable-h-f",
    "title": "Comptable H/F",
    "description": "<p>Maison Orval</p>",
    "mission": "<p>Tenue des comptes</p>",
    "profile": "<p>BTS</p>",
    "experience": 2,
    "salary": 32000,
    "salary_max": 36000,
    "status": 1,
    "contract_type_id": 1,
    "channel_id": 2,
    "mensuality": "y",
    "currency": "EUR",
    "created_at": "2025-03-02T08:15:00.120Z",
    "updated_at": "2025-03-09T10:00:00.000Z",
    "partial": False,
    "remote": "parttime",
    "address": None,
    "tags": [],
    "items": [],
}
CREATED = datetime(2025, 3, 2, 8, 15, 0, 120000, UTC)
UPDATED = datetime(2025, 3, 9, 10, 0, tzinfo=UTC)
REFERENTIALS = Referentials(
    contracts={
        "1": "CDI",
        "2": "CDD",
        "3": "Stage",
        "4": "Alternance",
        "5": "Intérim",
        "6": "Freelance",
        "7": "Saisonnier",
        "8": "Portage salarial",
        "9": "INTERIM ",
    },
    channels={"2": "Commerce / Vente"},
    education_levels={"5": "Bac +3"},
    activities={"25": "Internet"},
    metiers={"49": "Commercial conseil"},
)


def mapped(
    changes: dict[str, Any] | None = None,
    *,
    referentials: Referentials = REFERENTIALS,
    fields: frozenset[str] = frozenset(),
    custom: dict[str, str] | None = None,
    value_maps: ValueMaps = ValueMaps(),  # noqa: B008 - frozen
    raw: str | None = None,
) -> tuple[JobRecord, list[Finding]]:
    vacancy = {**VACANCY, **(changes or {})}
    findings: list[Finding] = []
    mapper = JobMapper(
        careers_url="https://careers.flatchr.example/",
        integration_id="flatchr:2zVj8YkQm4Rw7XcT9bNs3KpL",
        integration_fields=fields,
        custom_fields=custom or {},
        referentials=referentials,
        value_maps=value_maps,
        report=findings.append,
    )
    record = mapper.job(vacancy, json.dumps(vacancy, ensure_ascii=False) if raw is None else raw)
    assert isinstance(record, JobRecord)
    return record, findings


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_an_ordinary_vacancy_maps_without_a_finding() -> None:
    record, findings = mapped()
    assert findings == []
    assert record == JobRecord(
        remote_id="Qm7Lr2Xw9KpTz4Vb",
        vacancy_id=51234,
        slug="qm7lr2xw9kptz4vb-comptable-h-f",
        name="Comptable H/F",
        description=(
            "<section><p>Maison Orval</p></section>\n"
            "<section><p>Tenue des comptes</p></section>\n"
            "<section><p>BTS</p></section>"
        ),
        employment_type="FULL_TIME",
        status="OPEN",
        visibility="UNLISTED",
        category="Commerce / Vente",
        department=None,
        post_url=None,
        experience_level="1-3 years",
        remote_work_status="HYBRID",
        salary_amount=None,
        salary_amount_from=32000.0,
        salary_amount_to=36000.0,
        salary_currency="EUR",
        salary_period="YEAR",
        location=None,
        opened_at=CREATED,
        closed_at=None,
        remote_created_at=CREATED,
        remote_updated_at=UPDATED,
        integration_fields=[],
        custom_fields={},
        raw=json.dumps(VACANCY, ensure_ascii=False),
    )


PARTIAL = {"partial": True}
SINGLE_FIELDS: list[tuple[str, dict[str, Any], object, list[str]]] = [
    # field, changes, expected, codes of findings
    ("name", {"title": "  Comptable H/F "}, "Comptable H/F", []),
    ("name", {"title": "   "}, None, []),
    ("name", {"title": None}, None, []),
    ("name", {"title": 35}, "35", ["unexpected_type"]),
    ("name", {"title": ["Comptable"]}, None, ["unexpected_type"]),
    ("name", {"title": True}, None, ["unexpected_type"]),
    ("name", {"title": "C" * 5000}, "C" * 5000, []),
    ("vacancy_id", {"vacancy_id": "51234"}, 51234, []),
    ("vacancy_id", {"vacancy_id": None}, None, ["missing_vacancy_id"]),
    ("vacancy_id", {"vacancy_id": "x"}, None, ["unexpected_type"]),
    ("vacancy_id", {"vacancy_id": True}, None, ["unexpected_type"]),
    ("vacancy_id", {"vacancy_id": 2**63}, None, ["unexpected_type"]),
    ("slug", {"slug": ""}, None, []),
    ("employment_type", {"contract_type_id": 1}, "FULL_TIME", []),
    ("employment_type", {"contract_type_id": "1"}, "FULL_TIME", []),
    ("employment_type", {"contract_type_id": 1, **PARTIAL}, "PART_TIME", []),
    ("employment_type", {"contract_type_id": 1, "partial": "true"}, "PART_TIME", []),
    ("employment_type", {"contract_type_id": 1, "partial": "0"}, "FULL_TIME", []),
    ("employment_type", {"contract_type_id": 1, "partial": {}}, "FULL_TIME", ["unexpected_type"]),
    ("employment_type", {"contract_type_id": 2}, "CONTRACT", []),
    ("employment_type", {"contract_type_id": 2, **PARTIAL}, "CONTRACT", []),
    ("employment_type", {"contract_type_id": 3}, "INTERNSHIP", []),
    ("employment_type", {"contract_type_id": 3, **PARTIAL}, "INTERNSHIP", []),
    ("employment_type", {"contract_type_id": 4}, "INTERNSHIP", []),
    ("employment_type", {"contract_type_id": 5}, "CONTRACT", []),
    ("employment_type", {"contract_type_id": 6}, "CONTRACT", []),
    ("employment_type", {"contract_type_id": 7}, "SEASONAL", []),
    ("employment_type", {"contract_type_id": 7, **PARTIAL}, "SEASONAL", []),
    ("employment_type", {"contract_type_id": 8}, "Portage salarial", ["unknown_contract"]),
    ("employment_type", {"contract_type_id": 8, **PARTIAL}, "PART_TIME", []),
    ("employment_type", {"contract_type_id": 9}, "CONTRACT", []),
    ("employment_type", {"contract_type_id": 99}, None, ["unknown_contract_type_id"]),
    ("employment_type", {"contract_type_id": 99, "contract_type": "cdd"}, "CONTRACT", []),
    ("employment_type", {"contract_type_id": None}, None, []),
    ("employment_type", {"contract_type_id": None, **PARTIAL}, "PART_TIME", []),
    ("employment_type", {"contract_type_id": [1]}, None, ["unexpected_type"]),
    ("status", {"status": 1}, "OPEN", []),
    ("status", {"status": "1"}, "OPEN", []),
    ("status", {"status": 0}, "CLOSED", []),
    ("status", {"status": 7}, "7", ["unknown_job_status"]),
    ("status", {"status": "draft"}, "draft", ["unknown_job_status"]),
    ("status", {"status": None}, None, []),
    ("status", {"status": []}, None, ["unexpected_type"]),
    ("category", {"channel_id": "2"}, "Commerce / Vente", []),
    ("category", {"channel_id": 3}, None, ["unknown_channel_id"]),
    ("category", {"channel_id": 3, "channel": "Achats "}, "Achats", []),
    ("category", {"channel_id": None}, None, []),
    ("experience_level", {"experience": 1}, "< 1 year", []),
    ("experience_level", {"experience": 2}, "1-3 years", []),
    ("experience_level", {"experience": 4}, "3-5 years", []),
    ("experience_level", {"experience": 6}, "6-10 years", []),
    ("experience_level", {"experience": "6"}, "6-10 years", []),
    ("experience_level", {"experience": 11}, "> 10 years", []),
    ("experience_level", {"experience": 3}, "3", ["unknown_experience"]),
    ("experience_level", {"experience": "senior"}, "senior", ["unknown_experience"]),
    ("experience_level", {"experience": None}, None, []),
    ("experience_level", {"experience": {}}, None, ["unexpected_type"]),
    ("remote_work_status", {"remote": "notime"}, "ON_SITE", []),
    ("remote_work_status", {"remote": False}, "ON_SITE", []),
    ("remote_work_status", {"remote": "false"}, "ON_SITE", []),
    ("remote_work_status", {"remote": "parttime"}, "HYBRID", []),
    ("remote_work_status", {"remote": True}, "HYBRID", []),
    ("remote_work_status", {"remote": "true"}, "HYBRID", []),
    ("remote_work_status", {"remote": "fulltime"}, "REMOTE", []),
    ("remote_work_status", {"remote": "sometimes"}, "sometimes", ["unknown_remote_work"]),
    ("remote_work_status", {"remote": ""}, None, []),
    ("remote_work_status", {"remote": None}, None, []),
    ("remote_work_status", {"remote": 2}, "2", ["unexpected_type", "unknown_remote_work"]),
    ("closed_at", {"status": 1}, None, []),
    ("closed_at", {"status": 0}, UPDATED, []),
    ("closed_at", {"status": 0, "updated_at": None}, None, []),
    ("closed_at", {"status": 7}, UPDATED, ["unknown_job_status"]),
    ("closed_at", {"status": None}, None, []),
    ("remote_created_at", {"created_at": "2025-03-02T09:15:00.120+01:00"}, CREATED, []),
    ("remote_created_at", {"created_at": "2025-03-02T08:15:00.120"}, CREATED, []),
    ("remote_created_at", {"created_at": "bientôt"}, None, ["invalid_date"]),
    ("remote_created_at", {"created_at": "9999-12-31T23:59:59Z"}, None, ["invalid_date"]),
    ("remote_created_at", {"created_at": 1741946400}, None, ["unexpected_type"]),
    ("remote_created_at", {"created_at": ""}, None, []),
    ("remote_updated_at", {"updated_at": None}, None, []),
]


@pytest.mark.parametrize(("field", "changes", "expected", "found"), SINGLE_FIELDS)
def test_field(field: str, changes: dict[str, Any], expected: object, found: list[str]) -> None:
    record, findings = mapped(changes)
    assert getattr(record, field) == expected
    assert codes(findings) == found


SALARIES: list[tuple[Any, ...]] = [
    # salary, salary_max -> amount, from, to, codes
    (32000, 36000, None, 32000.0, 36000.0, []),
    (32000, None, 32000.0, None, None, []),
    (None, 36000, None, None, 36000.0, []),
    ("40 000", None, 40000.0, None, None, []),
    ("40\u202f000", "45\u00a0000", None, 40000.0, 45000.0, []),
    ("40\u2009000,50", None, 40000.5, None, None, []),
    ("12.31", None, 12.31, None, None, []),
    (12.31, 0, 12.31, None, None, []),
    (0, 0, None, None, None, []),
    ("0", "0", None, None, None, []),
    ("0,00", "", None, None, None, []),
    (None, None, None, None, None, []),
    ("à négocier", None, None, None, None, ["invalid_salary"]),
    ("1,234.56", None, None, None, None, ["invalid_salary"]),
    (-5, None, None, None, None, ["invalid_salary"]),
    (True, None, None, None, None, ["invalid_salary"]),
    ({}, [], None, None, None, ["invalid_salary", "invalid_salary"]),
    (10**400, None, None, None, None, ["invalid_salary"]),
    ("9" * 400, 100, None, None, 100.0, ["invalid_salary"]),
]


@pytest.mark.parametrize(("low", "high", "amount", "start", "end", "found"), SALARIES)
def test_salary(
    low: Any, high: Any, amount: float | None, start: float | None, end: float | None, found: Any
) -> None:
    record, findings = mapped({"salary": low, "salary_max": high})
    amounts = (record.salary_amount, record.salary_amount_from, record.salary_amount_to)
    assert amounts == (amount, start, end)
    assert codes(findings) == found
    given_any = amounts != (None, None, None)
    assert (record.salary_currency, record.salary_period) == (
        ("EUR", "YEAR") if given_any else (None, None)
    )


@pytest.mark.parametrize(
    ("mensuality", "expected", "found"),
    [
        ("y", "YEAR", []),
        ("m", "MONTH", []),
        ("d", "DAY", []),
        ("h", "HOUR", []),
        ("w", "w", ["unknown_salary_period"]),
        (None, None, []),
        (7, "7", ["unexpected_type", "unknown_salary_period"]),
    ],
)
def test_salary_period(mensuality: Any, expected: str | None, found: list[str]) -> None:
    record, findings = mapped({"mensuality": mensuality})
    assert record.salary_period == expected
    assert codes(findings) == found


def item(offer_id: Any, published: Any = True, created: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": "i", "offer_id": offer_id, "published": published, "created_at": created, **more}


@pytest.mark.parametrize(
    ("items", "visibility", "public", "found"),
    [
        ([item(98)], "PUBLIC", True, []),
        ([item("98")], "PUBLIC", True, []),
        ([item(152), item(98)], "PUBLIC", True, []),
        ([item(152)], "INTERNAL", False, []),
        ([item(98, False), item(152)], "INTERNAL", False, []),
        ([item(98, False)], "UNLISTED", False, []),
        ([item(98, "false")], "UNLISTED", False, []),
        ([item(98, None, status="published")], "PUBLIC", True, []),
        ([item(98, None, status="draft")], "UNLISTED", False, []),
        ([item(12)], "UNLISTED", False, []),
        ([], "UNLISTED", False, []),
        (None, None, False, []),
        ("98", None, False, ["unexpected_type"]),
        ([None, item(98)], "PUBLIC", True, ["unexpected_type"]),
    ],
)
def test_visibility_and_post_url(items: Any, visibility: Any, public: bool, found: Any) -> None:
    record, findings = mapped({"items": items})
    assert record.visibility == visibility
    url = "https://careers.flatchr.example/vacancy/qm7lr2xw9kptz4vb-comptable-h-f/"
    assert record.post_url == (url if public else None)
    assert codes(findings) == found


def test_visibility_is_unknown_when_flatchr_does_not_send_items() -> None:
    vacancy = {key: value for key, value in VACANCY.items() if key != "items"}
    record, findings = mapped({"items": None}, raw=json.dumps(vacancy))
    assert (record.visibility, findings) == (None, [])


def test_post_url_is_null_without_a_slug_and_quoted_with_an_odd_one() -> None:
    assert mapped({"items": [item(98)], "slug": None})[0].post_url is None
    odd = mapped({"items": [item(98)], "slug": "a/b?é"})[0].post_url
    assert odd == "https://careers.flatchr.example/vacancy/a%2Fb%3F%C3%A9/"


@pytest.mark.parametrize(
    ("items", "opened", "found"),
    [
        ([item(98, True, "2025-03-05T07:00:00.000Z")], datetime(2025, 3, 5, 7, tzinfo=UTC), []),
        (
            [
                item(98, True, "2025-03-05T07:00:00.000Z"),
                item(152, True, "2025-03-04T07:00:00.000Z"),
                item(12, False, "2025-03-03T07:00:00.000Z"),
            ],
            datetime(2025, 3, 4, 7, tzinfo=UTC),
            [],
        ),
        ([item(98, False, "2025-03-05T07:00:00.000Z")], CREATED, []),
        ([item(98, True, None)], CREATED, []),
        ([item(98, True, "hier")], CREATED, ["invalid_date"]),
        (None, CREATED, []),
    ],
)
def test_opened_at(items: Any, opened: datetime, found: list[str]) -> None:
    record, findings = mapped({"items": items})
    assert record.opened_at == opened
    assert codes(findings) == found


def tag(title: Any, kind: str = "vacancies", folder: Any = True) -> dict[str, Any]:
    return {"id": "t", "title": title, "type": kind, "folder": folder}


@pytest.mark.parametrize(
    ("tags", "department", "found"),
    [
        ([tag("FINANCE")], "FINANCE", []),
        ([tag(" FINANCE ", folder="true")], "FINANCE", []),
        ([tag("Urgent", folder=False), tag("FINANCE"), tag("RH")], "FINANCE", []),
        ([tag("Langues", kind="candidates"), tag("RH")], "RH", []),
        ([tag("Urgent", folder=False)], None, []),
        ([tag(None)], None, []),
        ([], None, []),
        (None, None, []),
        ({"title": "FINANCE"}, None, ["unexpected_type"]),
        (["FINANCE", tag("RH")], "RH", ["unexpected_type"]),
    ],
)
def test_department(tags: Any, department: str | None, found: list[str]) -> None:
    record, findings = mapped({"tags": tags})
    assert record.department == department
    assert codes(findings) == found


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("<p>A</p>", "", "<p>C</p>"), "<section><p>A</p></section>\n<section><p>C</p></section>"),
        (("", "<p></p>", "<p>C</p>"), "<section><p>C</p></section>"),
        (("<p>&nbsp;</p>", "<div><br/></div>", " \n "), None),
        (("<p>\u200b</p>", None, None), None),
        (('<p><img src="a.png"></p>', "", ""), '<section><p><img src="a.png"></p></section>'),
        (("1 < 2", None, ""), "<section>1 < 2</section>"),
        ((None, None, None), None),
    ],
)
def test_description(texts: tuple[Any, Any, Any], expected: str | None) -> None:
    record, findings = mapped(dict(zip(("description", "mission", "profile"), texts, strict=True)))
    assert record.description == expected
    assert findings == []


def test_description_of_the_wrong_type_leaves_the_other_sections() -> None:
    record, findings = mapped({"description": ["x"], "mission": None})
    assert record.description == "<section><p>BTS</p></section>"
    assert codes(findings) == ["unexpected_type"]


def test_value_maps_of_the_tenant_are_laid_over_the_defaults() -> None:
    maps = ValueMaps(
        contracts={"portage  SALARIAL": "CONTRACT", "cdd": "SEASONAL"},
        statuses={"7": "DRAFT", "1": "ARCHIVED"},
        countries={"Kanaky": "NC"},
    )

    def value(field: str, changes: dict[str, Any]) -> Any:
        record, findings = mapped(changes, value_maps=maps)
        assert findings == []
        return getattr(record, field)

    assert value("employment_type", {"contract_type_id": 8, **PARTIAL}) == "CONTRACT"
    assert value("employment_type", {"contract_type_id": 2}) == "SEASONAL"
    assert value("employment_type", {"contract_type_id": 1}) == "FULL_TIME"
    assert value("status", {"status": 7}) == "DRAFT"
    assert value("status", {"status": 1}) == "OPEN"
    assert value("location", {"address": {"country": "KANAKY"}})["country"] == "NC"


def test_labels_fall_back_to_the_vacancy_when_a_referential_is_missing() -> None:
    none = Referentials()
    record, findings = mapped({"contract_type": "CDD", "channel": None}, referentials=none)
    assert (record.employment_type, record.category, findings) == ("CONTRACT", None, [])


FIELD_VALUES = {
    "reference": "CPT-07",
    "vacancy_id": 51234,
    "slug": "qm7lr2xw9kptz4vb-comptable-h-f",
    "education_level": "Bac +3",
    "activity": "Internet",
    "metier": "Commercial conseil",
    "worker_status": "cadre",
    "skills": "Sage;Excel",
    "start_date": "2025-06-01T00:00:00.000Z",
    "end_date": None,
    "driver_license": False,
    "handicap": True,
    "language": "fr_FR",
    "contract_type": "CDI",
    "partial": False,
    "apply_url": "https://postuler.example/",
    "slug_mail": "ab12cz",
    "video_url": None,
    "show_address": True,
    "show_contract_type": True,
    "show_contract_date": True,
    "show_salary": False,
    "meta_title": "Comptable, Lyon",
    "meta_description": None,
    "meta_tags": None,
}
WITH_CODES = {
    **FIELD_VALUES,
    "education_level": None,
    "activity": None,
    "metier": None,
    "contract_type": None,
    "education_level_id": 5,
    "activity_id": 25,
    "metier_id": 49,
    "contract_type_id": 1,
}


def test_the_fields_that_there_are_and_no_others() -> None:
    assert set(INTEGRATION_FIELDS) == set(FIELD_VALUES)
    assert set(CODED) < set(INTEGRATION_FIELDS)
    assert len(set(INTEGRATION_FIELDS.values())) == len(INTEGRATION_FIELDS)


def test_integration_fields_are_off_by_default_and_switched_on_by_key() -> None:
    assert mapped(WITH_CODES)[0].integration_fields == []
    record, findings = mapped(WITH_CODES, fields=frozenset({*FIELD_VALUES, "unheard_of"}))
    assert findings == []
    assert {field["key"]: field["value"] for field in record.integration_fields} == FIELD_VALUES
    one = mapped(WITH_CODES, fields=frozenset({"reference"}))[0].integration_fields
    assert one == [
        {
            "id": one[0]["id"],
            "key": "reference",
            "type": "DEFAULT",
            "value": "CPT-07",
            "label": "Reference",
        }
    ]
    assert len({field["id"] for field in record.integration_fields}) == len(FIELD_VALUES)


def test_integration_field_with_an_unknown_code_is_null_with_a_finding() -> None:
    record, findings = mapped({"metier_id": 7}, fields=frozenset({"metier"}))
    assert record.integration_fields[0]["value"] is None
    assert codes(findings) == ["unknown_metier_id"]


def test_custom_fields_carry_a_value_as_flatchr_sent_it_whatever_is_switched_on() -> None:
    every = {f"my_{key}": key for key in FIELD_VALUES}
    record, findings = mapped(WITH_CODES, custom=every)
    assert record.integration_fields == []
    assert record.custom_fields == {f"my_{key}": value for key, value in FIELD_VALUES.items()}
    assert findings == []


def test_custom_fields_come_in_one_order_and_without_those_of_unknown_fields() -> None:
    custom = {"b": "reference", "c": "unheard_of", "a": "reference"}
    record, _ = mapped({"reference": "CPT-07"}, custom=custom)
    assert list(record.custom_fields.items()) == [("a", "CPT-07"), ("b", "CPT-07")]


def test_an_unknown_code_is_found_once_however_many_fields_show_it() -> None:
    metier = frozenset({"metier"})
    record, findings = mapped(
        {"metier_id": 7}, fields=metier, custom={"one": "metier", "two": "metier"}
    )
    assert record.custom_fields == {"one": None, "two": None}
    assert codes(findings) == ["unknown_metier_id"]


def test_a_finding_names_record_field_and_value() -> None:
    _, findings = mapped({"status": "brouillon " * 30})
    assert len(findings) == 1
    found = findings[0]
    assert (found.model, found.remote_id, found.field) == (Model.JOBS, VACANCY["id"], "status")
    assert len(found.value) == 100
    assert found.value.endswith("…")
    assert found.message.endswith(".")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(VACANCY, json_values)))
def test_any_vacancy_whatsoever_is_a_job_or_rejected(changes: dict[str, Any]) -> None:
    findings: list[Finding] = []
    mapper = JobMapper(
        careers_url="https://careers.flatchr.example",
        integration_id="flatchr:x",
        integration_fields=frozenset(FIELD_VALUES),
        custom_fields={f"my_{key}": key for key in FIELD_VALUES},
        referentials=REFERENTIALS,
        value_maps=ValueMaps(),
        report=findings.append,
    )
    for vacancy in ({**VACANCY, **changes}, changes):
        record = mapper.job(vacancy, json.dumps(vacancy))
        assert isinstance(record, JobRecord | Rejected)
        record.raw.encode()
    for finding in findings:
        finding.value.encode()


@given(json_values)
def test_anything_at_all_is_a_job_or_rejected(value: Any) -> None:
    findings: list[Finding] = []
    mapper = JobMapper(
        careers_url="https://careers.flatchr.example",
        integration_id="flatchr:x",
        integration_fields=frozenset(),
        custom_fields={"reference": "reference", "metier": "metier"},
        referentials=Referentials(),
        value_maps=ValueMaps(),
        report=findings.append,
    )
    for vacancy in (value, {"id": "a", "address": value, "items": [value], "tags": [value]}):
        assert isinstance(mapper.job(vacancy, json.dumps(vacancy)), JobRecord | Rejected)
