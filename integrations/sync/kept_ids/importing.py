"""Importing ids from elsewhere, so that an application that has stored them goes on with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from django.db.models import Count, Q

from integrations.models import Integration, KeptId
from integrations.records import Model
from integrations.sync.kept_ids.reading import IdsRefused, KeptRow, shortened
from integrations.sync.kept_ids.renaming import BATCH, TABLES, settle
from integrations.sync.lease import RunBegun, hold_off_runs

# Columns that say which record an id belongs to.
_OWNER = ("integration_id", "remote_id")


class _SyncRunning(Exception):
    """A sync of the tenant is running, which knows records by the ids that they have now."""


class KeptIds(NamedTuple):
    """How many ids of a model are in use, and how many wait for a record."""

    used: int
    waiting: int


def import_ids(integration: Integration, rows: Iterable[KeptRow]) -> dict[Model, KeptIds]:
    """Keep these ids from now on; return what is kept of each model, earlier imports included.

    While a sync runs they wait for its end. Idempotent. Raises `IdsRefused`, having changed
    nothing.
    """
    wanted = list({(row.model, row.remote_id): row for row in rows}.values())
    if problems := shortened(list(_taken(integration, wanted))):
        raise IdsRefused(problems)
    KeptId.objects.bulk_create(
        [
            KeptId(
                integration=integration,
                model=row.model,
                remote_id=row.remote_id,
                record_id=row.id,
            )
            for row in wanted
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["integration", "model", "remote_id"],
        update_fields=["record_id", "applied_at"],
    )
    with suppress(_SyncRunning, RunBegun):
        settle(integration.pk, hold=lambda: _hold(integration.pk))
    return summary(integration)


def _hold(integration_id: str) -> None:
    if hold_off_runs(integration_id) is not None:
        raise _SyncRunning


def _taken(integration: Integration, rows: Iterable[KeptRow]) -> Iterator[str]:
    """What is wrong with ids that other records have, or are to have, here."""
    by_model: dict[Model, dict[str, KeptRow]] = {}
    for row in rows:
        by_model.setdefault(row.model, {})[row.id] = row
    for model, mine in by_model.items():
        for part in _parts(list(mine)):
            records = TABLES[model].objects.filter(pk__in=part)
            kept = KeptId.objects.filter(model=model, record_id__in=part)
            for whose, found in (
                ("another record’s here", records.values_list("pk", *_OWNER)),
                ("kept for another record", kept.values_list("record_id", *_OWNER)),
            ):
                for pk, tenant, remote_id in found:
                    same = model is Model.CANDIDATES or remote_id == mine[pk].remote_id
                    if tenant != integration.pk or not same:
                        yield f"Line {mine[pk].line}: the id {pk} is {whose}."


def summary(integration: Integration) -> dict[Model, KeptIds]:
    """By model, how many kept ids are in use and how many wait."""
    rows = KeptId.objects.filter(integration=integration).order_by().values("model")
    counts = rows.annotate(n=Count("pk"), waiting=Count("pk", filter=Q(applied_at=None)))
    found = {row["model"]: KeptIds(row["n"] - row["waiting"], row["waiting"]) for row in counts}
    return {model: found[model] for model in TABLES if model in found}


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
