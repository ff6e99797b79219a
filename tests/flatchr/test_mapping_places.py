"""Addresses become locations, and country names codes (`docs/mapping.md`, Job, location)."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.flatchr.mapping.countries import COUNTRY_NAMES
from integrations.flatchr.mapping.places import country_codes, country_key, location
from integrations.flatchr.mapping.values import Notes
from integrations.records import Finding, Model

ADDRESS = {
    "locality": "Lyon",
    "location_lat": "45.75780000000",
    "location_lng": "4.83200000000",
    "postal_code": "69002",
    "route": "Rue Fictive",
    "street_number": "12",
    "administrative_area_level_1": "Auvergne-Rhône-Alpes",
    "administrative_area_level_2": "Rhône",
    "formatted_address": "12 Rue Fictive, 69002 Lyon, France",
    "country": "France",
}
LOCATION = {
    "city": "Lyon",
    "country": "FR",
    "raw": "12 Rue Fictive, 69002 Lyon, France",
    "state": "Auvergne-Rhône-Alpes",
    "street_1": "12 Rue Fictive",
    "street_2": None,
    "zip_code": "69002",
}


def placed(address: Any) -> tuple[dict[str, str | None] | None, list[str]]:
    findings: list[Finding] = []
    found = location(address, {}, Notes(findings.append, Model.JOBS, "j"))
    return found, [finding.code for finding in findings]


def test_an_ordinary_address() -> None:
    assert placed(ADDRESS) == (LOCATION, [])


@pytest.mark.parametrize(
    ("changes", "expected", "found"),
    [
        ({"postal_code": "01000"}, {"zip_code": "01000"}, []),
        ({"postal_code": 69002}, {"zip_code": "69002"}, []),
        ({"street_number": 12}, {"street_1": "12 Rue Fictive"}, []),
        ({"street_number": ""}, {"street_1": "Rue Fictive"}, []),
        ({"street_number": None, "route": None}, {"street_1": None}, []),
        ({"locality": " Lyon "}, {"city": "Lyon"}, []),
        ({"country": "FRANCE"}, {"country": "FR"}, []),
        ({"country": "fr"}, {"country": "FR"}, []),
        ({"country": "ET"}, {"country": "ET"}, []),
        ({"country": "États-Unis"}, {"country": "US"}, []),
        ({"country": "Etats Unis"}, {"country": "US"}, []),
        ({"country": "United Kingdom"}, {"country": "GB"}, []),
        ({"country": "Pays-Bas"}, {"country": "NL"}, []),
        ({"country": "Côte d'Ivoire"}, {"country": "CI"}, []),
        ({"country": "La Réunion"}, {"country": "RE"}, []),
        ({"country": None}, {"country": None}, []),
        ({"country": "Atlantide"}, {"country": "Atlantide"}, ["unknown_country"]),
        ({"country": "???"}, {"country": "???"}, ["unknown_country"]),
        ({"country": ["France"]}, {"country": None}, ["unexpected_type"]),
        ({"locality": {}}, {"city": None}, ["unexpected_type"]),
    ],
)
def test_parts(changes: dict[str, Any], expected: dict[str, Any], found: list[str]) -> None:
    assert placed({**ADDRESS, **changes}) == ({**LOCATION, **expected}, found)


@pytest.mark.parametrize("address", [None, {}, "", {"locality": None, "country": " "}, {"x": "y"}])
def test_no_address_is_null(address: Any) -> None:
    assert placed(address) == (None, [])


def test_an_address_in_one_line_is_kept_as_raw() -> None:
    found, codes = placed("12 Rue Fictive, Lyon")
    assert found is not None
    assert (found["raw"], found["city"], codes) == ("12 Rue Fictive, Lyon", None, [])


def test_an_address_of_the_wrong_type_is_null_with_a_finding() -> None:
    assert placed(["Lyon"]) == (None, ["unexpected_type"])


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("BE", ["Belgique", "Belgium"]),
        ("CH", ["Suisse", "Switzerland"]),
        ("DE", ["Allemagne", "Germany"]),
        ("ES", ["Espagne", "Spain"]),
        ("LU", ["Luxembourg"]),
        ("MA", ["Maroc", "Morocco"]),
        ("CZ", ["Tchéquie", "République tchèque", "Czechia", "Czech Republic"]),
        ("TR", ["Turquie", "Turkey", "Türkiye"]),
        ("AG", ["Antigua-et-Barbuda", "Antigua and Barbuda", "Antigua & Barbuda"]),
        ("CD", ["République démocratique du Congo", "Congo-Kinshasa"]),
        ("CI", ["Côte d\u2019Ivoire", "Ivory Coast"]),
        ("LC", ["Sainte-Lucie", "St. Lucia", "Saint Lucia"]),
        ("RE", ["La Réunion", "Réunion"]),
    ],
)
def test_names_in_both_languages(code: str, names: list[str]) -> None:
    assert {name: country_codes().get(country_key(name)) for name in names} == dict.fromkeys(
        names, code
    )


def test_each_name_in_the_table_means_one_country() -> None:
    meanings: dict[str, set[str]] = {}
    for line in COUNTRY_NAMES.splitlines():
        code, *names = line.split("|")
        for name in (code, *names):
            meanings.setdefault(country_key(name), set()).add(code)
    assert {key: found for key, found in meanings.items() if len(found) > 1} == {}
    assert "" not in meanings
    # The 249 countries of ISO 3166-1, and Kosovo.
    assert len(set().union(*meanings.values())) == 250
