"""The audit trail as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import orjson
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.audit.queries import label, who
from integrations.models import AuditEntry
from integrations.spreadsheets.csv_file import csv_lines
from integrations.spreadsheets.escaping import guard


def headings() -> list[str]:
    return [
        _("When"),
        _("What"),
        _("Who"),
        _("IP address"),
        _("Tenant"),
        _("Tenant ID"),
        _("Object"),
        _("Object ID"),
        _("Name"),
        _("Details"),
    ]


def as_csv(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """The entries, newest first, line by line; times are ISO 8601 in UTC."""
    # Spreadsheets take a file without this for another encoding.
    yield "\ufeff" + csv_lines([[heading] for heading in headings()])
    for entry in entries.order_by("-id").iterator(chunk_size=2000):
        yield csv_lines([[guard(value)] for value in _row(entry)])


def _row(entry: AuditEntry) -> list[str]:
    return [
        entry.at.astimezone(UTC).isoformat(),
        label(entry.what),
        who(entry),
        entry.ip or "",
        entry.tenant,
        entry.integration_id,
        entry.object_kind,
        entry.object_id,
        entry.object_name,
        orjson.dumps(entry.details).decode() if entry.details else "",
    ]
