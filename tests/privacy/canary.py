"""An invented person, and a walk over all that an installation has for any trace of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection

from integrations.models import AuditEntry

EMAIL = "quetzalia.vombatier@courrier.example"
FIRST, LAST = "Quetzalía", "Vombatier-Öz"
PHONE = "+33 6 39 98 77 31"
# Each as it may be written somewhere, also by JSON and in other cases.
TRACES = (
    "quetzal",
    "vombatier",
    "639987731",
    "6 39 98 77 31",
    "6.39.98.77.31",
    "39 98 77 31",
)


def traces_in(text: str) -> set[str]:
    lowered = text.casefold()
    return {trace for trace in TRACES if trace in lowered}


def found_in_database() -> list[str]:
    """Table, column and trace of all that is found in any row of any table."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            columns = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    found += [f"{table}.{column}: {one}" for one in traces_in(_text(value))]
    for session in Session.objects.all():
        found += [f"session: {one}" for one in traces_in(json.dumps(session.get_decoded()))]
    return found


def found_in_files(folder: Path) -> list[str]:
    """The same for names and contents of files, compressed or not."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}"
            found += [f"{path.relative_to(folder)}: {one}" for one in traces_in(text)]
    return found


def found_in_sqlite_file() -> list[str]:
    """The same for the bytes of the database, pages of removed rows included."""
    if connection.vendor != "sqlite":
        return []
    raw: sqlite3.Connection = connection.connection
    found = [f"bytes: {one}" for one in traces_in(raw.serialize().decode("utf-8", "replace"))]
    file = connection.settings_dict["NAME"]
    for path in map(Path, (file, f"{file}-wal")):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            found += [f"{path.name}: {one}" for one in traces_in(text)]
    return found


def places_of(found: list[str]) -> set[str]:
    return {one.partition(":")[0] for one in found}


def audit_says() -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in AuditEntry.objects.order_by("pk"):
        yield entry.what, entry.details


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
