"""What Flatchr answers to a plain HTTP client, and what `docs/mapping.md` makes of it.

Written apart from the product's mapping, so that the two check each other.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import requests

from integrations.sandbox import Sandbox

PARIS = ZoneInfo("Europe/Paris")
VALID_EMAIL = re.compile(r"[\w.+'-]*[\w+-]@([\da-z][\da-z-]*\.)+[a-z]{2,}", re.ASCII)

Row = dict[str, Any]


class Flatchr:
    """One company's data, read anew at each call."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = f"{sandbox.url}/company/{sandbox.company_key}"
        self._headers = {"Authorization": f"Bearer {sandbox.api_key}"}

    def _get(self, path: str, **params: str) -> list[Row]:
        answer = requests.get(
            f"{self._url}/{path}", params=params, headers=self._headers, timeout=20
        )
        answer.raise_for_status()
        found: list[Row] = answer.json()
        return found

    def vacancies(self) -> list[Row]:
        return self._get("vacancies", fields="address,tags,items")

    def columns(self) -> list[Row]:
        return self._get("columns")

    def search(self, **body: Any) -> list[Row]:
        answer = requests.post(
            f"{self._url}/search/applicants", json=body, headers=self._headers, timeout=20
        )
        answer.raise_for_status()
        found: list[Row] = answer.json()
        return found

    def applicants(self) -> list[Row]:
        """Active ones, then archived ones."""
        return self.search() + self.search(status=0)

    def tags(self) -> list[Row]:
        return [tag for tag in self._get("tags") if tag["type"] == "candidates"]

    def traits(self, applicant: str) -> list[Row]:
        return self._get(f"applicant/{applicant}/traits")

    def tag_names(self) -> dict[str, str]:
        """Each unified tag's name by its remote id."""
        names = {}
        for tag in self.tags():
            for value in values_of(tag["values"]) or [""]:
                names.update([unified_tag(tag, value)])
        return names

    def candidate_tags(self) -> dict[tuple[str, str], str]:
        """The name of each tag on each person, by the person's and the tag's remote ids."""
        tags = {tag["id"]: tag for tag in self.tags()}
        people = self.people()
        found = {}
        for row in self.applicants():
            for trait in self.traits(row["applicant"]):
                for value in values_of(trait["value"]) or [""]:
                    tag_id, name = unified_tag(tags[trait["tag_id"]], value)
                    found[people[row["applicant"]], tag_id] = name
        return found

    def people(self) -> dict[str, str]:
        """Each application's candidate: the first of those with the same e-mail."""
        firsts: dict[str, str] = {}
        found = {}
        for row in self.applicants():
            key = (address(row) or row["applicant"]).lower()
            found[row["applicant"]] = firsts.setdefault(key, row["applicant"])
        return found

    def winners(self) -> dict[str, Row]:
        """Each person's application that tells name and contact."""
        found: dict[str, Row] = {}
        people = self.people()
        rows = sorted(self.applicants(), key=lambda row: (day(row["updated_at"]), row["applicant"]))
        for row in rows:
            found[people[row["applicant"]]] = row
        return found

    def stage(self, title: str) -> str | None:
        """The column that a title means: the visible one, then the lowest position."""
        ranked = sorted(
            (not column["visible"], column["position"], str(column["id"]))
            for column in self.columns()
            if column["title"].strip() == title.strip()
        )
        return ranked[0][2] if ranked else None


def unified_tag(tag: Row, value: str) -> tuple[str, str]:
    """A unified tag's remote id and name."""
    title = tag["title"].strip()
    return (f"{tag['id']}:{value}", f"{title}: {value}") if value else (tag["id"], title)


def values_of(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(";") if part.strip()]


def day(text: str) -> datetime:
    """DD/MM/YY: the start of a day in Paris."""
    return datetime.strptime(text, "%d/%m/%y").replace(tzinfo=PARIS)


def address(row: Row) -> str | None:
    """The e-mail as stored; None when it is none or no valid one."""
    local, _, domain = (row["email"] or "").strip().rpartition("@")
    found = f"{local}@{domain.lower()}"
    return found if VALID_EMAIL.fullmatch(found) else None


def outcome(row: Row) -> str:
    if row["hired"]:
        return "HIRED"
    return "PENDING" if row["status"] else "DECLINED"
