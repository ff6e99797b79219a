"""Retrying a quarantined record: one record is read from Flatchr again and stored as a sync would.

Mapping is a pure function, so the stored source object would be rejected again: Flatchr is asked
for the record as it is now, with the reader and the drafts that the phases of a sync use.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import F

from integrations.audit import trail
from integrations.changes.recording import recorded
from integrations.flatchr.applicant_lookup import applicant_by_id
from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.configuration import INTERACTIVE
from integrations.flatchr.errors import FlatchrError
from integrations.messages import Message
from integrations.models import (
    LIVE_STATES,
    Event,
    Integration,
    Job,
    ModelResult,
    QuarantinedRecord,
    SyncRun,
)
from integrations.records import JobRecord, Model, Rejected, StageRecord, TagRecord
from integrations.sync.applicants import incremental
from integrations.sync.bulk.store import RowChanges, read_stored
from integrations.sync.deletions import GUARDED
from integrations.sync.held_deletions import lock_out_syncs
from integrations.sync.listed_models import (
    LISTED_MODELS,
    ListedModel,
    build_reader,
    store_listed,
)
from integrations.sync.runs import SyncRefused
from integrations.tenants import clients
from integrations.tenants.exchange_recorder import ExchangeRecorder
from integrations.tenants.scopes import excluded_models

PATIENCE = replace(INTERACTIVE, stream_deadline=30)

ListedRecord = JobRecord | StageRecord | TagRecord


@dataclass(frozen=True, slots=True)
class RetryResult:
    """Whether the record is stored now, a message for the user, and the id of the stored record."""

    worked: bool
    message: str
    record_id: str = ""


@dataclass(slots=True)
class CurrentRecord:
    """The record as Flatchr has it now, or why it cannot be mapped; empty if it is not there.

    `records` are those of a listed model: several for a tag with several values.
    """

    records: list[ListedRecord] = field(default_factory=list)
    applicant: tuple[Any, str] | None = None
    rejected: Rejected | None = None


def retry(item: QuarantinedRecord) -> RetryResult:
    """Ask Flatchr for the record, and store it as a sync would.

    Once stored, it is removed from the quarantine of its run, and the run's figures are updated.
    If Flatchr still sends it in a form that cannot be mapped, the quarantined object is replaced
    by the current one. Raises `SyncRefused` while a sync of the tenant is live, or when Flatchr
    does not answer.
    """
    run = SyncRun.objects.select_related(
        "integration__credentials", "integration__flatchr_settings"
    ).get(pk=item.run_id)
    if not item.remote_id:
        return RetryResult(False, Message("retry_without_id"))
    if item.model in excluded_models(run.integration.flatchr_settings.scopes):
        raise SyncRefused(Message("retry_kind_not_read"))
    advice = Message("try_again_when_ended")
    if SyncRun.objects.filter(integration=run.integration, state__in=LIVE_STATES).exists():
        raise SyncRefused(Message("sync_under_way", advice=advice))
    with _client(run) as client:
        found = _find(client, run.integration, item)
    if found.rejected is not None:
        return _still_refused(item, found.rejected)
    if not found.records and found.applicant is None:
        return RetryResult(False, Message("retry_record_gone"))
    with recorded(run.integration_id):
        lock_out_syncs(run.integration_id, advice)
        record_id = _store(run, item, found)
    return RetryResult(True, Message("retry_record_stored"), record_id)


@contextmanager
def _client(run: SyncRun) -> Iterator[FlatchrClient]:
    """A client whose requests are logged with the run's; its errors become `SyncRefused`."""
    if not hasattr(run.integration, "credentials"):
        raise SyncRefused(Message("tenant_not_connected"))
    exchanges = ExchangeRecorder(run.integration_id, run=run)
    try:
        with clients.open_action_client(run.integration, exchanges, PATIENCE) as client:
            yield client
    except FlatchrError as error:
        raise SyncRefused(Message("nothing_changed", reason=error.message)) from None
    finally:
        exchanges.flush()


# Reading


def _find(
    client: FlatchrClient, integration: Integration, item: QuarantinedRecord
) -> CurrentRecord:
    if item.model == Model.APPLICATIONS:
        return _find_applicant(client, integration, item)
    return _find_listed(client, integration, item, LISTED_MODELS[Model(item.model)])


