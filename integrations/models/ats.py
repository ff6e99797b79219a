"""The mirrored tables: the unified ATS schema, field for field (`docs/unified-api.md §5`).

Only a sync and the submission service write here; everything else reads. Rows are written set
by set with SQL, so nothing may depend on `save()` or on signals.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import models
from django.db.models import Q

from integrations.enumerations import Outcome
from integrations.models.fields import IdField, RawObjectField
from integrations.models.integration import Integration
from integrations.models.querysets import (
    NEWEST_FIRST,
    ApplicationQuerySet,
    CandidateQuerySet,
    JobQuerySet,
    RecordQuerySet,
)


def arrived_now() -> int:
    """The place of a record that is first stored now: microseconds since 1970."""
    return time.time_ns() // 1000


class MirroredRecord(models.Model):
    """What every mirrored record carries.

    `arrival` is the record's place among those of its tenant, in the order in which they were
    first stored; it never changes. Lists of the API are walked in that order, whose index grows
    at its end alone: one by ids, which are random, was a fifth of PostgreSQL's work in a first
    sync. Records that were stored before there were places have 0.

    `changed_at` moves only when the record's own mapped data changes. `fingerprint` covers the
    source, so that an unchanged row is recognised without being mapped; `content_hash` covers
    the mapped data. Both are 16 bytes, or null once a deleted record's data has been emptied.

    The keys that a sync writes for each of its applicants have no constraint in the database,
    which would look each of them up row by row. The sync takes them from rows that it has read or
    written itself, and rows are never removed but with their tenant.
    """

    id = IdField(primary_key=True, max_length=24)
    integration = models.ForeignKey(
        Integration, models.CASCADE, db_index=False, db_constraint=False
    )
    remote_id = IdField(max_length=400)
    arrival = models.BigIntegerField(default=arrived_now, editable=False)
    changed_at = models.DateTimeField()
    remote_deleted_at = models.DateTimeField(null=True)
    fingerprint = models.BinaryField(null=True, editable=False)
    content_hash = models.BinaryField(null=True, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = NEWEST_FIRST
        constraints = [
            models.UniqueConstraint(fields=["integration", "remote_id"], name="%(class)s_remote_id")
        ]
        indexes = [models.Index(fields=["changed_at", "arrival"], name="%(class)s_newest")]


def _walked(name: str) -> models.Index:
    """The index by which the API's pages walk a tenant's records; of those that share a place,
    ids decide.
    """
    return models.Index(fields=["integration", "arrival", "id"], name=name)


class Job(MirroredRecord):
    """A vacancy. Enum-valued fields are open: an unmapped value is the original string."""

    vacancy_id = models.BigIntegerField(null=True)
    slug = models.TextField(null=True)
    reference = models.TextField(null=True)
    name = models.TextField(null=True)
    description = models.TextField(null=True)
    employment_type = models.TextField(null=True)
    status = models.TextField(null=True)
    visibility = models.TextField(null=True)
    category = models.TextField(null=True)
    department = models.TextField(null=True)
    post_url = models.TextField(null=True)
    experience_level = models.TextField(null=True)
    remote_work_status = models.TextField(null=True)
    salary_amount = models.FloatField(null=True)
    salary_amount_from = models.FloatField(null=True)
    salary_amount_to = models.FloatField(null=True)
    salary_currency = models.TextField(null=True)
    salary_period = models.TextField(null=True)
    location = models.JSONField(null=True)
    custom_fields = models.JSONField(default=dict)
    integration_fields = models.JSONField(default=list)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    remote_created_at = models.DateTimeField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    remote_data = models.JSONField(null=True)

    objects = JobQuerySet.as_manager()  # type: ignore[misc]

    class Meta(MirroredRecord.Meta):
        indexes = [
            *MirroredRecord.Meta.indexes,
            models.Index(fields=["integration", "vacancy_id"], name="job_vacancy_id"),
            _walked("job_page"),
        ]

    def __str__(self) -> str:
        return self.name or self.remote_id


class ApplicationStage(MirroredRecord):
    """A pipeline column of the company; hidden ones included."""

    name = models.TextField(null=True)
    position = models.IntegerField(default=0)
    visible = models.BooleanField(default=True)
    hired = models.BooleanField(default=False)
    remote_data = models.JSONField(null=True)

    def __str__(self) -> str:
        return self.name or self.remote_id


class JobStage(MirroredRecord):
    """A stage as one job has it; `index` is its position there."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="job_stages")
    stage = models.ForeignKey(ApplicationStage, models.CASCADE, related_name="job_stages")
    index = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.job_id}, {self.index}"


