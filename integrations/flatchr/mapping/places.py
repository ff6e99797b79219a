"""Addresses and countries (`docs/mapping.md`, Job; `docs/flatchr-api.md §4`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from integrations.flatchr.mapping.countries import COUNTRY_NAMES
from integrations.flatchr.mapping.values import Notes, fold, text
from integrations.messages import Message

_PUNCTUATION = re.compile(r"[\W_]+")
# Words that differ between spellings of one name: "Antigua & Barbuda", "Antigua et Barbuda".
_SMALL_WORDS = {"and", "et", "the"}


def country_key(name: str) -> str:
    """The key that countries are compared by: no case, accents, punctuation or small words."""
    if len(name) == 2:  # a code, and "ET" and "ST" are codes
        return name.casefold()
    words = _PUNCTUATION.sub(" ", fold(name)).split()
    return " ".join("saint" if word == "st" else word for word in words if word not in _SMALL_WORDS)


@cache
def country_codes() -> Mapping[str, str]:
    """ISO 3166-1 alpha-2 codes by country key; each code is a key, too."""
    codes = {}
    for line in COUNTRY_NAMES.splitlines():
        code, *names = line.split("|")
        for name in (code, *names):
            codes[country_key(name)] = code
    return codes


@cache
def country_names() -> Mapping[str, tuple[str, str]]:
    """The French and the English name of each country, by its code."""
    names: dict[str, tuple[str, str]] = {}
    for line in COUNTRY_NAMES.splitlines():
        code, french, *others = line.split("|")
        # A code with many names has several lines, of which the first has these two.
        names.setdefault(code, (french, others[0] if others else french))
    return names


def country(name: str, tenant: Mapping[str, str], notes: Notes) -> str:
    """The code of a country by French or English name; if unknown `name`, with a finding.

    The tenant's own map, by `country_key`, comes first.
    """
    key = country_key(name)
    code = tenant.get(key) or country_codes().get(key)
    if code is None:
        notes.add(
            "unknown_country",
            "location",
            name,
            Message("country_unknown"),
        )
        return name
    return code


def location(
    address: Any, tenant_countries: Mapping[str, str], notes: Notes
) -> dict[str, str | None] | None:
    """The address in the unified shape, with every key; null if there is none.

    `administrative_area_level_1` is the region, unlike Flatchr's documentation says (§D.9).
    """
    if not isinstance(address, dict):
        line = text(address, "location", notes)
        if line is None:
            return None
        address = {"formatted_address": line}
    parts = {
        key: _part(address.get(key), notes)
        for key in (
            "locality",
            "country",
            "formatted_address",
            "administrative_area_level_1",
            "street_number",
            "route",
            "postal_code",
        )
    }
    if not any(parts.values()):
        return None
    name = parts["country"]
    return {
        "city": parts["locality"],
        "country": country(name, tenant_countries, notes) if name else None,
        "raw": parts["formatted_address"],
        "state": parts["administrative_area_level_1"],
        "street_1": " ".join(filter(None, (parts["street_number"], parts["route"]))) or None,
        "street_2": None,
        "zip_code": parts["postal_code"],
    }


def _part(value: Any, notes: Notes) -> str | None:
    """A part of an address. An integer is no finding: postal codes and street numbers are often."""
    return text(str(value) if type(value) is int else value, "location", notes)
