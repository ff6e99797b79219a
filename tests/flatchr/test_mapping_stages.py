"""Columns become application stages, and titles choose among them (`docs/mapping.md`)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.mapping.stages import stage, stages_by_title
from integrations.records import Finding, Model, Rejected, StageRecord

COLUMN = {
    "id": 8812,
    "title": "Entretien RH",
    "company_id": "Zx4TqB7nWk2LpR9m",
    "position": 2,
    "created_at": "2021-01-05T09:00:00.000Z",
    "updated_at": "2024-05-01T09:00:00.000Z",
    "visible": True,
    "hired": False,
}


def mapped(column: Any, index: int = 9) -> tuple[StageRecord | Rejected, list[str]]:
    findings: list[Finding] = []
    record = stage(column, json.dumps(column), index, findings.append)
    return record, [finding.code for finding in findings]


def test_an_ordinary_column() -> None:
    expected = StageRecord("8812", "Entretien RH", 2, True, False, json.dumps(COLUMN))
    assert mapped(COLUMN) == (expected, [])


@pytest.mark.parametrize(
    ("changes", "expected", "found"),
    [
        ({"id": "8812"}, {"remote_id": "8812"}, []),
        ({"title": " Entretien RH "}, {"name": "Entretien RH"}, []),
        ({"title": None}, {"name": None}, []),
        ({"title": 5}, {"name": "5"}, ["unexpected_type"]),
        ({"position": "3"}, {"position": 3}, []),
        ({"position": None}, {"position": 9}, []),
        ({"position": "haut"}, {"position": 9}, ["unexpected_type"]),
        ({"position": 2**31}, {"position": 9}, ["unexpected_type"]),
        ({"visible": False}, {"visible": False}, []),
        ({"visible": 0}, {"visible": False}, []),
        ({"visible": None}, {"visible": True}, []),
        ({"visible": "?"}, {"visible": True}, ["unexpected_type"]),
        ({"hired": True}, {"hired": True}, []),
        ({"hired": "true"}, {"hired": True}, []),
        ({"hired": None}, {"hired": False}, []),
        ({"hired": []}, {"hired": False}, ["unexpected_type"]),
    ],
)
def test_field(changes: dict[str, Any], expected: dict[str, Any], found: list[str]) -> None:
    record, codes = mapped({**COLUMN, **changes})
    assert {key: getattr(record, key) for key in expected} == expected
    assert codes == found


def test_a_column_of_id_and_title_alone_is_enough() -> None:
    column = {"id": 1, "title": "A traiter"}
    expected = StageRecord("1", "A traiter", 9, True, False, json.dumps(column))
    assert mapped(column) == (expected, [])


UNUSABLE_IDS: list[Any] = [None, "", " ", True, 1.5, "a\nb", "x" * 191, {}]


@pytest.mark.parametrize("column", [None, [], "x", 3, {}, *({"id": one} for one in UNUSABLE_IDS)])
def test_a_column_without_a_usable_id_is_rejected(column: Any) -> None:
    record, codes = mapped(column)
    assert isinstance(record, Rejected)
    assert (record.model, record.raw) == (Model.APPLICATION_STAGES, json.dumps(column))
    assert record.reason.endswith(".")
    assert codes == []


def some_stage(
    remote_id: str, name: str | None, position: int = 0, visible: bool = True
) -> StageRecord:
    return StageRecord(remote_id, name, position, visible, False, "{}")


@pytest.mark.parametrize(
    ("stages", "chosen"),
    [
        ([some_stage("1", "A", 5, False), some_stage("2", "A", 9)], "2"),
        ([some_stage("1", "A", 5), some_stage("2", "A", 3)], "2"),
        ([some_stage("1", "A", 5), some_stage("2", "A", 3, False)], "1"),
        ([some_stage("10", "A", 3), some_stage("9", "A", 3)], "9"),
    ],
)
def test_of_two_columns_with_one_title_the_visible_one_then_the_lowest_counts(
    stages: list[StageRecord], chosen: str
) -> None:
    for order in (stages, stages[::-1]):
        findings: list[Finding] = []
        assert stages_by_title(order, findings.append) == {"A": chosen}
        assert [(f.code, f.remote_id, f.value) for f in findings] == [
            ("duplicate_stage_title", chosen, "A")
        ]


def test_titles_that_differ_each_mean_their_own_column() -> None:
    findings: list[Finding] = []
    stages = [some_stage("1", "A"), some_stage("2", "a"), some_stage("3", None)]
    assert stages_by_title([*stages, some_stage("4", None)], findings.append) == {
        "A": "1",
        "a": "2",
    }
    assert findings == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(json_values, st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMN, json_values)))
def test_anything_at_all_is_a_stage_or_rejected(value: Any, changes: dict[str, Any]) -> None:
    for column in (value, changes, {**COLUMN, **changes}):
        record, _ = mapped(column)
        assert isinstance(record, StageRecord | Rejected)
        record.raw.encode()
