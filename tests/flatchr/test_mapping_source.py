"""What PostgreSQL cannot store is replaced before it gets there, and only that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.json_stream import Unreadable
from integrations.flatchr.mapping.source import TooDeepError, not_an_object, rejected, storable
from integrations.flatchr.mapping.values import Notes
from integrations.records import Finding, Model, Rejected


def stored(raw: str) -> tuple[dict[str, Any], str, list[str]]:
    findings: list[Finding] = []
    data, text = storable(
        json.loads(raw, strict=False), raw, Notes(findings.append, Model.JOBS, "j")
    )
    return data, text, [finding.code for finding in findings]


@pytest.mark.parametrize(
    "raw",
    [
        '{"a": "b", "n": 1, "t": true, "x": null}',
        '{ "a" : "é" ,"n":1.50, "e": 1E2}',
        '{"a": "\\u00e9\\ud83c\\udf3b"}',
        '{"a": "\\\\u0000 and \\\\ud800"}',
        '{"a": {"b": ["c", 1.0, {"d": null}]}}',
        '{"a": "\U0001f33b\t"}',
    ],
)
def test_what_can_be_stored_is_kept_to_the_letter(raw: str) -> None:
    assert stored(raw) == (json.loads(raw, strict=False), raw, [])


@pytest.mark.parametrize(
    ("raw", "expected", "found"),
    [
        ('{"a": "b\\u0000c"}', {"a": "b\ufffdc"}, ["unstorable_text"]),
        ('{"a": "b\0c"}', {"a": "b\ufffdc"}, ["unstorable_text"]),
        ('{"a": "\\ud83c"}', {"a": "\ufffd"}, ["unstorable_text"]),
        ('{"a": "\\udf3b\\ud83c"}', {"a": "\ufffd\ufffd"}, ["unstorable_text"]),
        ('{"a": "\udfff"}', {"a": "\ufffd"}, ["unstorable_text"]),
        ('{"a\\u0000": 1}', {"a\ufffd": 1}, ["unstorable_text"]),
        ('{"a": {"b": ["\\u0000"]}}', {"a": {"b": ["\ufffd"]}}, ["unstorable_text"]),
        ('{"a": NaN}', {"a": None}, ["unstorable_number"]),
        ('{"a": [-Infinity, 1e999]}', {"a": [None, None]}, ["unstorable_number"]),
        (
            '{"a": Infinity, "b": "\\u0000"}',
            {"a": None, "b": "\ufffd"},
            ["unstorable_text", "unstorable_number"],
        ),
    ],
)
def test_what_cannot_be_stored_is_replaced_in_data_and_text(
    raw: str, expected: dict[str, Any], found: list[str]
) -> None:
    data, text, codes = stored(raw)
    assert (data, codes) == (expected, found)
    assert json.loads(text) == expected
    text.encode()


def test_an_object_nested_too_deeply_raises() -> None:
    with pytest.raises(TooDeepError):
        stored('{"a": ' + "[" * 200 + "]" * 200 + "}")


def test_a_rejected_record_is_safe_to_store_whatever_it_holds() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert rejected(Model.JOBS, deep, "No.", "[]").remote_id == "a deeply nested list"
    assert rejected(Model.JOBS, "a\0b", "No.", "\0\ud800x") == Rejected(
        Model.JOBS, "a\ufffdb", "No.", "\ufffd\ufffdx"
    )


def test_an_element_that_is_no_object_is_rejected_with_the_reason() -> None:
    unreadable = not_an_object(Model.JOBS, Unreadable("holds NaN, which is not JSON"), "{}")
    assert unreadable.reason == "The record holds NaN, which is not JSON."
    assert not_an_object(Model.JOBS, [1], "[1]").reason == "The record is not a JSON object."


@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=6,
        ),
    ),
    st.booleans(),
)
def test_what_comes_out_can_be_stored_and_says_the_same(
    value: dict[str, Any], ascii_only: bool
) -> None:
    data, text, _ = stored(json.dumps(value, ensure_ascii=ascii_only))

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    decoded = json.loads(text, parse_constant=refuse)
    assert decoded == data
    written = json.dumps(decoded, ensure_ascii=False)
    written.encode()
    assert "\0" not in written
    assert "\\u0000" not in json.dumps(decoded).replace("\\\\", "")
