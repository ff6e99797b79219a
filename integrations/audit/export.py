"""The audit trail as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.audit.queries import label, who
from integrations.models import AuditEntry
from integrations.spreadsheets import guard


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
    writer: Any = csv.writer(_Echo())
    # Spreadsheets take a file without this for another encoding.
    yield "\ufeff" + writer.writerow(headings())
    for entry in entries.order_by("-id").iterator(chunk_size=2000):
        yield writer.writerow([guard(value) for value in _row(entry)])


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


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line
