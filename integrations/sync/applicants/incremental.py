"""Applicants stored between two syncs: found by a search, or submitted and not listed yet.

The rows are those that the next sync would write, with the same ids, so that it finds nothing to
change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from integrations.changes.recording import note, recorded
from integrations.enumerations import Outcome
from integrations.field_catalogue import fields_of
from integrations.flatchr.mapping.applicants import ApplicantMapper
from integrations.flatchr.mapping.stages import stages_by_title
from integrations.ids import random_id
from integrations.models import Application, ApplicationStage, Candidate, FlatchrSettings
from integrations.models.ats import arrived_now
from integrations.models.scopes import EVERYTHING
from integrations.records import (
    PROVISIONAL,
    ApplicationRecord,
    Finding,
    Model,
    PersonRecord,
    RawApplicant,
    Rejected,
    StageRecord,
)
from integrations.sync.applicants.changes import ApplicantChangeDetector
from integrations.sync.applicants.matching import known_people
from integrations.sync.applicants.removed_people import RemovedPeople
from integrations.sync.bulk.dialects import dialect
from integrations.sync.bulk.store import jobs_by_vacancy
from integrations.sync.bulk.tables import (
    APPLICATIONS,
    application_columns,
    content_hash,
    digest,
    person_columns,
)
from integrations.sync.deletions import release
from integrations.sync.scope_filter import ScopeFilter
from integrations.tenants import stats
from integrations.tenants.scopes import scopes_of


@dataclass(frozen=True, slots=True)
class StoredApplicants:
    """The ids of the applications by remote id; the remote ids of those that were new, changed or
    back after a deletion, and the ids of the candidates of these.
    """

    ids: dict[str, str]
    written: frozenset[str]
    candidates: frozenset[str]


def store_applicants(integration_id: str, rows: Iterable[tuple[Any, str]]) -> dict[str, str]:
    """As `write_applicants`; return the application ids by remote id."""
    return write_applicants(integration_id, rows).ids


def write_applicants(integration_id: str, rows: Iterable[tuple[Any, str]]) -> StoredApplicants:
    """Write applicants as candidates and applications.

    `rows` are elements of an answer to a search with their source texts (`docs/flatchr-api.md §5`).
    One that cannot be mapped, or was removed by age, is left out. An application made by
    `expect_application` is taken over with its id. Idempotent.
    """
    mapper = _mapper(integration_id)
    settings = FlatchrSettings.objects.filter(pk=integration_id).first()
    scopes = settings.scopes if settings is not None else EVERYTHING
    kept = ScopeFilter(scopes, integration_id).rows(RemovedPeople(settings).rows(rows))
    identified = (mapper.identify(data, raw) for data, raw in kept)
    found = {row.remote_id: row for row in identified if isinstance(row, RawApplicant)}
    detector = ApplicantChangeDetector(integration_id, mapper.application, timezone.now())
    changes = detector.detect(list(found.values()))
    try:
        with recorded(integration_id):
            detector.save(changes)
    except IntegrityError:
        # A sync has stored one of them since.
        detector.detect_again(changes)
        with recorded(integration_id):
            detector.save(changes)
    stats.outdate(integration_id)
    stored = Application.objects.filter(integration_id=integration_id, remote_id__in=list(found))
    applications = dict(stored.values_list("remote_id", "id"))
    release(integration_id, Model.APPLICATIONS, applications.values())
    return StoredApplicants(
        applications,
        frozenset(changes.records),
        frozenset(changes.people.candidates[remote_id] for remote_id in changes.records),
    )


def refusal_of(integration_id: str, data: Any, raw: str) -> Rejected | None:
    """Why an element of a search's answer cannot be mapped, or None."""
    mapper = _mapper(integration_id)
    ((data, raw),) = _sieve(integration_id).rows([(data, raw)])
    row = mapper.identify(data, raw)
    result = mapper.application(row) if isinstance(row, RawApplicant) else row
    return result if isinstance(result, Rejected) else None


def expect_application(
    integration_id: str, submission_id: str, *, job_id: str, person_key: str, person: PersonRecord
) -> str:
    """Store an application that Flatchr has accepted and does not list yet; return its id.

    Its candidate is the stored one of `person_key`, a lower-cased e-mail address, or a new one.
    Both keep their ids when Flatchr lists the applicant. Idempotent.
    """
    remote_id = f"{PROVISIONAL}{submission_id}"
    scope_filter = _sieve(integration_id)
    person_key, person = scope_filter.person_key(person_key), scope_filter.person(person)
    with recorded(integration_id):
        known = Application.objects.filter(integration_id=integration_id, remote_id=remote_id)
        existing = known.values_list("id", flat=True).first()
        if existing is not None:
            return str(existing)
        people = known_people(integration_id, {person_key}, pending={}) if person_key else {}
        candidate_id = people.get(person_key) or _expected_candidate(
            integration_id, remote_id, person
        )
        moment = timezone.now()
        record = ApplicationRecord(
            remote_id=remote_id,
            outcome=Outcome.PENDING,
            job_remote_id=None,
            stage_remote_id=None,
            remote_created_at=None,
            remote_updated_at=None,
            person_key=person_key,
            person=person,
            raw="",
        )
        columns = application_columns(
            record, job_id=job_id, candidate_id=candidate_id, stage_id=None, dialect=dialect()
        )
        stats.outdate(integration_id)
        arrival = arrived_now()
        note(integration_id, Model.APPLICATIONS, moment, arrivals=(arrival, arrival))
        return Application.objects.create(
            id=random_id(),
            integration_id=integration_id,
            remote_id=remote_id,
            arrival=arrival,
            changed_at=moment,
            content_hash=content_hash(APPLICATIONS, columns),
            job_id=job_id,
            candidate_id=candidate_id,
            outcome=record.outcome,
            person_key=person_key,
        ).pk


def show_application(application: Application) -> None:
    """Stamp an application and its candidate as changed, because lists show them from now on.

    Inside `recorded`.
    """
    tenant, moment = application.integration_id, timezone.now()
    Application.objects.filter(pk=application.pk).update(changed_at=moment)
    note(tenant, Model.APPLICATIONS, moment)
    Candidate.objects.filter(pk=application.candidate_id).update(changed_at=moment)
    note(tenant, Model.CANDIDATES, moment)


def _expected_candidate(integration_id: str, remote_id: str, person: PersonRecord) -> str:
    moment, arrival = timezone.now(), arrived_now()
    note(integration_id, Model.CANDIDATES, moment, arrivals=(arrival, arrival))
    return Candidate.objects.create(
        id=random_id(),
        integration_id=integration_id,
        remote_id=remote_id,
        arrival=arrival,
        changed_at=moment,
        content_hash=digest(person_columns(person)),
        **{field.name: getattr(person, field.name) for field in fields_of(PersonRecord)},
    ).pk


def _sieve(integration_id: str) -> ScopeFilter:
    return ScopeFilter(scopes_of(integration_id), integration_id)


def _mapper(integration_id: str) -> ApplicantMapper:
    """A mapper with the jobs and stages as the last sync has stored them."""
    stages = ApplicationStage.objects.live().filter(integration_id=integration_id)
    records = [
        StageRecord(stage.remote_id, stage.name, stage.position, stage.visible, stage.hired, "")
        for stage in stages
    ]
    return ApplicantMapper(
        jobs_by_vacancy(integration_id),
        stages_by_title(records, _ignore_finding),
        report=_ignore_finding,
    )


def _ignore_finding(_: Finding) -> None:
    """There is no run that the warning could belong to."""
