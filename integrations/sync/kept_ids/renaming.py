"""Records get the ids that they had elsewhere (`docs/moving-over.md`).

A record that is there when the ids are imported gets its own at once, one that Flatchr shows later
at the end of the sync that brings it. What refers to the record follows in the same transaction,
and all that shows another id by that is told of as changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from integrations.changes.models import MODELS
from integrations.changes.recording import note, recorded
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    DecidedDeletion,
    HeldDeletion,
    Job,
    KeptId,
    MirroredRecord,
    RecordChange,
    SearchEntry,
    SearchKind,
    Tag,
    TagProgress,
)
from integrations.records import Model

TABLES: dict[Model, type[MirroredRecord]] = {
    Model.JOBS: Job,
    Model.APPLICATION_STAGES: ApplicationStage,
    Model.CANDIDATES: Candidate,
    Model.APPLICATIONS: Application,
    Model.TAGS: Tag,
}
_SEARCHED = {Model.CANDIDATES: SearchKind.CANDIDATE, Model.JOBS: SearchKind.JOB}
# With the way to the tenant.
_HELD: dict[Any, str] = {
    HeldDeletion: "run__integration",
    DecidedDeletion: "decision__run__integration",
}
BATCH = 1000


def settle(integration_id: str, *, hold: Callable[[], object] | None = None) -> None:
    """Give the ids that wait to those records that are there. Idempotent.

    In batches, each a transaction that begins with `hold`, which keeps syncs from writing; without
    it, the caller's transaction does.
    """
    waiting = KeptId.objects.filter(integration=integration_id, applied_at=None)
    models = set(waiting.order_by().values_list("model", flat=True).distinct())
    for model, table in TABLES.items():
        if model not in models:
            continue
        last = 0
        mine = waiting.filter(model=model).order_by("pk")
        while part := list(mine.filter(pk__gt=last)[:BATCH]):
            last = part[-1].pk
            with recorded(integration_id):
                if hold is not None:
                    hold()
                _give(integration_id, model, table, part)


def _give(
    integration_id: str, model: Model, table: type[MirroredRecord], kept: list[KeptId]
) -> None:
    current = _current(integration_id, model, {one.remote_id for one in kept})
    found = [one for one in kept if one.remote_id in current]
    if not found:
        return
    now = timezone.now()
    KeptId.objects.filter(pk__in=[one.pk for one in found]).update(applied_at=now)
    # Who is one person elsewhere may be two here, and two there one here: the first counts.
    ids = {one.record_id for one in found}
    taken = set(table.objects.filter(pk__in=ids).values_list("pk", flat=True))
    named = KeptId.objects.filter(model=model, record_id__in=set(current.values()))
    given = set(named.values_list("record_id", flat=True))
    pairs: dict[str, str] = {}
    for one in found:
        present_id = current[one.remote_id]
        if one.record_id not in taken and present_id not in given:
            pairs[present_id] = one.record_id
            taken.add(one.record_id)
            given.add(present_id)
    if pairs:
        _rename(integration_id, model, table, list(pairs.items()), now)


def _current(integration_id: str, model: Model, remote_ids: set[str]) -> dict[str, str]:
    """The ids that the records have now, by remote id."""
    field = "candidate_id" if model is Model.CANDIDATES else "pk"
    table = Application if model is Model.CANDIDATES else TABLES[model]
    rows = table.objects.filter(integration=integration_id, remote_id__in=remote_ids)
    return dict(rows.order_by("arrival", "pk").values_list("remote_id", field))


def _rename(
    integration_id: str,
    model: Model,
    table: type[MirroredRecord],
    pairs: list[tuple[str, str]],
    now: datetime,
) -> None:
    """Replace ids by others, in the records and wherever they are named."""
    _replace(table, "id", pairs, stamp=now)
    note(integration_id, model, now)
    for relation in table._meta.related_objects:
        referring: Any = relation.related_model
        is_shown = issubclass(referring, MirroredRecord)
        _replace(referring, relation.field.attname, pairs, stamp=now if is_shown else None)
        if is_shown:
            note(integration_id, MODELS[referring], now)
    _replace(RecordChange, "record_id", pairs, model=model)
    for plain, tenant in _HELD.items():
        # Neither has an index by the record, and few tenants have any.
        if plain.objects.filter(**{tenant: integration_id}).exists():
            _replace(plain, "record_id", pairs, model=model)
    if kind := _SEARCHED.get(model):
        _replace(SearchEntry, "record_id", pairs, kind=kind)
    if model is Model.APPLICATIONS:
        _requeue(integration_id, dict(pairs))


def _replace(
    table: Any,
    column: str,
    pairs: list[tuple[str, str]],
    *,
    stamp: datetime | None = None,
    **where: str,
) -> None:
    """Statement by statement: each finds its rows by the index of the column."""
    quote = connection.ops.quote_name
    name = quote(table._meta.get_field(column).column)
    changed = ", changed_at = %s" if stamp else ""
    moment = [connection.ops.adapt_datetimefield_value(stamp)] if stamp else []
    further = "".join(f" AND {quote(one)} = %s" for one in where)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(table._meta.db_table)} SET {name} = %s{changed} "  # noqa: S608
            f"WHERE {name} = %s{further}",
            [(new, *moment, old, *where.values()) for old, new in pairs],
        )


def _requeue(integration_id: str, renamed: dict[str, str]) -> None:
    """Applications whose tags are about to be read are so under their new ids."""
    progress = TagProgress.objects.select_for_update().filter(pk=integration_id).first()
    if progress is not None and progress.queue:
        progress.queue = [renamed.get(pk, pk) for pk in progress.queue]
        progress.save(update_fields=["queue"])
