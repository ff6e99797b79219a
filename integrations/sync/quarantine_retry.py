"""Trying a record again that a run set aside.

A mapping is a pure function, so the object that was set aside would fail once more: Flatchr is
asked for the record as it is now, which goes the way of a sync's records: reader, mapping, store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F

from integrations.audit import trail
from integrations.flatchr.client import SEARCH, FlatchrClient
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.exchange_log import Exchange
from integrations.flatchr.mapping.applicants import ARCHIVED
from integrations.flatchr.policy import Policy
from integrations.flatchr.reader import FlatchrReader
from integrations.models import (
    LIVE_STATES,
    Event,
    HttpExchange,
    Integration,
    Job,
    ModelResult,
    QuarantinedRecord,
    SyncRun,
)
from integrations.records import JobRecord, Model, Rejected, StageRecord, TagRecord
from integrations.sync import incremental
from integrations.sync.bulk.dialects import Table, dialect
from integrations.sync.bulk.store import Changes, apply, compare, jobs_by_vacancy, read_stored
from integrations.sync.bulk.tables import Draft, job_draft, stage_draft, tag_draft
from integrations.sync.deletions import GUARDED, release
from integrations.sync.held_deletions import lock_out_syncs
from integrations.sync.recorder import exchange_row
from integrations.sync.runs import SyncRefused
from integrations.tenants import clients
from integrations.tenants.custom_fields import mapped_fields
from integrations.tenants.scopes import excluded_models
from integrations.tenants.value_maps import value_maps_of

# Somebody waits for the answer.
PATIENCE = Policy(
    connect_timeout=3,
    read_timeout=20,
    get_deadline=20,
    stream_deadline=30,
    attempts=2,
    backoff_cap=0.5,
    retry_after_cap=2,
)

WholeRecord = JobRecord | StageRecord | TagRecord


@dataclass(frozen=True, slots=True)
class Retried:
    """Whether the record is stored now, in words for the user, and the id it is stored under."""

    worked: bool
    message: str
    record_id: str = ""


@dataclass(slots=True)
class _Found:
    """The record as Flatchr has it now; or why it cannot be mapped; or neither: it is not there."""

    records: list[WholeRecord] = field(default_factory=list)
    applicant: tuple[Any, str] | None = None
    rejected: Rejected | None = None


def retry(item: QuarantinedRecord) -> Retried:
    """Ask Flatchr for the record, and store it as a sync would.

    Once it is stored it is no longer set aside on its run, whose figures follow; otherwise what
    Flatchr sends now takes the place of what was set aside. Raises `SyncRefused` while a sync of
    the tenant is live, or when Flatchr does not answer.
    """
    run = SyncRun.objects.select_related(
        "integration__credentials", "integration__flatchr_settings"
    ).get(pk=item.run_id)
    if not item.remote_id:
        return Retried(
            False,
            "Flatchr sent this record without an ID, so it cannot be asked for by itself. "
            "Correct it in Flatchr: the next full sync reads it again.",
        )
    if item.model in excluded_models(run.integration.flatchr_settings.scopes):
        raise SyncRefused(
            "Records of this kind are not read for this tenant. Its page says what is."
        )
    advice = "Try again when it has ended."
    if SyncRun.objects.filter(integration=run.integration, state__in=LIVE_STATES).exists():
        raise SyncRefused(f"A sync of this tenant is under way. {advice}")
    with _client(run) as client:
        found = _find(client, run.integration, item)
    if found.rejected is not None:
        return _still_refused(item, found.rejected)
    if not found.records and found.applicant is None:
        return Retried(
            False,
            "Flatchr does not show this record any more. If it is there, the next full sync "
            "reads it again.",
        )
    with transaction.atomic():
        lock_out_syncs(run.integration_id, advice)
        record_id = _store(run, item, found)
    return Retried(True, "The record could be read and is stored now.", record_id)


@contextmanager
def _client(run: SyncRun) -> Iterator[FlatchrClient]:
    """A client whose requests end up among those of the run; its errors become words."""
    if not hasattr(run.integration, "credentials"):
        raise SyncRefused("This tenant has no Flatchr credentials yet. Enter them first.")
    log = _Log()
    try:
        with clients.open_acting_client(run.integration, log, PATIENCE) as client:
            yield client
    except FlatchrError as error:
        nothing = "Nothing was changed."
        raise SyncRefused(f"{error.message} {nothing}") from None
    finally:
        rows = [exchange_row(exchange, run) for exchange in log.ended]
        HttpExchange.objects.bulk_create(rows, ignore_conflicts=True)


class _Log:
    """The client's observer: remembers what has ended."""

    def __init__(self) -> None:
        self.ended: list[Exchange] = []

    def exchange(self, exchange: Exchange) -> None:
        if exchange.duration is not None:
            self.ended.append(exchange)

    def waiting(self, seconds: float, reason: str) -> None:
        """Nobody watches."""

    def tick(self) -> None:
        """Nothing could stop it."""


