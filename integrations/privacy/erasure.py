"""Erasing one person: what is there and would go, then doing it, with proof in the audit trail.

Flatchr is not told: as long as it has the person, the next full sync, and any delta after a change,
reads them again. That is said before (`Preview.at_flatchr`), and is the reason to erase at Flatchr
first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.actions import cv_files
from integrations.actions import retention as action_retention
from integrations.audit.trail import record
from integrations.changes.recording import note, recorded
from integrations.database import write_ahead_log
from integrations.exports import files as export_files
from integrations.ids import random_id
from integrations.messages import Message
from integrations.models import (
    LIVE_ACTIONS,
    LIVE_EXPORTS,
    LIVE_STATES,
    LIVE_SUBMISSIONS,
    LIVE_UPLOADS,
    OPEN_SUBMISSIONS,
    Action,
    Application,
    BulkRow,
    BulkState,
    BulkUpload,
    Candidate,
    CandidateTag,
    Event,
    Export,
    ExportKind,
    HeldDeletion,
    Integration,
    RowState,
    Submission,
    SyncRun,
    TraitReading,
)
from integrations.privacy import people, texts
from integrations.privacy.holdings import Held, Piece
from integrations.privacy.people import Person, find
from integrations.records import Model
from integrations.submissions import retention as submission_retention
from integrations.submissions.bulk import uploads
from integrations.sync.retention import NOT_EMPTIED, empty_applications, empty_candidates
from integrations.tenants import stats

# Tenants that are looked into one by one.
LOOKED_INTO = 20


class PersonInUse(Exception):
    """Something is under way that has the person in it: nothing was erased; `reasons` say what."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__(" ".join(self.reasons))


