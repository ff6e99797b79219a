"""Flatchr's candidate tags and applicants' traits to unified tags (`docs/mapping.md`, Identity).

A tag with values becomes one unified tag per value (`docs/flatchr-api.md §14, §15`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from integrations.flatchr.mapping.source import (
    TooDeepError,
    identified,
    rejected,
    storable,
    storable_text,
    usable_id,
)
from integrations.flatchr.mapping.values import Notes, Report, text
from integrations.messages import Message
from integrations.records import Model, Rejected, TagRecord


@dataclass(frozen=True, slots=True)
class _Definition:
    title: str
    values: frozenset[str]


class TagMapper:
    """Maps tags, and remembers them so that traits can be mapped afterwards."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._definitions: dict[str, _Definition] = {}

    def tags(self, tag: object, raw: str) -> list[TagRecord | Rejected]:
        """The unified tags of one Flatchr tag; none for a tag of vacancies."""
        found = identified(Model.TAGS, tag, "id", raw, self._report)
        if isinstance(found, Rejected):
            return [found]
        remote_id, data, raw, notes = found
        if not _is_of_candidates(data.get("type"), notes):
            return []
        title = text(data.get("title"), "name", notes)
        if title is None:
            notes.add("missing_tag_title", "name", remote_id, Message("tag_without_title"))
            title = remote_id
        values = split_values(data.get("values"), notes)
        self._definitions[remote_id] = _Definition(title, frozenset(values))
        records: list[TagRecord | Rejected] = []
        for value in values or [""]:
            record = _record(remote_id, title, value, discovered=False)
            records.append(
                record
                or rejected(Model.TAGS, f"{remote_id}:{value}", Message("value_no_usable_id"), raw)
            )
        return records

    def know(self, records: Iterable[TagRecord]) -> None:
        """Remember tags by the records that `tags` has made of them."""
        titles: dict[str, str] = {}
        values: defaultdict[str, set[str]] = defaultdict(set)
        for record in records:
            value = record.remote_id.removeprefix(record.parent_id).removeprefix(":")
            title = record.name.removesuffix(f": {value}") if value else record.name
            # A value that was met on a candidate may have kept an older title.
            if not record.discovered:
                titles[record.parent_id] = title
                values[record.parent_id].update([value] if value else [])
            titles.setdefault(record.parent_id, title)
        for parent_id, title in titles.items():
            self._definitions[parent_id] = _Definition(title, frozenset(values[parent_id]))

    def of_applicant(self, applicant_id: str, traits: Iterable[tuple[Any, str]]) -> list[TagRecord]:
        """The unified tags of an applicant's traits (value, source text), each once, in order."""
        notes = Notes(self._report, Model.CANDIDATE_TAGS, applicant_id)
        records: dict[str, TagRecord] = {}
        for trait, raw in traits:
            for record in self._of_trait(trait, raw, notes):
                records[record.remote_id] = record
        return list(records.values())

    def _of_trait(self, trait: object, raw: str, notes: Notes) -> list[TagRecord]:
        if not isinstance(trait, dict):
            notes.unexpected("tag", storable_text(raw))
            return []
        try:
            trait, raw = storable(trait, raw, notes)
        except TooDeepError:
            notes.unexpected("tag", storable_text(raw))
            return []
        tag_id = usable_id(trait.get("tag_id"))
        definition = self._definitions.get(tag_id) if tag_id else None
        if tag_id is None or definition is None:
            notes.add(
                "unknown_tag",
                "tag",
                trait.get("tag_id"),
                Message("candidate_tag_unknown"),
            )
            return []
        records = []
        for value in split_values(trait.get("value"), notes) or [""]:
            known = value in definition.values or not (value or definition.values)
            record = _record(tag_id, definition.title, value, discovered=not known)
            if record is None:
                notes.add("unusable_tag_value", "tag", value, Message("value_no_usable_id"))
            else:
                records.append(record)
        return records


def split_values(value: Any, notes: Notes) -> list[str]:
    """The values of a `;`-separated list, trimmed, each once and in order."""
    parts = (text(value, "values", notes) or "").split(";")
    return list(dict.fromkeys(filter(None, (part.strip() for part in parts))))


def _is_of_candidates(kind: Any, notes: Notes) -> bool:
    if kind in ("candidates", "vacancies"):
        return bool(kind == "candidates")
    notes.add("unknown_tag_type", "type", kind, Message("tag_type_unknown"))
    return False


def _record(tag_id: str, title: str, value: str, *, discovered: bool) -> TagRecord | None:
    """One unified tag; null if tag and value together are too long for an id."""
    remote_id = usable_id(f"{tag_id}:{value}" if value else tag_id)
    if remote_id is None:
        return None
    return TagRecord(remote_id, f"{title}: {value}" if value else title, tag_id, discovered)
