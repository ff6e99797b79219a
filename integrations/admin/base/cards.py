"""The parts of a record's page: cards of fields, and short lists of related records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from integrations.admin.base.badges import gone_badge
from integrations.admin.base.formatting import date_time, link
from integrations.admin.base.pagination import cut
from integrations.models import MirroredRecord

FEW = 10
# Characters of a raw object that a page shows at most.
RAW_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    rows: Sequence[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Related:
    """The first few related records, and where to see the rest."""

    title: str
    headers: tuple[str, ...]
    rows: list[tuple[object, ...]]
    empty: str
    all_url: str = ""
    all_label: str = ""
    more: bool = False

    @property
    def labelled_rows(self) -> list[list[tuple[str, object]]]:
        """Each cell with its column's heading, which a narrow screen shows beside it."""
        return [list(zip(self.headers, row, strict=True)) for row in self.rows]


def related(
    title: str,
    headers: tuple[str, ...],
    records: Any,
    cells: Callable[[Any], tuple[object, ...]],
    *,
    empty: str,
    all_url: str = "",
    all_label: str = "",
) -> Related:
    """The first `FEW` of `records`, a queryset."""
    found = cut(records, 0, FEW)
    return Related(
        title=title,
        headers=headers,
        rows=[cells(record) for record in found.rows],
        empty=empty,
        all_url=all_url,
        all_label=all_label or _("See all"),
        more=found.more,
    )


def record_card(record: MirroredRecord, *dates: tuple[str, object]) -> Card:
    """What every mirrored record has: its tenant, its ids and its dates."""
    rows: list[tuple[str, object]] = [
        (_("Tenant"), link(record.integration)),
        (_("Flatchr ID"), record.remote_id),
        (_("Relais ID"), record.pk),
        *dates,
        (_("Changed in Relais"), date_time(record.changed_at)),
    ]
    if record.remote_deleted_at:
        rows.append((_("Deleted in Flatchr"), date_time(record.remote_deleted_at)))
    return Card(_("Record"), rows)


def pretty(data: Any) -> str:
    """The raw Flatchr object, indented."""
    if data is None:
        return ""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return text if len(text) <= RAW_LIMIT else text[:RAW_LIMIT] + "\n" + _("… (shortened)")


def pretty_text(raw: str) -> str:
    """As `pretty`, for JSON kept as text; text that is not JSON is shown as it is."""
    try:
        return pretty(json.loads(raw))
    except ValueError:
        return raw[:RAW_LIMIT]


def filled(rows: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """The rows that have a value."""
    return [row for row in rows if row[1] not in (None, "", "–")]


def badges(record: MirroredRecord, *others: object) -> list[object]:
    return [
        badge for badge in (*others, gone_badge(record.remote_deleted_at)) if badge and badge != "–"
    ]
