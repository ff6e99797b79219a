"""Emptying the database after a test that has committed something.

Django's own way, in a test that is not rolled back, is to truncate every table and to make content
types and permissions anew, which took longer than most tests. Here only the tables that hold
something are emptied, and what every database holds after its migrations stays as it is.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from django.db import connections, transaction
from django.test import TransactionTestCase
from django.utils import timezone

from integrations.models import AuditPurge

# Made by `migrate` itself, and the same for every test.
_KEPT = frozenset({"auth_permission", "django_content_type"})


def install() -> None:
    """Have Django's test cases empty the database in this way."""
    TransactionTestCase._fixture_teardown = _tear_down  # type: ignore[attr-defined]


def _tear_down(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        empty(alias)


def empty(alias: str) -> None:
    """Delete every row that tests can have made. Sequences go on, as they do after Django's way."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(_which_are_filled(alias))
        filled = [table for (table,) in cursor.fetchall()]
        # Foreign keys are checked at the end of the transaction, so any order will do.
        with transaction.atomic(using=alias):
            if "integrations_auditentry" in filled:
                # The database lets go of the audit trail only where this says so.
                AuditPurge.objects.using(alias).create(before=timezone.now() + timedelta(days=3650))
                filled = [*filled, "integrations_auditpurge"]
            for table in filled:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608


@cache
def _which_are_filled(alias: str) -> str:
    connection = connections[alias]
    tables = set(connection.introspection.django_table_names(include_views=False)) - _KEPT
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"  # noqa: S608
        for table in sorted(tables)
    )
