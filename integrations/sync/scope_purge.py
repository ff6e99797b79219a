"""What was stored before it was left out: taken out of sight, or emptied
(`docs/unified-api.md §12.3`).

A model that is left out is deleted as Flatchr's own deletions are: out of sight at once, its
personal data emptied 14 days later. Somebody has said so, so no guard holds it. Parts of a person
are emptied at once, in deleted records, too. What people submitted, typed or took away
themselves is theirs and stays: submissions, the console's history, files of exports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations.models import (
    Application,
    Candidate,
    CandidateTag,
    HeldDeletion,
    HttpExchange,
    QuarantinedRecord,
    SyncWarning,
    Tag,
    TraitReading,
)
from integrations.models.scopes import Scopes
from integrations.records import Model, PersonRecord
from integrations.sync.bulk.store import Store
from integrations.sync.bulk.tables import digest, person_columns
from integrations.sync.scope_filter import Sieve
from integrations.tenants.clients import ABOUT_APPLICANTS, WITHHELD
from integrations.tenants.scopes import redacts_people, settled

BATCH = 1000

_RECORDS = {
    Model.TAGS: Tag,
    Model.CANDIDATE_TAGS: CandidateTag,
    Model.APPLICATIONS: Application,
    Model.CANDIDATES: Candidate,
}
# Candidates go with their applications: Flatchr has no list of them.
_WITH = {Model.APPLICATIONS: (Model.APPLICATIONS, Model.CANDIDATES)}


def withdraw(store: Store, model: Model) -> None:
    """Delete the live records of a model that is left out. Idempotent."""
    journal = store.journal
    with transaction.atomic():
        store.lease.renew()
        for one in _WITH.get(model, (model,)):
            HeldDeletion.objects.filter(
                run__integration_id=store.integration_id, model=one
            ).delete()
            moment = timezone.now()
            live: Any = _RECORDS[one].objects
            journal.counts(one).deleted += (
                live.live()
                .filter(integration_id=store.integration_id)
                .update(remote_deleted_at=moment, changed_at=moment)
            )
            journal.save(one)
        if model is Model.CANDIDATE_TAGS:
            TraitReading.objects.filter(integration_id=store.integration_id).delete()
    if model is Model.APPLICATIONS:
        # There is nothing to wait for: the tenant has been read as far as it is read.
        journal.applicants_read = True


def settle(store: Store, scopes: Scopes) -> None:
    """Make a full sync the one that has applied `scopes`: nothing else is left of what they leave
    out, not even in records that Flatchr did not return. Idempotent.
    """
    run = store.run
    if run.integration.scopes_changed_at is None:
        return
    if redacts_people(scopes):
        sieve = Sieve(scopes, store.integration_id)
        for applications in _all(Application, store.integration_id):
            _sift_applications(store, sieve, applications)
        for candidates in _all(Candidate, store.integration_id):
            _sift_candidates(store, sieve, candidates)
        _empty_logs(store)
    settled(store.integration_id, read_from=run.started_at)


def _all(model: Any, integration_id: str) -> Iterator[list[Any]]:
    """Every record of the tenant, some at a time."""
    last = ""
    while True:
        records = model.objects.filter(integration_id=integration_id, id__gt=last)
        some = list(records.order_by("id")[:BATCH])
        if not some:
            return
        yield some
        last = some[-1].pk


def _sift_applications(store: Store, sieve: Sieve, applications: list[Application]) -> None:
    stale = []
    for application in applications:
        before = (application.person_key, application.remote_data)
        application.person_key = sieve.person_key(application.person_key)
        if isinstance(application.remote_data, dict):
            application.remote_data = sieve.object(application.remote_data)
        if (application.person_key, application.remote_data) != before:
            stale.append(application)
    with transaction.atomic():
        store.lease.renew()
        Application.objects.bulk_update(stale, ["person_key", "remote_data"])


def _sift_candidates(store: Store, sieve: Sieve, candidates: list[Candidate]) -> None:
    stale, live = [], 0
    for candidate in candidates:
        person = PersonRecord(
            candidate.first_name,
            candidate.last_name,
            candidate.email_addresses,
            candidate.phone_numbers,
        )
        left = sieve.person(person)
        if left != person:
            candidate.first_name, candidate.last_name = left.first_name, left.last_name
            candidate.email_addresses = left.email_addresses
            candidate.phone_numbers = left.phone_numbers
            candidate.content_hash = digest(person_columns(left))
            candidate.changed_at = timezone.now()
            live += candidate.remote_deleted_at is None
            stale.append(candidate)
    with transaction.atomic():
        store.lease.renew()
        Candidate.objects.bulk_update(
            stale,
            [
                "first_name",
                "last_name",
                "email_addresses",
                "phone_numbers",
                "content_hash",
                "changed_at",
            ],
        )
        store.journal.counts(Model.CANDIDATES).updated += live
        store.journal.save(Model.CANDIDATES)


def _empty_logs(store: Store) -> None:
    """What earlier runs quoted of people, or set aside, and what Flatchr answered about them."""
    earlier = ~Q(run=store.run) & Q(run__integration_id=store.integration_id)
    people = (Model.CANDIDATES, Model.APPLICATIONS)
    answers = Q()
    for part in ABOUT_APPLICANTS:
        answers |= Q(path__contains=part)
    with transaction.atomic():
        store.lease.renew()
        SyncWarning.objects.filter(earlier, model__in=people).exclude(examples=[]).update(
            examples=[]
        )
        QuarantinedRecord.objects.filter(earlier, model__in=people).update(raw="")
        HttpExchange.objects.filter(answers, integration_id=store.integration_id).exclude(
            response_body__in=("", WITHHELD)
        ).update(response_body=WITHHELD)
