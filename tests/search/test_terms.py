"""What people type, and what it is compared with."""

from __future__ import annotations

import pytest

from integrations.search.folding import COLUMNS, fold, words_of
from integrations.search.terms import MOST_TERMS, matches, parse


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Zoé N’Diaye-Roux", "zoe ndiaye roux"),
        ("ŒUVRÉ  Łukasz", "oeuvre lukasz"),
        ("Straße", "strasse"),
        ("Дмитрий", "dmitriy"),
        ("Zoe\u0301", "zoe"),
        ("C++ / C# (R&D)", "c++ c# r&d"),
        ("Jean-Paul.D'Arc@Mail.Example", "jean paul.darc@mail.example"),
        ("100 %_", "100"),
        ("", ""),
    ],
)
def test_what_people_write_differently_is_the_same(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    "written",
    [
        "0612345678",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "0033612345678",
        "33612345678",
        "612345678",
    ],
)
def test_a_phone_number_is_the_same_however_it_is_written(written: str) -> None:
    (term,) = parse(written).terms
    assert term.spellings[0] == "612345678"


def test_a_number_abroad_keeps_its_country() -> None:
    assert parse("+32 475 12 34 56").terms[0].spellings == ("32475123456",)


def test_a_reference_with_hyphens_is_looked_for_as_one_too() -> None:
    assert parse("2024-015").terms[0].spellings == ("2024015", "2024 015")


def test_a_name_and_a_number_are_both_asked_for() -> None:
    words = {term.spellings[0] for term in parse("Roux 06 12 34 56 78 Zoé").terms}
    assert words == {"roux", "zoe", "612345678"}


@pytest.mark.parametrize(
    ("typed", "enough"),
    [("", False), ("a", False), ("é", False), ("%", False), ("le", True), ("a b", False)],
)
def test_a_search_says_whether_it_says_enough(typed: str, enough: bool) -> None:
    assert parse(typed).is_long_enough is enough


def test_a_search_is_bounded() -> None:
    assert len(parse("mot " * 5000 + "autre").terms) == 1
    assert len(parse(" ".join(f"w{number}x" for number in range(60))).terms) == MOST_TERMS


def test_an_entry_holds_no_sign_that_means_something_to_the_database() -> None:
    words = words_of("C", ("50%_\\", "Roux", [{"email_address": "a_b%c@x.example"}], []))
    assert words == " 50 roux a b c@x.example"
    assert not {"%", "_", "\\"} & set(words)


def test_a_record_without_words_has_none() -> None:
    assert words_of("C", (None, None, [], [])) == ""
    assert words_of("J", (None,) * len(COLUMNS["J"])) == ""


def test_what_matched_is_marked_as_it_was_written() -> None:
    found = matches(
        parse("ndiaye 0612345678"),
        [("Name", "Zoé N’Diaye"), ("Phone", "+33612345678"), ("E-mail", "z@x.example")],
    )

    assert [(match.label, match.pieces) for match in found] == [
        ("Name", (("Zoé ", False), ("N", True), ("’", False), ("Diaye", True))),
        ("Phone", (("+33", False), ("612345678", True))),
    ]
