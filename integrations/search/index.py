"""The trigram index of `SearchEntry.words`, which PostgreSQL needs an extension for.

The migration makes both. Where its role may not create extensions, a search reads every entry
until somebody who may has created it; the index is then made before entries are next filled in.
"""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.db import DatabaseError, connection, connections, transaction

NAME = "search_entry_words"
MAKE = (
    f"CREATE INDEX IF NOT EXISTS {NAME} ON integrations_searchentry USING gin (words gin_trgm_ops)"
)


def is_missing(alias: str = "default") -> bool:
    """Whether the table is there and its index is not."""
    if connections[alias].vendor != "postgresql":
        return False
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('integrations_searchentry') IS NOT NULL"
            " AND to_regclass(%s) IS NULL",
            [NAME],
        )
        return bool(cursor.fetchone()[0])


def make_where_missing() -> None:
    """Make the index when the extension has come since. Idempotent."""
    if not is_missing():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm')")
        if cursor.fetchone()[0]:
            with transaction.atomic():
                cursor.execute(MAKE)


def settle() -> None:
    """Sort what has been added into the index: until then, each search reads through it."""
    if connection.vendor == "postgresql" and not is_missing():
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [NAME])


@checks.register(checks.Tags.database)
def check_index(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Warns when searches read every entry for want of the index."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        try:
            missing = is_missing(alias)
        except DatabaseError:
            # Not to be reached: others say so.
            continue
        if missing:
            found.append(
                checks.Warning(
                    "The dashboard's search reads every entry, since PostgreSQL's extension "
                    "pg_trgm is not there.",
                    hint="Run CREATE EXTENSION pg_trgm in Relais' database as a role that may. "
                    "Relais makes the index itself before it next fills in entries.",
                    id="relais.W001",
                )
            )
    return found
