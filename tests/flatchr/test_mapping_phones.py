"""Phone numbers (`docs/mapping.md`, Candidate and application)."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.mapping.contacts import PhoneNote, phone, read_phone
from integrations.flatchr.mapping.values import Notes
from integrations.records import Finding, Model


def read(value: Any) -> tuple[str | None, list[str]]:
    findings: list[Finding] = []
    found = phone(value, "field", Notes(findings.append, Model.CANDIDATES, "a"))
    return found, [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("06 39 98 12 34", "+33639981234"),
        ("0639981234", "+33639981234"),
        ("06.39.98.12.34", "+33639981234"),
        ("06-39-98-12-34", "+33639981234"),
        ("06/39/98/12/34", "+33639981234"),
        ("+33 6 39 98 12 34", "+33639981234"),
        ("+33639981234", "+33639981234"),
        ("0033 6 39 98 12 34", "+33639981234"),
        (" 06 39 98 12 34 ", "+33639981234"),
        ("+33 (0)6 39 98 12 34", "+33639981234"),
        ("+33 06 39 98 12 34", "+33639981234"),
        ("06\u00a039\u00a098\u00a012\u00a034", "+33639981234"),
        ("(06) 39 98 12 34", "+33639981234"),
        ("(+33) 6 39 98 12 34", "+33639981234"),
        ("+44 7700 900123", "+447700900123"),
        ("+1 202 555 0143", "+12025550143"),
        ("0032 470 12 34 56", "+32470123456"),
        ("tel:+33-6-39-98-12-34", "+33639981234"),
        ("Tél. : 01 99 00 45 67", "+33199004567"),
        ("Portable 06 39 98 12 34", "+33639981234"),
        ("639981234", "+33639981234"),
        ("33639981234", "+33639981234"),
        ("09 70 12 34 56", "+33970123456"),
        ("0800 123 456", "+33800123456"),
    ],
)
def test_phone_is_normalised(typed: str, expected: str) -> None:
    assert read(typed) == (expected, [])


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("0590 12 34 56", "+590590123456"),
        ("0690 12 34 56", "+590690123456"),
        ("0691 28 34 56", "+590691283456"),
        ("0594 30 34 56", "+594594303456"),
        ("0694 12 34 56", "+594694123456"),
        ("0596 60 34 56", "+596596603456"),
        ("0696 12 34 56", "+596696123456"),
        ("0697 12 34 56", "+596697123456"),
        ("0262 12 34 56", "+262262123456"),
        ("0692 12 34 56", "+262692123456"),
        ("0693 12 34 56", "+262693123456"),
        ("0269 61 34 56", "+262269613456"),
        ("0639 69 34 56", "+262639693456"),
    ],
)
def test_a_number_from_overseas_has_the_code_of_its_region(digits: str, expected: str) -> None:
    compact = digits.replace(" ", "")
    for typed in (
        digits,
        compact,
        f"+33 {digits[1:]}",
        f"0033{compact[1:]}",
        f"+33 (0){compact[1:]}",
    ):
        assert read(typed) == (expected, [])
    assert read(expected) == (expected, [])


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("0612345678;0798765432", "+33612345678"),
        ("06 39 98 12 34 / 06 39 98 12 35", "+33639981234"),
        ("0612345678 0798765432", "+33612345678"),
        ("06 12 34 56 78 ou 07 98 76 54 32", "+33612345678"),
        ("0692 12 34 56, 0262 12 34 56", "+262692123456"),
        ("01 23 45 67 89 ext 12", "+33123456789"),
        ("01 23 45 67 89 poste 12", "+33123456789"),
        ("01-23-45-67-89#4", "+33123456789"),
        ("06 12 34 56 78 (bureau)", "+33612345678"),
        ("06.12.34.56.78 après 18 h", "+33612345678"),
    ],
)
def test_what_follows_the_first_number_is_told(typed: str, first: str) -> None:
    assert read(typed) == (first, ["phone_partly_read"])
    assert read_phone(typed).note is PhoneNote.CUT


@pytest.mark.parametrize(
    "typed",
    ["n/a", "NC", "06 39 98", "12", "+999 12 34", "appeler le soir", "0" * 1000, "06O6060606"],
)
def test_a_phone_that_cannot_be_read_is_kept_as_given(typed: str) -> None:
    assert read(f" {typed} ") == (typed, ["unreadable_phone"])
    assert read_phone(typed).note is PhoneNote.UNREADABLE


@pytest.mark.parametrize("typed", ["06 12 34 56 7", "0000000000"])
def test_a_number_that_no_phone_has_is_kept_as_given(typed: str) -> None:
    assert read(typed) == (typed, ["unreadable_phone"])
    assert read_phone(typed).note is PhoneNote.INVALID


@pytest.mark.parametrize("typed", ["75 12 34", "87 12 34 56"])
def test_a_short_number_could_be_of_several_places(typed: str) -> None:
    """Of New Caledonia, of Polynesia, or of the mainland with digits lost."""
    assert read(typed) == (typed, ["unreadable_phone"])
    assert read_phone(typed).note is PhoneNote.AMBIGUOUS


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
    assert read(value) == (expected, found)


pairs = st.tuples(st.sampled_from(["", " ", ".", "-"]), st.from_regex(r"[0-9]{2}", fullmatch=True))
french_numbers = st.builds(
    lambda prefix, first, rest: prefix + first + "".join(sep + digits for sep, digits in rest),
    st.sampled_from(["0", "+33", "+33 ", "0033 ", "+33(0)", "+33 (0)", "+33(0) ", "0033 (0) "]),
    st.sampled_from("123456789"),
    st.lists(pairs, min_size=4, max_size=4),
)


@given(french_numbers)
def test_a_mainland_number_is_what_the_library_says(typed: str) -> None:
    number = phonenumbers.parse(typed, "FR")
    overseas = str(number.national_number).startswith(("263", "269", "596"))
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    if phonenumbers.is_valid_number(number) and not overseas:
        assert read(typed) == (expected, [])


@given(french_numbers)
def test_the_usual_numbers_are_read_without_the_library(typed: str) -> None:
    expected = read(typed)
    usual = re.match(r"\+33([13]|2[0-57-9]|4[1-9]|5[0-8]|6[0-24-8]|7[3-9])", str(expected[0]))

    if usual:
        with patch.object(phonenumbers, "parse", side_effect=AssertionError("parsed")):
            assert read(typed) == expected


@given(st.text(st.sampled_from("0123456789+ .-()/;#x٣é\u00a0"), min_size=1, max_size=30))
def test_whatever_is_given_a_silent_answer_is_a_number_that_can_be_dialled(typed: str) -> None:
    number, found = read(typed)
    if number is None:
        assert not typed.strip()
    elif not found:
        parsed = phonenumbers.parse(number)
        assert phonenumbers.is_valid_number(parsed) or number.startswith(("+3363998", "+447700900"))
    elif found == ["unreadable_phone"]:
        assert number == typed.strip() or phonenumbers.is_possible_number(
            phonenumbers.parse(number)
        )