@dataclass(slots=True)
class Preview:
    """What one tenant holds of a person, or what is of no tenant yet: `counts` by kind.

    `at_flatchr` is how many applications Flatchr has still, as far as the last sync knows;
    `reasons` say why nothing can be erased now.
    """

    tenant: Integration | None
    counts: Counter[Held] = field(default_factory=Counter)
    at_flatchr: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.counts.total()


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased in one tenant, or outside of any; `reference` names the entry of the audit
    trail.
    """

    tenant: Integration | None
    counts: Counter[Held]
    at_flatchr: int
    reference: str


def holders(tenants: QuerySet[Integration], email: str) -> list[Integration]:
    """Those of `tenants` that may hold something of the person with this address, by name.

    Of a few it may be any of them; of many, each table is asked once for all of them.
    """
    few = list(tenants.order_by("organization", "pk")[: LOOKED_INTO + 1])
    if len(few) <= LOOKED_INTO:
        return few
    found = {*people.tenants_of(email), *texts.tenants_of(email)}
    return [one for one in tenants.order_by("organization", "pk") if one.pk in found]


def preview(tenant: Integration, email: str) -> Preview:
    """What the tenant holds of the person with this address (`people.address`). Changes nothing."""
    person = find(tenant, email)
    counts = _counts(_pieces(person))
    reasons = _in_use(person) if counts else []
    return Preview(tenant, counts, person.at_flatchr, reasons)


def erase(tenant: Integration, email: str, *, user: Any = None) -> Erased | None:
    """Erase the person with this address from one tenant; None if nothing is held of them.

    All of it or nothing, and an entry of the audit trail with the counts, in one transaction; files
    go after its commit. Raises `PersonInUse`. Idempotent.
    """
    with recorded(tenant.pk):
        person = find(tenant, email)
        pieces = list(_pieces(person))
        counts = _counts(pieces)
        if not counts:
            return None
        if reasons := _in_use(person):
            raise PersonInUse(reasons)
        for piece in pieces:
            piece.empty()
        # Others may have begun something meanwhile, such as a draft that was sent.
        if reasons := _in_use(person):
            raise PersonInUse(reasons)
        stats.outdate(tenant.pk)
        reference = random_id()
        details: dict[str, Any] = {held.value: number for held, number in counts.items()}
        record(
            Event.PERSON_ERASED,
            tenant=tenant,
            user=user,
            reference=reference,
            at_flatchr=person.at_flatchr,
            **details,
        )
        transaction.on_commit(write_ahead_log.shorten, robust=True)
    return Erased(tenant, counts, person.at_flatchr, reference)


def preview_invitation(email: str) -> Preview | None:
    """What `forget_invitation` would empty, or None."""
    number = texts.unused_links(email).count()
    return Preview(None, Counter({Held.LINKS: number})) if number else None


def forget_invitation(email: str, *, user: Any = None) -> Erased | None:
    """Empty the address in connection links that nobody has used, as these belong to no tenant."""
    with transaction.atomic():
        number = texts.unused_links(email).update(contact_email="")
        if not number:
            return None
        reference = random_id()
        record(Event.PERSON_ERASED, user=user, reference=reference, connection_links=number)
        transaction.on_commit(write_ahead_log.shorten, robust=True)
    return Erased(None, Counter({Held.LINKS: number}), 0, reference)


def _counts(pieces: Iterable[Piece]) -> Counter[Held]:
    counts: Counter[Held] = Counter()
    for piece in pieces:
        counts[piece.held] += piece.number
    return Counter({held: counts[held] for held in Held if counts[held]})


def _pieces(person: Person) -> Iterator[Piece]:
    own = [
        *_records(person),
        *_submissions(person),
        *_actions(person),
        *_bulk_rows(person),
        *texts.pieces(person),
    ]
    yield from own
    # What files hold cannot be told, so they go only with a person of whom something is known.
    if own:
        yield from _export_files(person)
        yield from _refused_uploads(person)


def _records(person: Person) -> Iterator[Piece]:
    tenant = person.tenant.pk
    named = NOT_EMPTIED | Q(first_name__isnull=False) | Q(last_name__isnull=False)
    candidates = Candidate.objects.filter(named, pk__in=person.candidates)
    known = NOT_EMPTIED | Q(remote_data__isnull=False) | ~Q(person_key="")
    applications = Application.objects.filter(known, pk__in=person.applications)
    if number := candidates.count():
        yield Piece(Held.CANDIDATES, number, partial(remove_candidates, tenant, candidates))
    if number := applications.count():
        yield Piece(Held.APPLICATIONS, number, partial(remove_applications, tenant, applications))
    tags = CandidateTag.objects.live().filter(candidate__in=person.candidates)
    if number := tags.count():
        yield Piece(Held.TAGS, number, partial(remove_tags, tenant, tags))
    fetched = [
        application
        for application in Application.objects.filter(pk__in=person.applications)
        if cv_files.kept(application, linked_at=0.0)
    ]
    if fetched:
        yield Piece(Held.CVS, len(fetched), partial(_forget_cvs, fetched))


def remove_candidates(tenant: str, candidates: Any) -> None:
    """Empty candidates, and delete those that are live. Inside `recorded`."""
    keys = list(candidates.values_list("pk", flat=True))
    mine = Candidate.objects.filter(pk__in=keys)
    mine.filter(remote_deleted_at=None).update(remote_deleted_at=timezone.now())
    HeldDeletion.objects.filter(model=Model.CANDIDATES, record_id__in=keys).delete()
    empty_candidates(tenant, mine)


def remove_applications(tenant: str, applications: Any) -> None:
    """As `remove_candidates`, for applications, with the readings of their tags."""
    keys = list(applications.values_list("pk", flat=True))
    mine = Application.objects.filter(pk__in=keys)
    mine.filter(remote_deleted_at=None).update(remote_deleted_at=timezone.now())
    HeldDeletion.objects.filter(model=Model.APPLICATIONS, record_id__in=keys).delete()
    TraitReading.objects.filter(application__in=keys).delete()
    empty_applications(tenant, mine)


def remove_tags(tenant: str, tags: Any) -> None:
    """Take tags off candidates. Inside `recorded`."""
    moment = timezone.now()
    if tags.update(remote_deleted_at=moment, changed_at=moment):
        note(tenant, Model.CANDIDATE_TAGS, moment)


def _forget_cvs(applications: list[Application]) -> None:
    def forget() -> None:
        for application in applications:
            cv_files.forget(application)

    transaction.on_commit(forget)


def _submissions(person: Person) -> Iterator[Piece]:
    mine = Submission.objects.filter(pk__in=person.submissions)
    drafts = list(mine.filter(state__in=OPEN_SUBMISSIONS).values_list("pk", flat=True))
    ended = list(
        mine.exclude(state__in=OPEN_SUBMISSIONS)
        .filter(emptied_at=None)
        .values_list("pk", flat=True)
    )
    files = mine.exclude(document=None).exclude(document="").count()
    if files:
        # They go with their rows.
        yield Piece(Held.CVS, files, _nothing)
    if drafts:
        yield Piece(Held.DRAFTS, len(drafts), partial(submission_retention.remove_drafts, drafts))
    if ended:
        yield Piece(Held.SUBMISSIONS, len(ended), partial(submission_retention.empty, ended))


def _actions(person: Person) -> Iterator[Piece]:
    mine = Action.objects.filter(candidate__in=person.candidates)
    keys = list(mine.exclude(**action_retention.EMPTY).values_list("pk", flat=True))
    if keys:
        yield Piece(Held.ACTIONS, len(keys), partial(action_retention.empty, keys))


def _nothing() -> None:
    """For what goes with something else."""


def _bulk_rows(person: Person) -> Iterator[Piece]:
    rows = list(BulkRow.objects.filter(pk__in=person.bulk_rows))
    rows = [row for row in rows if any(row.values.values())]
    if rows:
        yield Piece(Held.BULK_ROWS, len(rows), partial(_empty_rows, rows))


def _empty_rows(rows: list[BulkRow]) -> None:
    for row in rows:
        # Its columns stay, blank: the file of results has them.
        blank = dict.fromkeys(row.values, "")
        state = RowState.LEFT_OUT if row.state == RowState.WAITING else row.state
        BulkRow.objects.filter(pk=row.pk).update(
            values=blank, findings=[], to_send=[], cv="", message="", state=state
        )


def _export_files(person: Person) -> Iterator[Piece]:
    kinds = (ExportKind.CANDIDATE, ExportKind.APPLICATION)
    made = Export.objects.exclude(file="").filter(kind__in=kinds)
    made = made.filter(Q(integration=person.tenant) | Q(integration=None))
    mine = [
        export
        for export in made
        if export.integration_id or person.tenant.pk in (export.tenants or [])
    ]
    if mine:
        yield Piece(Held.EXPORT_FILES, len(mine), partial(_remove_export_files, mine))


def _remove_export_files(exports: list[Export]) -> None:
    Export.objects.filter(pk__in=[export.pk for export in exports]).update(file="")

    def remove() -> None:
        for export in exports:
            export_files.remove(export.file)

    transaction.on_commit(remove)


def _refused_uploads(person: Person) -> Iterator[Piece]:
    """Uploads that cannot be used: nobody can tell whom their files hold."""
    refused = list(BulkUpload.objects.filter(integration=person.tenant, state=BulkState.REFUSED))
    if refused:
        yield Piece(Held.UPLOADS, len(refused), partial(_discard, refused))


def _discard(refused: list[BulkUpload]) -> None:
    for upload in refused:
        uploads.discard(upload)


def _in_use(person: Person) -> list[str]:
    """What is under way that has the person in it, or could bring them back by what it has read."""
    tenant = person.tenant
    reasons: list[str] = []
    if person.candidates and SyncRun.objects.filter(integration=tenant, state__in=LIVE_STATES):
        reasons.append(Message("person_sync_under_way", tenant=tenant.organization))
    live = Submission.objects.filter(pk__in=person.submissions, state__in=LIVE_SUBMISSIONS)
    if live.exists():
        reasons.append(Message("person_submission_under_way", tenant=tenant.organization))
    acting = Action.objects.filter(candidate__in=person.candidates, state__in=LIVE_ACTIONS)
    if acting.exists():
        reasons.append(Message("person_action_under_way", tenant=tenant.organization))
    open_uploads = (*LIVE_UPLOADS, BulkState.READY)
    if BulkRow.objects.filter(pk__in=person.bulk_rows, upload__state__in=open_uploads).exists():
        reasons.append(Message("person_upload_under_way", tenant=tenant.organization))
    if BulkUpload.objects.filter(integration=tenant, state=BulkState.CHECKING).exists():
        reasons.append(Message("person_upload_checked", tenant=tenant.organization))
    writing = Export.objects.filter(state__in=LIVE_EXPORTS)
    if person.candidates and writing.filter(Q(integration=tenant) | Q(integration=None)).exists():
        reasons.append(Message("person_export_under_way", tenant=tenant.organization))
    return reasons
