"""Value maps: what a tenant's own words become in the unified schema (`docs/mapping.md`, Job).

A tenant's map is laid over the product's defaults: what it names wins, what it leaves out keeps
its default. Keys are compared without case, accents or surplus spaces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ValueMaps:
    """The tenant's own maps, by the words or codes Flatchr sends.

    `contracts`: contract label -> employment type ("Vacation" -> "CONTRACT"). `statuses`: vacancy
    status code -> job status ("2" -> "DRAFT"); 1 and 0 always mean OPEN and CLOSED.
    `countries`: country name -> ISO 3166 alpha-2.
    """

    contracts: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)


def fold(text: str) -> str:
    """`text` as compared by value maps: no accents, no case, single spaces."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


def folded(mapping: Mapping[str, str]) -> dict[str, str]:
    """`mapping` with folded keys."""
    return {fold(key): value for key, value in mapping.items()}