class Candidate(MirroredRecord):
    """A person; the applications that share an e-mail within the tenant share a candidate.

    The fields come from the most recently updated of the person's applications, whose fingerprint
    the candidate has (`docs/mapping.md`, Candidate and application).
    """

    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    email_addresses = models.JSONField(default=list)
    phone_numbers = models.JSONField(default=list)

    objects = CandidateQuerySet.as_manager()  # type: ignore[misc]

    class Meta(MirroredRecord.Meta):
        # Its remote id is one of its applications', by which it is found: that is one index less
        # for a first sync to fill.
        constraints = []
        indexes = [
            *MirroredRecord.Meta.indexes,
            _walked("candidate_page"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.remote_id

    @property
    def remote_data(self) -> Any:
        """The applicant row that the fields come from, which is kept with its application. None
        before Flatchr has shown it, and once it has been emptied.
        """
        if self.fingerprint is None:
            return None
        source = self.applications.filter(fingerprint=self.fingerprint)
        return source.values_list("remote_data", flat=True).first()


class Application(MirroredRecord):
    """One person's application for one job: an applicant of Flatchr."""

    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, related_name="applications", db_constraint=False
    )
    candidate = models.ForeignKey(
        Candidate, models.CASCADE, related_name="applications", db_constraint=False
    )
    current_stage = models.ForeignKey(
        ApplicationStage,
        models.SET_NULL,
        null=True,
        related_name="applications",
        db_constraint=False,
    )
    outcome = models.TextField(
        null=True, choices=[(outcome, outcome.title()) for outcome in Outcome]
    )
    remote_created_at = models.DateTimeField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    rejection_reason_name = models.TextField(null=True)
    source = models.TextField(null=True)
    score = models.BigIntegerField(null=True)
    # The trimmed, lower-cased e-mail, by which a further application finds its candidate.
    person_key = IdField(max_length=254, blank=True)
    remote_data = RawObjectField(null=True)

    objects = ApplicationQuerySet.as_manager()  # type: ignore[misc]

    class Meta(MirroredRecord.Meta):
        # In the order that costs a sync least: remote ids differ from the first letters on, where
        # tenants' own do not differ at all.
        constraints = [
            models.UniqueConstraint(
                fields=["remote_id", "integration"], name="application_remote_id"
            )
        ]
        indexes = [
            *MirroredRecord.Meta.indexes,
            models.Index(
                fields=["person_key"],
                name="application_person",
                condition=~Q(person_key=""),
            ),
            _walked("application_page"),
        ]

    def __str__(self) -> str:
        return self.remote_id


class Tag(MirroredRecord):
    """One value of a Flatchr tag of type `candidates`, or the tag itself when it has no values."""

    name = models.TextField(null=True)
    # The Flatchr tag it belongs to, and whether it was first met on a candidate rather than in
    # the tag's list of values: such a tag lives as long as the Flatchr tag does.
    parent_id = models.CharField(max_length=200, blank=True)
    discovered = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name or self.remote_id


class CandidateTag(MirroredRecord):
    """A tag on a candidate."""

    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="candidate_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="candidate_tags")

    def __str__(self) -> str:
        return f"{self.candidate_id}, {self.tag_id}"


class TraitReading(models.Model):
    """When an applicant's tags were last read, and what they were (remote ids of tags).

    `retry_at` is set when they could not be read: nobody asks again before. Kept apart from
    `Application`, so that reading unchanged traits rewrites no record.
    """

    application = models.OneToOneField(
        Application, models.CASCADE, primary_key=True, related_name="trait_reading"
    )
    integration = models.ForeignKey(Integration, models.CASCADE, db_index=False)
    read_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True)
    tags = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["integration", "read_at"], name="trait_reading_oldest")]

    def __str__(self) -> str:
        return self.application_id
