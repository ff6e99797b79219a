"""Telling texts that are about a person, however their name, e-mail and phone are written."""

from __future__ import annotations

import json

import pytest

from integrations.privacy.people import Matcher, Names, NoAddress, address
from tests.privacy.canary import EMAIL, FIRST, LAST, PHONE

OWN = (
    f"Sent to {EMAIL.upper()}.",
    "/search?email=quetzalia.vombatier%40courrier.example",
    "tel:+33639987731",
    "06 39 98 77 31",
    "0639987731",
    "06.39.98.77.31",
    f"cv_{EMAIL}.pdf",
    json.dumps({"comment": f"Called\n{EMAIL}\tagain"}),
    f"to%3D{EMAIL}",
    f"cv {LAST.upper()}, {FIRST.upper()}.pdf",
    "candidates%2F2026%2Fquetzalia-vombatier-oz.pdf",
    "quetzalia_vombatier_oz_2.zip",
    json.dumps({"firstname": FIRST, "lastname": LAST}),
    json.dumps({"lastname": LAST, "score": 3, "firstname": FIRST}, ensure_ascii=False),
    "?q=Quetzal%C3%ADa+Vombatier-%C3%96z",
)
OTHERS = (
    f"Sent to x{EMAIL}",
    f"Sent to jo.{EMAIL}, cc me+{EMAIL}",
    f"Sent to {EMAIL}s",
    FIRST,
    LAST,
    "06 39 98 77 32",
    "Quetzalía writes to Vombatier-Özdemir",
    json.dumps([{"firstname": FIRST}, {"lastname": LAST}]),
    "",
)


@pytest.fixture
def matcher() -> Matcher:
    known = Names(EMAIL, applicants={"aPplIcAnT"})
    known.add(first=FIRST, last=LAST, phone=PHONE)
    return Matcher(known)


@pytest.mark.parametrize("text", OWN)
def test_a_text_about_the_person_is_told(matcher: Matcher, text: str) -> None:
    assert matcher.is_about(text)


@pytest.mark.parametrize("text", OTHERS)
def test_a_text_about_others_is_not(matcher: Matcher, text: str) -> None:
    assert not matcher.is_about(text)
    assert matcher.masked(text) == text


def test_what_names_the_person_is_masked_and_the_rest_stays(matcher: Matcher) -> None:
    said = f"Row 3: {FIRST} {LAST} <{EMAIL}>, {PHONE}: no date"
    assert matcher.masked(said) == "Row 3: … <…>, …: no date"


def test_an_applicants_id_tells_what_is_about_them_and_a_last_name_whom_a_search_is_for(
    matcher: Matcher,
) -> None:
    assert matcher.is_about("/applicant/aPplIcAnT/traits")
    assert not matcher.is_about("/applicant/aPplIcAnT/traits", ids=False)
    assert matcher.is_searched(LAST.lower())
    assert not matcher.is_searched("Vombat")


def test_short_names_and_numbers_that_could_be_anybodys_tell_nothing() -> None:
    known = Names("li.an@courrier.example")
    known.add(first="Li", last="An", phone="12 34")
    matcher = Matcher(known)
    assert not matcher.is_about("Lisa and Anne applied, room 1234; li quand an")
    assert matcher.is_about("Li An")


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "a b@c.fr", "@c.fr"])
def test_what_is_no_address_finds_nobody(typed: str) -> None:
    with pytest.raises(NoAddress):
        address(typed)


def test_an_address_is_compared_without_case_and_blanks() -> None:
    assert address(f"  {EMAIL.upper()} ") == EMAIL
