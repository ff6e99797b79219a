"""Deletions: what a complete read no longer returns is deleted, or held for an operator.

The deletion guard (`must_hold`, `docs/mapping.md`, Reading rules) decides which. A deleted record
keeps its row with `remote_deleted_at`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.changes.recording import note, recorded
from integrations.models import DecidedDeletion, HeldDeletion, HoldChoice, HoldDecision, SyncRun
from integrations.records import PROVISIONAL, Model
from integrations.sync.bulk.dialects import Table, dialect
from integrations.sync.bulk.store import Store
from integrations.sync.bulk.tables import (
    APPLICATIONS,
    CANDIDATE_TAGS,
    CANDIDATES,
    JOB_STAGES,
    JOBS,
    STAGES,
    TAGS,
)

# How long Flatchr may take to list an applicant that was submitted from here.
GRACE = timedelta(days=2)

# The deletion guard: more records than `HOLD_ABOVE` that are also more than this share of all.
HOLD_SHARE = 0.20
HOLD_ABOVE = 20
# Records that vanish at once while live ones name them: more are no ordinary day's. A column of
# Flatchr's is emptied before it is removed, so that one is the most.
HOLD_NAMED = {Model.JOBS: 3, Model.APPLICATION_STAGES: 1, Model.TAGS: 3}

GUARDED = {table.model: table for table in (JOBS, STAGES, TAGS, APPLICATIONS)}


def must_hold(*, live: int, vanishing: int) -> bool:
    """Whether so large a part of a model would be deleted that an operator must confirm it.

    `live` counts the model's records before the deletion, `vanishing` those to be deleted.
    """
    return vanishing > HOLD_ABOVE and vanishing > live * HOLD_SHARE


def delete_unseen(store: Store, table: Table) -> None:
    """Delete what this read did not return, or hold it if the guard says so.

    Only after a complete read of `table`'s model. What earlier runs hold of it is released: the
    findings of this read count instead. A record that somebody has kept, restored or left undecided
    among others is held however few there are: what a person has looked at, no sync deletes.
    """
    with recorded(store.integration_id):
        store.lease.renew()
        counts = store.recorder.counts(table.model)
        live, vanishing = (0, 0) if store.first_read else _count(store, table)
        if vanishing:
            whole = (
                must_hold(live=live, vanishing=vanishing)
                # A company has at least one of what it had, or people look: the list may be empty,
                # that of another company, or of something else.
                or vanishing >= live - counts.created - counts.restored
                or _returned_nothing()
                or _still_named(store, table)
            )
            counts.held = _hold(store, table, whole=whole)
        _held_earlier(store, table).delete()
        if vanishing > counts.held:
            held_now, values = _held_on(store.run.pk, table.model)
            condition = f"{_unseen(table)} AND {table.name}.id NOT IN ({held_now})"
            counts.deleted += _mark(table, condition, *_unseen_values(store), *values)
        store.recorder.save(table.model)


def delete_records(
    integration_id: str, model: Model, ids: str, *parameters: Any, at: datetime
) -> int:
    """Delete the live records of a guarded model with these ids; the number of them.

    `ids` is a query with `parameters`. Inside `recorded`.
    """
    table = GUARDED[model]
    condition = f"{_live(table)} AND {table.name}.id IN ({ids})"
    return _mark(table, condition, integration_id, *parameters, at=at)


def release_seen(store: Store, table: Table) -> None:
    """Release the deletions held on earlier runs whose records this read has returned, and forget
    that somebody has kept or restored them.
    """
    if table.model not in store.holding:
        return
    held_on = _held_earlier(store, table).values_list("run_id", flat=True).distinct()
    staying = DecidedDeletion.objects.staying(store.integration_id).filter(model=table.model)
    decided = staying.values_list("decision_id", flat=True).distinct()
    with transaction.atomic(), connection.cursor() as cursor:
        store.lease.renew()
        for name, column, keys in (
            (HeldDeletion._meta.db_table, "run_id", list(held_on)),
            (DecidedDeletion._meta.db_table, "decision_id", list(decided)),
        ):
            for key in keys:
                cursor.execute(
                    f"DELETE FROM {name} WHERE {column} = %s AND model = %s"
                    f" AND record_id IN (SELECT {table.name}.id FROM {table.name} JOIN relais_seen"
                    f" ON relais_seen.remote_id = {table.name}.remote_id"
                    f" WHERE {table.name}.integration_id = %s)",
                    [key, table.model.value, store.integration_id],
                )


def _held_earlier(store: Store, table: Table) -> QuerySet[HeldDeletion]:
    return HeldDeletion.objects.filter(
        run__integration_id=store.integration_id, model=table.model
    ).exclude(run=store.run)


def release(integration_id: str, model: Model, record_ids: Collection[str]) -> None:
    """Release held deletions of records that Flatchr has shown since."""
    shown: dict[str, Any] = {"model": model, "record_id__in": list(record_ids)}
    HeldDeletion.objects.filter(run__integration_id=integration_id, **shown).delete()
    DecidedDeletion.objects.staying(integration_id).filter(**shown).delete()


def delete_orphans(integration_id: str, table: Table, *, at: datetime | None = None) -> int:
    """Delete records whose parents are deleted; return how many.

    A candidate is deleted when no live application is left, a job stage with its job or its stage,
    a candidate tag with its candidate or its tag. Inside `recorded`.
    """
    condition = f"{_live(table)} AND ({_ORPHANED[table.model]})"
    return _mark(table, condition, integration_id, at=at)


def _parent_deleted(table: Table, key: str, parent: Table) -> str:
    return (
        f"NOT EXISTS (SELECT 1 FROM {parent.name} parent WHERE parent.id = {table.name}.{key}"
        " AND parent.remote_deleted_at IS NULL)"
    )


_ORPHANED = {
    Model.CANDIDATES: (
        f"NOT EXISTS (SELECT 1 FROM {APPLICATIONS.name} application"
        f" WHERE application.candidate_id = {CANDIDATES.name}.id"
        " AND application.remote_deleted_at IS NULL)"
    ),
    Model.JOB_STAGES: (
        f"{_parent_deleted(JOB_STAGES, 'job_id', JOBS)}"
        f" OR {_parent_deleted(JOB_STAGES, 'stage_id', STAGES)}"
    ),
    Model.CANDIDATE_TAGS: (
        f"{_parent_deleted(CANDIDATE_TAGS, 'candidate_id', CANDIDATES)}"
        f" OR {_parent_deleted(CANDIDATE_TAGS, 'tag_id', TAGS)}"
    ),
}


def _live(table: Table) -> str:
    return f"{table.name}.integration_id = %s AND {table.name}.remote_deleted_at IS NULL"


def _unseen(table: Table) -> str:
    """Condition: live, and not returned by this read. New provisional records have `GRACE`, and
    what was written beside this run, for instance for an event, Flatchr has shown meanwhile.
    """
    return (
        f"{_live(table)} AND {table.name}.changed_at <= %s AND NOT EXISTS"
        f" (SELECT 1 FROM relais_seen WHERE relais_seen.remote_id = {table.name}.remote_id)"
        f" AND NOT ({table.name}.changed_at > %s"
        f" AND substr({table.name}.remote_id, 1, {len(PROVISIONAL)}) = '{PROVISIONAL}')"
    )


def _unseen_values(store: Store) -> tuple[Any, ...]:
    """The parameters of `_unseen`."""
    to_column = dialect().timestamp
    return store.integration_id, to_column(store.since), to_column(timezone.now() - GRACE)


def _count(store: Store, table: Table) -> tuple[int, int]:
    """The number of live records, and of those among them that this read did not return."""
    with connection.cursor() as cursor:
        dialect().analyze_seen(cursor, table)
        figures = []
        for condition, values in (
            (_live(table), (store.integration_id,)),
            (_unseen(table), _unseen_values(store)),
        ):
            cursor.execute(f"SELECT COUNT(*) FROM {table.name} WHERE {condition}", values)
            figures.append(cursor.fetchone()[0])
    return figures[0], figures[1]


def _returned_nothing() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM relais_seen LIMIT 1")
        return cursor.fetchone() is None


def _still_named(store: Store, table: Table) -> bool:
    """Whether more than a few of the vanishing records are named by live ones."""
    if table.model not in HOLD_NAMED:
        return False
    naming, key = _NAMING[table.model]
    named = (
        f"EXISTS (SELECT 1 FROM {naming.name} naming WHERE naming.{key} = {table.name}.id"
        " AND naming.remote_deleted_at IS NULL)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM {table.name} WHERE {_unseen(table)} AND {named}",
            _unseen_values(store),
        )
        return int(cursor.fetchone()[0]) > HOLD_NAMED[table.model]


_NAMING = {
    Model.JOBS: (APPLICATIONS, "job_id"),
    Model.APPLICATION_STAGES: (APPLICATIONS, "current_stage_id"),
    Model.TAGS: (CANDIDATE_TAGS, "tag_id"),
}


def _mark(
    table: Table,
    condition: str,
    integration_id: str,
    *values: Any,
    at: datetime | None = None,
) -> int:
    """Delete the records of `condition`, whose first parameter is the tenant."""
    moment = at or timezone.now()
    now = dialect().timestamp(moment)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table.name} SET remote_deleted_at = %s, changed_at = %s WHERE {condition}",
            [now, now, integration_id, *values],
        )
        deleted = int(cursor.rowcount)
    if deleted:
        note(integration_id, table.model, moment)
    return deleted


def _hold(store: Store, table: Table, *, whole: bool) -> int:
    """Hold what this read did not return: the whole of it, or what somebody has looked at."""
    reviewed = f"{table.name}.id IN ({_REVIEWED})"
    known = [store.integration_id, table.model.value, store.run.pk] * 2
    condition = "" if whole else f" AND {reviewed}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {HeldDeletion._meta.db_table} (run_id, model, record_id, reviewed)"
            f" SELECT %s, %s, {table.name}.id, {reviewed} FROM {table.name}"
            f" WHERE {_unseen(table)}{condition}",
            [
                *(store.run.pk, table.model.value, *known),
                *_unseen_values(store),
                *([] if whole else known),
            ],
        )
        return int(cursor.rowcount)


# Ids of the records of a tenant and model that somebody has looked at on earlier runs' lists.
_REVIEWED = (
    f"SELECT held.record_id FROM {HeldDeletion._meta.db_table} held"
    f" JOIN {SyncRun._meta.db_table} run ON run.id = held.run_id"
    " WHERE run.integration_id = %s AND held.model = %s AND run.id <> %s AND held.reviewed"
    f" UNION ALL SELECT decided.record_id FROM {DecidedDeletion._meta.db_table} decided"
    f" JOIN {HoldDecision._meta.db_table} decision ON decision.id = decided.decision_id"
    f" JOIN {SyncRun._meta.db_table} run ON run.id = decision.run_id"
    " WHERE run.integration_id = %s AND decided.model = %s AND run.id <> %s"
    f" AND (decision.choice = '{HoldChoice.KEPT.value}' OR decision.undone_at IS NOT NULL)"
)


def _held_on(run_id: int, model: Model) -> tuple[str, list[Any]]:
    """A query for the ids of the records of a model that a run holds, and its parameters."""
    return (
        f"SELECT record_id FROM {HeldDeletion._meta.db_table} WHERE run_id = %s AND model = %s",
        [run_id, model.value],
    )
