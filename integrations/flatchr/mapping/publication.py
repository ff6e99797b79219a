"""Where and since when a vacancy is published (`mapping.md`, Job; `flatchr-api.md §1, §4`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.flatchr.mapping.dates import instant
from integrations.flatchr.mapping.notes import Notes
from integrations.flatchr.mapping.values import as_flag, as_integer
from integrations.records import Visibility

CAREER_SITE = 98
INTRANET = 152


@dataclass(frozen=True, slots=True)
class Publication:
    """Null visibility: the answer did not say where the vacancy is published."""

    visibility: Visibility | None
    since: datetime | None


def publication(items: Any, notes: Notes) -> Publication:
    """What the publication items of one vacancy (`fields=items`) say."""
    if not isinstance(items, list):
        if items is not None:
            notes.unexpected("visibility", items)
        return Publication(None, None)
    published = []
    for item in items:
        if not isinstance(item, dict):
            notes.unexpected("visibility", item)
        elif _is_published(item):
            published.append(item)
    dates = [instant(item.get("created_at"), "opened_at", notes) for item in published]
    return Publication(
        _visibility({as_integer(item.get("offer_id")) for item in published}),
        min(filter(None, dates), default=None),
    )


def _is_published(item: dict[str, Any]) -> bool:
    """`published` is a boolean; newer answers have a `status` of "published" as well."""
    if item.get("published") is None:
        return item.get("status") == "published"
    return as_flag(item["published"]) is True


def _visibility(offers: set[int | None]) -> Visibility:
    if CAREER_SITE in offers:
        return Visibility.PUBLIC
    return Visibility.INTERNAL if INTRANET in offers else Visibility.UNLISTED
