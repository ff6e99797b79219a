"""What syncs changed in a record, for its page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from integrations.admin.base.formatting import NOTHING, date_time
from integrations.admin.records.field_sources import Words, in_words, label_of
from integrations.changes.feed import KEPT_EACH
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    Job,
    MirroredRecord,
    RecordChange,
    SyncRun,
    Tag,
)
from integrations.records import Model as Kind
from integrations.sync.history import KEPT_FOR

MODELS: dict[type[MirroredRecord], Kind] = {
    Job: Kind.JOBS,
    ApplicationStage: Kind.APPLICATION_STAGES,
    Candidate: Kind.CANDIDATES,
    Application: Kind.APPLICATIONS,
    Tag: Kind.TAGS,
}
# Columns that hold the id of another record.
_NAMED: dict[str, type[MirroredRecord]] = {
    "current_stage_id": ApplicationStage,
    "job_id": Job,
    "candidate_id": Candidate,
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that changed; `hidden`: its values are not stored."""

    label: Words
    old: object
    new: object
    hidden: bool


@dataclass(frozen=True, slots=True)
class Change:
    at: dt.datetime
    record_id: str
    fields: list[FieldChange]
    run: SyncRun | None


@dataclass(frozen=True, slots=True)
class RecordChanges:
    """The newest changes, and for how long they are kept, in days."""

    rows: list[Change]
    most: int = KEPT_EACH
    days: int = KEPT_FOR.days


def changes_of(record: MirroredRecord) -> RecordChanges:
    """The newest changes of `record`, with the runs that found them."""
    found = RecordChange.objects.filter(
        model=MODELS[type(record)], record_id=record.pk, integration=record.integration_id
    )
    return RecordChanges(describe(type(record), list(found.order_by("-id")[:KEPT_EACH])))


def describe(model: type[MirroredRecord], changes: list[RecordChange]) -> list[Change]:
    """`changes` of records of `model`, with labels and values as pages show them."""
    named = _names(changes)
    run_of = _runs(changes)
    return [
        Change(
            change.at,
            change.record_id,
            [_field(model, entry, named) for entry in change.fields],
            run_of(change.at),
        )
        for change in changes
    ]


def _field(
    model: type[MirroredRecord], entry: dict[str, Any], named: dict[str, str]
) -> FieldChange:
    field = entry["field"]
    hidden = "old" not in entry
    if field == "remote_deleted_at":
        return FieldChange(_("In Flatchr"), _("Deleted"), _("Back again"), hidden=False)
    old, new = (_value(field, entry.get(side), named) for side in ("old", "new"))
    return FieldChange(label_of(model, field), old, new, hidden)


def _value(field: str, text: str | None, named: dict[str, str]) -> object:
    if text is None:
        return NOTHING
    if field in _NAMED:
        return named.get(text, text)
    if field.endswith("_at"):
        moment = parse_datetime(text)
        return date_time(moment.replace(tzinfo=dt.UTC)) if moment else text
    return in_words(field, text)


def _names(changes: Iterable[RecordChange]) -> dict[str, str]:
    """The names of the records that old and new values point at, by id."""
    wanted: dict[type[MirroredRecord], set[str]] = {}
    for change in changes:
        for entry in change.fields:
            if model := _NAMED.get(entry["field"]):
                ids = {entry.get("old"), entry.get("new")} - {None}
                wanted.setdefault(model, set()).update(ids)
    return {
        record.pk: str(record)
        for model, ids in wanted.items()
        for record in model.objects.filter(pk__in=ids).without_raw()
    }


def _runs(changes: list[RecordChange]) -> Callable[[dt.datetime], SyncRun | None]:
    """A function that finds the run that was under way at a moment, which made the change."""
    if not changes:
        return lambda _moment: None
    moments = [change.at for change in changes]
    runs = list(
        SyncRun.objects.filter(
            integration=changes[0].integration_id,
            started_at__lte=max(moments),
            queued_at__gte=min(moments) - dt.timedelta(days=1),
        ).order_by("-id")[:500]
    )

    def run_of(moment: dt.datetime) -> SyncRun | None:
        return next(
            (
                run
                for run in runs
                if run.started_at
                and run.started_at <= moment
                and (run.ended_at is None or moment <= run.ended_at)
            ),
            None,
        )

    return run_of
