"""Flatchr's tags and an applicant's traits become unified tags (`docs/mapping.md`, Identity)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.mapping.tags import TagMapper
from integrations.records import Finding, Model, Rejected, TagRecord

TAG = {
    "id": "Tg5LxQ9mRz2KpV8w",
    "tag_id": 4410,
    "company_id": 731,
    "title": "Langues ",
    "values": "Français;Anglais; Italien",
    "multiple": True,
    "visible": True,
    "creatable": False,
    "folder": False,
    "type": "candidates",
    "position": None,
    "tagCandidateRestriction": [],
}
ID = TAG["id"]


def unified(value: str, *, discovered: bool = False, title: str = "Langues") -> TagRecord:
    if not value:
        return TagRecord(f"{ID}", title, f"{ID}", discovered)
    return TagRecord(f"{ID}:{value}", f"{title}: {value}", f"{ID}", discovered)


class Mapped:
    """A mapper that has read some tags, and what it reported."""

    def __init__(self, *tags: Any) -> None:
        self.findings: list[Finding] = []
        self.mapper = TagMapper(self.findings.append)
        self.records = [record for tag in tags for record in self.mapper.tags(tag, json.dumps(tag))]

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    def traits(self, *traits: Any) -> list[TagRecord]:
        return self.mapper.of_applicant("T9wKx3MbQz5LnR1p", ((t, json.dumps(t)) for t in traits))


def trait(value: Any, tag_id: Any = ID) -> dict[str, Any]:
    return {"id": "Vl2NdQ7xKr4TmZ9p", "tag_id": tag_id, "value": value}


@pytest.mark.parametrize(
    ("values", "expected", "found"),
    [
        ("Français;Anglais; Italien", ["Français", "Anglais", "Italien"], []),
        ("Français ; ;Anglais;", ["Français", "Anglais"], []),
        ("Anglais;Anglais ", ["Anglais"], []),
        ("Anglais", ["Anglais"], []),
        ("a:b;c", ["a:b", "c"], []),
        ("", [""], []),
        (" ; ", [""], []),
        (None, [""], []),
        (5, ["5"], ["unexpected_type"]),
        (["Anglais"], [""], ["unexpected_type"]),
    ],
)
def test_one_unified_tag_per_value(values: Any, expected: list[str], found: list[str]) -> None:
    mapped = Mapped({**TAG, "values": values})
    assert mapped.records == [unified(value) for value in expected]
    assert mapped.codes == found


def test_tags_of_vacancies_are_none_of_ours() -> None:
    mapped = Mapped({**TAG, "type": "vacancies"})
    assert (mapped.records, mapped.codes) == ([], [])


@pytest.mark.parametrize("kind", [None, "", "members", 3, ["candidates"], {}])
def test_a_tag_of_an_unknown_type_is_left_out_with_a_finding(kind: Any) -> None:
    mapped = Mapped({**TAG, "type": kind})
    assert (mapped.records, mapped.codes) == ([], ["unknown_tag_type"])


def test_a_tag_without_a_title_is_named_by_its_id() -> None:
    mapped = Mapped({**TAG, "title": " ", "values": ""})
    assert mapped.records == [unified("", title=str(ID))]
    assert mapped.codes == ["missing_tag_title"]


def test_a_value_too_long_for_an_id_is_rejected_and_the_others_are_not() -> None:
    mapped = Mapped({**TAG, "values": f"{'x' * 200};Anglais;a\tb"})
    kinds = [type(record) for record in mapped.records]
    assert kinds == [Rejected, TagRecord, Rejected]
    rejected = mapped.records[0]
    assert isinstance(rejected, Rejected)
    assert rejected.model == Model.TAGS
    assert rejected.remote_id.startswith(f"{ID}:xxx")


@pytest.mark.parametrize("tag", [None, [], "x", {}, {"id": None}, {"id": ["a"]}, {"id": False}])
def test_a_tag_without_a_usable_id_is_rejected(tag: Any) -> None:
    (record,) = Mapped(tag).records
    assert isinstance(record, Rejected)


def test_traits_are_the_unified_tags_of_an_applicant() -> None:
    mapped = Mapped(TAG)
    assert mapped.traits(trait("Anglais"), trait(" Français")) == [
        unified("Anglais"),
        unified("Français"),
    ]
    assert mapped.codes == []


@pytest.mark.parametrize(
    ("values", "value", "expected"),
    [
        ("Français;Anglais", "Breton", [unified("Breton", discovered=True)]),
        ("Français;Anglais", "anglais", [unified("anglais", discovered=True)]),
        (
            "Français;Anglais",
            "Anglais; Breton",
            [unified("Anglais"), unified("Breton", discovered=True)],
        ),
        ("Français;Anglais", "", [unified("", discovered=True)]),
        ("", "", [unified("")]),
        ("", None, [unified("")]),
        ("", "Breton", [unified("Breton", discovered=True)]),
    ],
)
def test_a_value_first_met_on_a_candidate_is_discovered(
    values: str, value: Any, expected: list[TagRecord]
) -> None:
    mapped = Mapped({**TAG, "values": values})
    assert mapped.traits(trait(value)) == expected
    assert mapped.codes == []


def test_a_trait_met_twice_counts_once() -> None:
    assert Mapped(TAG).traits(trait("Anglais"), trait("Anglais;Anglais")) == [unified("Anglais")]


@pytest.mark.parametrize("tag_id", ["Unknown", 4410, None, ["a"], {}, ""])
def test_a_trait_of_an_unknown_tag_is_left_out_with_a_finding(tag_id: Any) -> None:
    mapped = Mapped(TAG)
    assert mapped.traits(trait("Anglais", tag_id)) == []
    assert mapped.codes == ["unknown_tag"]
    assert mapped.findings[0].remote_id == "T9wKx3MbQz5LnR1p"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (5, ["unexpected_type"]),
        ({}, ["unexpected_type"]),
        ("x" * 500, ["unusable_tag_value"]),
        ("a\0b", ["unstorable_text"]),
    ],
)
def test_odd_values_of_traits(value: Any, found: list[str]) -> None:
    mapped = Mapped(TAG)
    for record in mapped.traits(trait(value)):
        assert record.remote_id.isprintable()
    assert mapped.codes == found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(json_values, st.fixed_dictionaries({}, optional=dict.fromkeys(TAG, json_values)))
def test_anything_at_all_is_tags_or_rejected(value: Any, changes: dict[str, Any]) -> None:
    for record in Mapped(value, changes, {**TAG, **changes}).records:
        assert isinstance(record, TagRecord | Rejected)
        record.remote_id.encode()


@given(json_values)
def test_any_traits_are_tags(value: Any) -> None:
    for record in Mapped(TAG).traits(value, trait(value), trait("Anglais", value)):
        record.name.encode()
        assert len(record.remote_id) <= 190
