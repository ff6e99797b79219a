"""A tenant after its first full sync, for tests that are not about syncs: one takes longer than
most of them. The rows that a real one has written are kept, and put back for later tests.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from integrations import ids
from integrations.models import FlatchrCredentials, FlatchrSettings, Integration
from tests.sync.running import sync_with_tags

if TYPE_CHECKING:
    from integrations.sandbox import Sandbox

# Both have a row for the tenant before its first sync, which it changes.
_OWN = (FlatchrCredentials, FlatchrSettings)


@dataclass(frozen=True)
class Written:
    """What a sync has written: new rows by table with their columns, and changed fields."""

    rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]]
    tenant: dict[str, Any]
    own: list[dict[str, Any]]


_written: dict[str, Written] = {}

# Rows hold Flatchr's address, so that sandboxes come back to the same few: not to one, as a request
# that comes late would meet the sandbox of the next test. Below those that the system hands out.
PORTS = cycle(Random(os.getpid()).sample(range(20_000, 32_000), 4))


def tenant_id() -> str:
    """Ids of records follow from that of the tenant, so that it has to be the same each time."""
    drawn = Random(f"{os.environ.get('TEST_SEED', '')}:first sync")
    return f"{ids.TOOL}:{''.join(drawn.choices(ids.ALPHABET, k=ids.LENGTH))}"


def synchronise(tenant: Integration, sandbox: Sandbox) -> None:
    """Have the tenant, whose id is `tenant_id()`, as its first full sync leaves it."""
    assert tenant.pk == tenant_id()
    held = repr((sandbox.url, _content(sandbox), _settings(tenant)))
    if known := _written.get(held):
        _put_back(known, tenant)
    else:
        before = _rows()
        sync_with_tags(tenant)
        after = _rows()
        new = {
            table: (columns, [row for row in rows if row not in before[table][1]])
            for table, (columns, rows) in after.items()
        }
        changed = {Integration._meta.db_table, *(model._meta.db_table for model in _OWN)}
        _written[held] = Written(
            {table: found for table, found in new.items() if found[1] and table not in changed},
            Integration.objects.filter(pk=tenant.pk).values()[0],
            [model.objects.filter(integration=tenant).values()[0] for model in _OWN],
        )
    tenant.refresh_from_db()


def _content(sandbox: Sandbox) -> list[Any]:
    people = sandbox.world.company.applicants.seeded, sandbox.added_applicants()
    return [sandbox.vacancies(), sandbox.columns(), sandbox.tags(), *people]


def _settings(tenant: Integration) -> dict[str, Any]:
    values: dict[str, Any] = FlatchrSettings.objects.values().get(integration=tenant)
    return {name: value for name, value in values.items() if name != "id"}


def _rows() -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Every row of every table, as the database's driver has it."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(include_views=False):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = ([column[0] for column in cursor.description], cursor.fetchall())
    return found


def _put_back(known: Written, tenant: Integration) -> None:
    # Foreign keys are checked at the end of the transaction, so any order will do.
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (columns, rows) in known.rows.items():
            names = ", ".join(map(connection.ops.quote_name, columns))
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {connection.ops.quote_name(table)} ({names}) VALUES ({places})",  # noqa: S608
                rows,
            )
        Integration.objects.filter(pk=tenant.pk).update(**known.tenant)
        for model, values in zip(_OWN, known.own, strict=True):
            kept = {name: values[name] for name in values if name not in ("id", "integration_id")}
            model.objects.filter(integration=tenant).update(**kept)