# Finding it


def _find(client: FlatchrClient, integration: Integration, item: QuarantinedRecord) -> _Found:
    if item.model == Model.APPLICATIONS:
        return _applicant(client, integration, item)
    reader = _reader(client, integration)
    found = _Found()
    for record in _whole(reader, Model(item.model)):
        if isinstance(record, Rejected):
            # Of a record that comes twice the later one counts.
            if record.remote_id == item.remote_id:
                found = _Found(rejected=record)
        elif item.remote_id in (record.remote_id, getattr(record, "parent_id", "")):
            earlier = found.records if isinstance(record, TagRecord) else []
            found = _Found(records=[*earlier, record])
    return found


def _reader(client: FlatchrClient, integration: Integration) -> FlatchrReader:
    settings = integration.flatchr_settings
    return FlatchrReader(
        client,
        careers_url=clients.endpoints(integration.environment).careers_url,
        integration_id=integration.pk,
        integration_fields=frozenset(settings.integration_fields),
        custom_fields=mapped_fields(integration.pk),
        value_maps=value_maps_of(integration.pk),
        known_jobs=jobs_by_vacancy(integration.pk),
        # What there is to say of it, the next sync says on its own run.
        report=lambda _finding: None,
    )


def _whole(reader: FlatchrReader, model: Model) -> Iterable[WholeRecord | Rejected]:
    if model == Model.JOBS:
        return reader.jobs()
    return reader.stages() if model == Model.APPLICATION_STAGES else reader.tags()


def _applicant(client: FlatchrClient, integration: Integration, item: QuarantinedRecord) -> _Found:
    """Searched for as narrowly as can be, among active applicants and then in the archive."""
    for search in _searches(integration, item.raw):
        for status in ({}, {"status": ARCHIVED}):
            for data, raw in client.stream("POST", SEARCH, json={**search, **status}):
                if isinstance(data, dict) and str(data.get("applicant")) == item.remote_id:
                    rejected = incremental.refusal_of(integration.pk, data, raw)
                    return _Found(applicant=None if rejected else (data, raw), rejected=rejected)
    return _Found()


def _searches(integration: Integration, raw: str) -> Iterator[dict[str, Any]]:
    """By e-mail, which may have been corrected since, and then everybody on the job."""
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


# Storing it


def _still_refused(item: QuarantinedRecord, rejected: Rejected) -> Retried:
    QuarantinedRecord.objects.filter(pk=item.pk).update(reason=rejected.reason, raw=rejected.raw)
    sentence = "Flatchr still sends it in a form that cannot be understood. Correct it there."
    return Retried(False, f"{sentence} {rejected.reason}")


def _store(run: SyncRun, item: QuarantinedRecord, found: _Found) -> str:
    """Write it, and count it as the run would have; the id. Inside a transaction."""
    table = GUARDED[Model(item.model)]
    if found.applicant is not None:
        changes = _store_applicant(run.integration_id, item.remote_id, found.applicant)
    else:
        changes = _store_whole(run.integration_id, table, found.records)
    aside = QuarantinedRecord.objects.filter(run=run, model=item.model, remote_id=item.remote_id)
    gone, _of_each = aside.delete()
    _count(run, item.model, gone, changes)
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


def _store_whole(integration_id: str, table: Table, records: list[WholeRecord]) -> Changes:
    drafts = [_draft(record) for record in records]
    remote_ids = [draft.remote_id for draft in drafts]
    changes = compare(table, integration_id, drafts, read_stored(table, integration_id, remote_ids))
    apply(table, changes)
    stored = table.record.objects.filter(integration_id=integration_id, remote_id__in=remote_ids)
    release(integration_id, table.model, stored.values_list("pk", flat=True))
    return changes


def _draft(record: WholeRecord) -> Draft:
    if isinstance(record, JobRecord):
        return job_draft(record, dialect())
    return stage_draft(record) if isinstance(record, StageRecord) else tag_draft(record)


def _store_applicant(integration_id: str, remote_id: str, row: tuple[Any, str]) -> Changes:
    table = GUARDED[Model.APPLICATIONS]
    before = read_stored(table, integration_id, [remote_id]).get(remote_id)
    incremental.store_applicants(integration_id, [row])
    after = read_stored(table, integration_id, [remote_id])[remote_id]
    if before is None:
        return Changes(new_ids=[after.id])
    if before.deleted:
        return Changes(restored=1)
    return Changes(updated=int(before.content_hash != after.content_hash))


def _count(run: SyncRun, model: str, gone: int, changes: Changes) -> None:
    """As the journal counts: what was seen is new, changed, back, or as it was."""
    written = changes.created + changes.updated + changes.restored
    ModelResult.objects.filter(run=run, model=model, quarantined__gte=gone).update(
        quarantined=F("quarantined") - gone,
        created=F("created") + changes.created,
        updated=F("updated") + changes.updated,
        restored=F("restored") + changes.restored,
        unchanged=F("unchanged") + max(0, gone - written),
    )
