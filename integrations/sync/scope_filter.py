"""Scope filter: takes out of Flatchr's applicants what a tenant's scopes leave out.

A row loses what is left out before anything else sees it. It is mapped, fingerprinted, quarantined
and warned about as if Flatchr had never sent the rest, so no column, raw object, search entry,
warning or list of changes can hold it. What was stored before is for `scope_purge.py`.

If any part of a person is left out, the raw object keeps only what unified fields are made of:
the other fields that Flatchr sends with a person may repeat what is left out.

Applications of one person, and a submission and its applicant, find each other by the e-mail
address. If e-mail addresses are left out, a keyed digest of the address takes its place. Its key
is not in the database and differs for each tenant: whoever knows both can find a person by an
address, and nobody can find an address by a person. One person remains one candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.utils.crypto import salted_hmac

from integrations.field_catalogue import fields_of
from integrations.flatchr.client import SEARCH
from integrations.flatchr.mapping.contacts import valid_email
from integrations.flatchr.reader import ArrayClient, Rows
from integrations.models.scopes import Part, Scopes
from integrations.records import PERSON, PersonRecord
from integrations.sync.bulk.dialects import json_text
from integrations.sync.bulk.tables import NOBODY
from integrations.tenants.scopes import redacts_people

# The source fields that unified fields are made of (`docs/mapping.md`, Candidate and application):
# those that are always kept, and those of each part of a person.
_ALWAYS = frozenset(
    {
        *("applicant", "vacancy_id", "column", "status", "hired", "created_at", "updated_at"),
        *("reason", "source", "score"),
    }
)
_OF_PARTS: Mapping[Part, frozenset[str]] = {
    Part.NAMES: frozenset({"firstname", "lastname"}),
    Part.EMAILS: frozenset({"email"}),
    Part.PHONES: frozenset({"phone"}),
}
_DIGEST_SALT = "integrations.sync.person"


def filtered_source(client: ArrayClient, scopes: Scopes, integration_id: str) -> ArrayClient:
    """Return `client`, behind a filter of applicants if `scopes` leave out anything of people."""
    if not redacts_people(scopes):
        return client
    return FilteredSource(client, ScopeFilter(scopes, integration_id).rows)


class FilteredSource:
    """A source whose applicants have gone through `keep`, which passes on elements of a search."""

    def __init__(self, client: ArrayClient, keep: Callable[[Rows], Rows]) -> None:
        self._client = client
        self._keep = keep

    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Rows:
        rows = self._client.stream(method, path, params=params, json=json)
        return self._keep(rows) if path == SEARCH else rows


class ScopeFilter:
    """Takes out of the applicants of one tenant what its scopes leave out."""

    def __init__(self, scopes: Scopes, integration_id: str) -> None:
        self._integration_id = integration_id
        self._left_out = scopes.left_out
        self._passes_all = not redacts_people(scopes)
        kept = set(_ALWAYS)
        for part, keys in _OF_PARTS.items():
            if part not in self._left_out:
                kept |= keys
        if Part.EMAILS in self._left_out:
            kept.add(PERSON)
        self._kept = frozenset(kept)

    def rows(self, rows: Iterable[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
        """Filter elements of an answer to a search, each with its source text."""
        return iter(rows) if self._passes_all else map(self._row, rows)

    def _row(self, row: tuple[Any, str]) -> tuple[Any, str]:
        data, _raw = row
        if not isinstance(data, dict):
            # No object, so its parts cannot be told apart: its source text is not kept.
            return data, ""
        filtered = self.object(data)
        return filtered, json_text(filtered)

    def object(self, data: dict[str, Any]) -> dict[str, Any]:
        """A source object without what is left out. Idempotent."""
        if self._passes_all:
            return data
        filtered = {key: value for key, value in data.items() if key in self._kept}
        if Part.EMAILS in self._left_out and isinstance(data.get("email"), str):
            address = valid_email(data["email"].strip())
            if address is not None:
                filtered[PERSON] = self.person_key(address.lower())
        return filtered

    def person_key(self, key: str) -> str:
        """A person key as it is stored: itself, or its keyed digest. Idempotent."""
        if Part.EMAILS not in self._left_out or "@" not in key:
            return key
        return salted_hmac(
            f"{_DIGEST_SALT}:{self._integration_id}", key, algorithm="sha256"
        ).hexdigest()

    def person(self, person: PersonRecord) -> PersonRecord:
        """A person as mapping makes it of a filtered source object."""
        if self._passes_all:
            return person
        kept = {
            field.name: getattr(person, field.name)
            for field in fields_of(PersonRecord)
            if self._kept.issuperset(field.entry.source.split())
        }
        return PersonRecord(**{**NOBODY, **kept})