def _find_listed(
    client: FlatchrClient, integration: Integration, item: QuarantinedRecord, listed: ListedModel
) -> CurrentRecord:
    """Read the whole list, as Flatchr gives no single record of these models."""
    # The next sync reports the warnings on its own run.
    reader = build_reader(client, integration, report=lambda _finding: None)
    found = CurrentRecord()
    for record in listed.read(reader):
        if isinstance(record, Rejected):
            # Of a record that comes twice the later one counts.
            if record.remote_id == item.remote_id:
                found = CurrentRecord(rejected=record)
        elif item.remote_id in (record.remote_id, getattr(record, "parent_id", "")):
            earlier = found.records if isinstance(record, TagRecord) else []
            found = CurrentRecord(records=[*earlier, record])
    return found


def _find_applicant(
    client: FlatchrClient, integration: Integration, item: QuarantinedRecord
) -> CurrentRecord:
    """Search as narrowly as possible, among active and then among archived applicants."""
    for search in _searches(integration, item.raw):
        for archived in (False, True):
            found = applicant_by_id(client, item.remote_id, search, archived=archived)
            if found is not None:
                rejected = incremental.refusal_of(integration.pk, *found)
                return CurrentRecord(applicant=None if rejected else found, rejected=rejected)
    return CurrentRecord()


def _searches(integration: Integration, raw: str) -> Iterator[dict[str, Any]]:
    """Search by e-mail address, which may have been corrected since, then by job."""
    try:
        known = json.loads(raw)
    except (ValueError, RecursionError):
        return
    if not isinstance(known, dict):
        return
    if isinstance(address := known.get("email"), str) and address.strip():
        yield {"email": address}
    if isinstance(number := known.get("vacancy_id"), int):
        jobs = Job.objects.filter(integration=integration, vacancy_id=number)
        for remote_id in jobs.values_list("remote_id", flat=True)[:1]:
            yield {"vacancy": remote_id}


# Storing


def _still_refused(item: QuarantinedRecord, rejected: Rejected) -> RetryResult:
    QuarantinedRecord.objects.filter(pk=item.pk).update(reason=rejected.reason, raw=rejected.raw)
    message = Message("retry_still_unreadable", reason=rejected.reason)
    return RetryResult(False, message)


def _store(run: SyncRun, item: QuarantinedRecord, found: CurrentRecord) -> str:
    """Write the record and count it on the run; return its id. Inside `recorded`."""
    table = GUARDED[Model(item.model)]
    if found.applicant is not None:
        changes = _store_applicant(run.integration_id, item.remote_id, found.applicant)
    else:
        changes = store_listed(run.integration_id, LISTED_MODELS[table.model], found.records)
    quarantined = QuarantinedRecord.objects.filter(
        run=run, model=item.model, remote_id=item.remote_id
    )
    removed, _of_each = quarantined.delete()
    _count(run, item.model, removed, changes)
    trail.record(
        Event.RECORD_RETRIED,
        tenant=run.integration,
        about=run,
        name=str(run),
        model=item.model,
        remote_id=item.remote_id,
    )
    stored = table.record.objects.filter(integration_id=run.integration_id)
    wanted = found.records[0].remote_id if found.records else item.remote_id
    return str(stored.values_list("pk", flat=True).get(remote_id=wanted))


def _store_applicant(integration_id: str, remote_id: str, row: tuple[Any, str]) -> RowChanges:
    table = GUARDED[Model.APPLICATIONS]
    before = read_stored(table, integration_id, [remote_id]).get(remote_id)
    incremental.store_applicants(integration_id, [row])
    after = read_stored(table, integration_id, [remote_id])[remote_id]
    if before is None:
        return RowChanges(new_ids=[after.id])
    if before.deleted:
        return RowChanges(restored=1)
    return RowChanges(updated=int(before.content_hash != after.content_hash))


def _count(run: SyncRun, model: str, removed: int, changes: RowChanges) -> None:
    """Count `removed` quarantined records of the run as what they are now, as a recorder would."""
    written = changes.created + changes.updated + changes.restored
    ModelResult.objects.filter(run=run, model=model, quarantined__gte=removed).update(
        quarantined=F("quarantined") - removed,
        created=F("created") + changes.created,
        updated=F("updated") + changes.updated,
        restored=F("restored") + changes.restored,
        unchanged=F("unchanged") + max(0, removed - written),
    )
