"""Applicants looked up at Flatchr: those with an e-mail, or one by its id
(`docs/flatchr-api.md §5`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from integrations.flatchr.client import SEARCH, FlatchrClient
from integrations.flatchr.mapping.applicants import ARCHIVED
from integrations.flatchr.mapping.source import usable_id

# An element of the answer, and its exact source text.
ApplicantRow = tuple[dict[str, Any], str]


@dataclass(slots=True)
class FoundApplicants:
    """`complete` is False when a part of the answer could not be read."""

    rows: list[ApplicantRow] = field(default_factory=list)
    complete: bool = True

    @property
    def ids(self) -> list[str]:
        return [row["applicant"] for row, _ in self.rows]

    def for_vacancy(self, vacancy_id: int | None) -> list[ApplicantRow]:
        """Those for one job; its plain id may come as a text (`docs/flatchr-api.md §D.5`)."""
        return [row for row in self.rows if str(row[0].get("vacancy_id")) == str(vacancy_id)]


def applicants_by_email(
    client: FlatchrClient, address: str, *, archived: bool = False
) -> FoundApplicants:
    """Search for the e-mail; raises `FlatchrError`. Of a partial match, only equals count."""
    found = FoundApplicants()
    wanted = address.strip().casefold()
    for value, raw in _search(client, {"email": address}, archived=archived):
        if not isinstance(value, dict) or usable_id(value.get("applicant")) is None:
            found.complete = False
        elif str(value.get("email") or "").strip().casefold() == wanted:
            found.rows.append((value, raw))
    return found


def applicant_by_id(
    client: FlatchrClient, remote_id: str, search: dict[str, Any], *, archived: bool = False
) -> ApplicantRow | None:
    """The applicant, if `search` shows it; raises `FlatchrError`.

    Flatchr does not search by id: `search` narrows the answer down as far as the caller can.
    """
    for value, raw in _search(client, search, archived=archived):
        if isinstance(value, dict) and str(value.get("applicant")) == remote_id:
            return value, raw
    return None


def _search(
    client: FlatchrClient, search: dict[str, Any], *, archived: bool
) -> Iterator[tuple[Any, str]]:
    body = {**search, "status": ARCHIVED} if archived else search
    return client.stream("POST", SEARCH, json=body)
