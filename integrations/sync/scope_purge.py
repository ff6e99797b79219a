"""Scope purge: removes stored data that a tenant's scopes leave out (`docs/unified-api.md §12.3`).

A model that is left out is deleted as Flatchr's own deletions are: it is hidden at once, and its
personal data is emptied 14 days later. The operator has chosen it, so the deletion guard does not
apply. Parts of a person are emptied at once, in deleted records, too. Submissions, the history of
the console and files of exports stay, as people have entered or taken them themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations.changes.recording import note, recorded
from integrations.field_catalogue import fields_of
from integrations.models import (
    Application,
    Candidate,
    CandidateTag,
    DecidedDeletion,
    HeldDeletion,
    HttpExchange,
    QuarantinedRecord,
    RecordChange,
    SyncWarning,
    Tag,
    TraitReading,
)
from integrations.models.scopes import Scopes
from integrations.records import Model, PersonRecord
from integrations.sync.bulk.store import Store
from integrations.sync.bulk.tables import digest, person_columns
from integrations.sync.scope_filter import ScopeFilter
from integrations.tenants.exchange_recorder import ABOUT_APPLICANTS, WITHHELD
from integrations.tenants.scopes import mark_applied, redacts_people

BATCH = 1000

_RECORDS = {
    Model.TAGS: Tag,
    Model.CANDIDATE_TAGS: CandidateTag,
    Model.APPLICATIONS: Application,
    Model.CANDIDATES: Candidate,
}
# Candidates go with their applications: Flatchr has no list of them.
_WITH = {Model.APPLICATIONS: (Model.APPLICATIONS, Model.CANDIDATES)}


def delete_excluded(store: Store, model: Model) -> None:
    """Delete the live records of a model that is left out. Idempotent."""
    recorder = store.recorder
    with recorded(store.integration_id):
        store.lease.renew()
        for affected in _WITH.get(model, (model,)):
            HeldDeletion.objects.filter(
                run__integration_id=store.integration_id, model=affected
            ).delete()
            DecidedDeletion.objects.filter(
                decision__run__integration_id=store.integration_id, model=affected
            ).delete()
            moment = timezone.now()
            live: Any = _RECORDS[affected].objects
            deleted = (
                live.live()
                .filter(integration_id=store.integration_id)
                .update(remote_deleted_at=moment, changed_at=moment)
            )
            if deleted:
                note(store.integration_id, affected, moment)
            recorder.counts(affected).deleted += deleted
            recorder.save(affected)
        if model is Model.CANDIDATE_TAGS:
            TraitReading.objects.filter(integration_id=store.integration_id).delete()
    if model is Model.APPLICATIONS:
        # Applicants are never read, so a delta has nothing to wait for.
        recorder.applicants_read = True


def apply_scopes(store: Store, scopes: Scopes) -> None:
    """At the end of a full sync, empty what `scopes` leave out in all stored records.

    Does nothing unless the scopes have changed since they were last applied. Idempotent.
    """
    run = store.run
    if run.integration.scopes_changed_at is None:
        return
    if redacts_people(scopes):
        scope_filter = ScopeFilter(scopes, store.integration_id)
        for applications in _all(Application, store.integration_id):
            _redact_applications(store, scope_filter, applications)
        for candidates in _all(Candidate, store.integration_id):
            _redact_candidates(store, scope_filter, candidates)
        _empty_logs(store)
    mark_applied(store.integration_id, read_from=run.started_at)


def _all(model: Any, integration_id: str) -> Iterator[list[Any]]:
    """All records of the tenant, deleted ones included, in lists of at most `BATCH`."""
    last = ""
    while True:
        records = model.objects.filter(integration_id=integration_id, id__gt=last)
        some = list(records.order_by("id")[:BATCH])
        if not some:
            return
        yield some
        last = some[-1].pk


def _redact_applications(
    store: Store, scope_filter: ScopeFilter, applications: list[Application]
) -> None:
    stale = []
    for application in applications:
        before = (application.person_key, application.remote_data)
        application.person_key = scope_filter.person_key(application.person_key)
        if isinstance(application.remote_data, dict):
            application.remote_data = scope_filter.object(application.remote_data)
        if (application.person_key, application.remote_data) != before:
            stale.append(application)
    with transaction.atomic():
        store.lease.renew()
        Application.objects.bulk_update(stale, ["person_key", "remote_data"])


def _redact_candidates(
    store: Store, scope_filter: ScopeFilter, candidates: list[Candidate]
) -> None:
    names = [field.name for field in fields_of(PersonRecord)]
    stale, live = [], 0
    history: list[RecordChange] = []
    moment = timezone.now()
    for candidate in candidates:
        person = PersonRecord(**{name: getattr(candidate, name) for name in names})
        kept = scope_filter.person(person)
        if kept != person:
            emptied = [name for name in names if getattr(kept, name) != getattr(person, name)]
            history.append(
                RecordChange(
                    model=Model.CANDIDATES,
                    record_id=candidate.pk,
                    integration_id=store.integration_id,
                    at=moment,
                    fields=[{"field": name} for name in emptied],
                )
            )
            for name in emptied:
                setattr(candidate, name, getattr(kept, name))
            candidate.content_hash = digest(person_columns(kept))
            candidate.changed_at = moment
            live += candidate.remote_deleted_at is None
            stale.append(candidate)
    with recorded(store.integration_id):
        store.lease.renew()
        Candidate.objects.bulk_update(stale, [*names, "content_hash", "changed_at"])
        if stale:
            note(store.integration_id, Model.CANDIDATES, moment, history=history)
        store.recorder.counts(Model.CANDIDATES).updated += live
        store.recorder.save(Model.CANDIDATES)


def _empty_logs(store: Store) -> None:
    """Empty what earlier runs' warnings, quarantine and exchanges hold of people."""
    earlier = ~Q(run=store.run) & Q(run__integration_id=store.integration_id)
    people = (Model.CANDIDATES, Model.APPLICATIONS)
    answers = Q()
    for path in ABOUT_APPLICANTS:
        answers |= Q(path__contains=path)
    with transaction.atomic():
        store.lease.renew()
        SyncWarning.objects.filter(earlier, model__in=people).exclude(examples=[]).update(
            examples=[]
        )
        QuarantinedRecord.objects.filter(earlier, model__in=people).update(raw="")
        HttpExchange.objects.filter(answers, integration_id=store.integration_id).exclude(
            response_body__in=("", WITHHELD)
        ).update(response_body=WITHHELD)
