"""E-mail addresses and phone numbers (`docs/mapping.md`, Candidate and application)."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.mapping.contacts import email, parsed_phone, phone
from integrations.flatchr.mapping.values import Notes
from integrations.records import Finding, Model


def read(reader: Any, value: Any) -> tuple[str | None, list[str]]:
    findings: list[Finding] = []
    found = reader(value, "field", Notes(findings.append, Model.CANDIDATES, "a"))
    return found, [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("nadia.perrot@example.org", "nadia.perrot@example.org"),
        ("  nadia@example.org\n", "nadia@example.org"),
        ("Nadia.PERROT@Example.ORG", "Nadia.PERROT@example.org"),
        ("o'brenn+cv@sous.domaine.example", "o'brenn+cv@sous.domaine.example"),
        ("a@b-c.example", "a@b-c.example"),
        ("_@1.example", "_@1.example"),
    ],
)
def test_email_keeps_what_was_typed_and_lowers_the_domain(typed: str, expected: str) -> None:
    assert read(email, typed) == (expected, [])


@pytest.mark.parametrize("nothing", [None, "", "   "])
def test_no_email_is_no_finding(nothing: str | None) -> None:
    assert read(email, nothing) == (None, [])


@pytest.mark.parametrize(
    "typed",
    [
        "pas-une-adresse",
        "sans.domaine@",
        "@example.org",
        "deux@@example.org",
        ".point@example.org",
        "deux..points@example.org",
        "point.@example.org",
        "accentué@example.org",
        "nadia@exämple.example",
        "nadia@example",
        "nadia@example.o",
        "nadia@-example.org",
        "nadia@example.org.",
        "nadia@exam ple.org",
        "nadia@example.org, n@example.org",
        "nadia\n@example.org",
        "n" * 250 + "@example.org",
    ],
)
def test_an_invalid_email_is_left_out_with_a_finding(typed: str) -> None:
    assert read(email, typed) == (None, ["invalid_email"])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (12, ["unexpected_type", "invalid_email"]),
        (True, ["unexpected_type"]),
        (["nadia@example.org"], ["unexpected_type"]),
    ],
)
def test_an_email_of_the_wrong_type_is_left_out(value: Any, found: list[str]) -> None:
    assert read(email, value) == (None, found)


@pytest.mark.parametrize(
    ("given_number", "expected"),
    [
        ("06 39 98 12 34", "+33639981234"),
        ("0639981234", "+33639981234"),
        ("06.39.98.12.34", "+33639981234"),
        ("06-39-98-12-34", "+33639981234"),
        ("+33 6 39 98 12 34", "+33639981234"),
        ("+33639981234", "+33639981234"),
        ("0033 6 39 98 12 34", "+33639981234"),
        (" 06 39 98 12 34 ", "+33639981234"),
        ("+33 (0)6 39 98 12 34", "+33639981234"),
        ("+33 06 39 98 12 34", "+33639981234"),
        ("06\u00a039\u00a098\u00a012\u00a034", "+33639981234"),
        ("(06) 39 98 12 34", "+33639981234"),
        ("+44 7700 900123", "+447700900123"),
        ("+1 202 555 0143", "+12025550143"),
        ("tel:+33-6-39-98-12-34", "+33639981234"),
    ],
)
def test_phone_is_normalised(given_number: str, expected: str) -> None:
    assert read(phone, given_number) == (expected, [])


@pytest.mark.parametrize(
    "given_number",
    [
        "n/a",
        "06 39 98",
        "12",
        "06 39 98 12 34 / 06 39 98 12 35",
        "+999 12 34",
        "appeler le soir",
        "0" * 1000,
    ],
)
def test_a_phone_that_cannot_be_read_is_kept_as_given(given_number: str) -> None:
    assert read(phone, f" {given_number} ") == (given_number, ["unreadable_phone"])


@pytest.mark.parametrize(
    ("value", "expected", "found"),
    [
        (None, None, []),
        ("", None, []),
        (639981234, "+33639981234", ["unexpected_type"]),
        ({"number": "06"}, None, ["unexpected_type"]),
        (False, None, ["unexpected_type"]),
    ],
)
def test_a_phone_of_another_type(value: Any, expected: str | None, found: list[str]) -> None:
    assert read(phone, value) == (expected, found)


pairs = st.tuples(st.sampled_from(["", " ", ".", "-"]), st.from_regex(r"[0-9]{2}", fullmatch=True))
french_numbers = st.builds(
    lambda prefix, first, rest: prefix + first + "".join(sep + digits for sep, digits in rest),
    st.sampled_from(["0", "+33", "+33 ", "0033 ", "+33(0)", "+33 (0)", "+33(0) ", "0033 (0) "]),
    st.sampled_from("123456789"),
    st.lists(pairs, min_size=4, max_size=4),
)


@given(french_numbers)
def test_the_fast_path_gives_the_librarys_answer_without_the_library(number: str) -> None:
    expected = parsed_phone(number)
    with patch.object(phonenumbers, "parse", side_effect=AssertionError("parsed")):
        assert read(phone, number) == (expected, [])


@given(
    st.text(st.sampled_from("0123456789+ .-()/٣é\u00a0"), min_size=1, max_size=18)
    | st.builds(
        lambda number, at, char: number[:at] + char + number[at:],
        french_numbers,
        st.integers(0, 20),
        st.sampled_from("0 .-+()3\n"),
    )
)
def test_whatever_is_given_the_answer_is_the_librarys_or_the_text_itself(number: str) -> None:
    given_number = number.strip() or None
    expected = given_number and (parsed_phone(given_number) or given_number)
    assert read(phone, number)[0] == expected
