"""Leaving out what a tenant's scopes leave out: on the way in, and of what was stored before.

On the way in, a row of Flatchr loses what is left out before anything looks at it. It is mapped,
fingerprinted, set aside and warned about as if Flatchr had never sent the rest, so no column, raw
object, search entry, warning or list of changes can come to hold it.

With any part of a person left out, the raw object is kept no further than the other unified
fields are made of: what else Flatchr sends with a person may say the same thing again.

By their e-mail the applications of one person find each other, and a submission its applicant.
With e-mail addresses left out, a digest of the address stands in for it: with a key that is not
in the database, and another for each tenant, so it leads from an address to a person for whoever
knows both, and from a person to no address. One person stays one candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.crypto import salted_hmac

from integrations.flatchr.client import SEARCH
from integrations.flatchr.mapping.contacts import valid_email
from integrations.flatchr.reader import Source
from integrations.models.scopes import Part, Scopes
from integrations.records import PERSON, PersonRecord
from integrations.sync.bulk.dialects import json_text
from integrations.tenants.scopes import redacts_people

# What unified fields are made of (`docs/mapping.md`, Candidate and application), and of a candidate
# each under the part that it belongs to.
_ALWAYS = frozenset(
    {"applicant", "vacancy_id", "column", "status", "hired", "created_at", "updated_at"}
)
_OF_PARTS: Mapping[Part, frozenset[str]] = {
    Part.NAMES: frozenset({"firstname", "lastname"}),
    Part.EMAILS: frozenset({"email"}),
    Part.PHONES: frozenset({"phone"}),
}
_DIGEST_SALT = "integrations.sync.person"


def sifted(client: Source, scopes: Scopes, integration_id: str) -> Source:
    """`client`, of whose applicants only what `scopes` read comes through; itself when that is
    all of them.
    """
    if not redacts_people(scopes):
        return client
    return _Sifted(client, Sieve(scopes, integration_id))


class _Sifted:
    def __init__(self, client: Source, sieve: Sieve) -> None:
        self._client = client
        self._sieve = sieve

    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[Any, str]]:
        rows = self._client.stream(method, path, params=params, json=json)
        return self._sieve.rows(rows) if path == SEARCH else rows


class Sieve:
    """Takes out of one tenant's applicants what its scopes leave out."""

    def __init__(self, scopes: Scopes, integration_id: str) -> None:
        self._integration_id = integration_id
        self._left_out = scopes.left_out
        self._idle = not redacts_people(scopes)
        kept = set(_ALWAYS)
        for part, keys in _OF_PARTS.items():
            if part not in self._left_out:
                kept |= keys
        if Part.EMAILS in self._left_out:
            kept.add(PERSON)
        self._kept = frozenset(kept)

    def rows(self, rows: Iterable[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
        """Elements of an answer to a search with their source texts, as they may be kept."""
        return iter(rows) if self._idle else map(self._row, rows)

    def _row(self, row: tuple[Any, str]) -> tuple[Any, str]:
        data, _raw = row
        if not isinstance(data, dict):
            # It says nothing that could be told apart, so nothing of it is kept but that it came.
            return data, ""
        left = self.object(data)
        return left, json_text(left)

    def object(self, data: dict[str, Any]) -> dict[str, Any]:
        """A source object as it may be kept; one that was kept before stays as it is."""
        if self._idle:
            return data
        left = {key: value for key, value in data.items() if key in self._kept}
        if Part.EMAILS in self._left_out and isinstance(data.get("email"), str):
            address = valid_email(data["email"].strip())
            if address is not None:
                left[PERSON] = self.person_key(address.lower())
        return left

    def person_key(self, key: str) -> str:
        """What stands for a person key: itself, or its digest. Idempotent."""
        if Part.EMAILS not in self._left_out or "@" not in key:
            return key
        return salted_hmac(
            f"{_DIGEST_SALT}:{self._integration_id}", key, algorithm="sha256"
        ).hexdigest()

    def person(self, person: PersonRecord) -> PersonRecord:
        """A person as may be kept."""
        names = Part.NAMES in self._left_out
        return replace(
            person,
            first_name=None if names else person.first_name,
            last_name=None if names else person.last_name,
            email_addresses=[] if Part.EMAILS in self._left_out else person.email_addresses,
            phone_numbers=[] if Part.PHONES in self._left_out else person.phone_numbers,
        )
