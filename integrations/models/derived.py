"""Tables beside the mirrored records: search entries, changes and their order, figures and states
of tenants, how far candidates' tags have been read, ids from elsewhere."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from integrations.models.fields import IdField, MessageField
from integrations.models.integration import Integration
from integrations.models.runs import MODEL_CHOICES, SyncRun
from integrations.records import Model


class SearchKind(models.TextChoices):
    CANDIDATE = "C", "Candidate"
    JOB = "J", "Job"


class SearchEntry(models.Model):
    """The folded words of one record (`search/folding.py`), in a table narrow enough to be read.

    Follows the record itself by some seconds; a record is always shown from its own table. On
    PostgreSQL `words` has a trigram index, which the migration makes: it needs an extension, and
    Relais works without it.
    """

    kind = models.CharField(max_length=1, choices=SearchKind)
    record_id = IdField(max_length=24)
    integration = models.ForeignKey(Integration, models.CASCADE, db_constraint=False)
    words = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "record_id"], name="one_search_entry_each")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"


class SearchProgress(models.Model):
    """How far a tenant's entries have come.

    What changed before `until` is there, and so is what the runs up to `through_run` have
    written. Whoever fills in entries holds a lease of the row (`jobs.py`).
    """

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="search_progress"
    )
    until = models.DateTimeField(null=True)
    through_run = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.integration_id


class TagProgress(models.Model):
    """How far the reading of a tenant's candidates' tags has come, one applicant at a time.

    Reading goes in rounds (`sync/tags/`): a sync that has ended asks for one, and its figures go to
    the run that began it. Whoever reads holds a lease of the row (`jobs.py`).
    """

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="tag_progress"
    )
    # When reading goes on: at once, or after a pause. Null: there is nothing to do.
    due_at = models.DateTimeField(null=True, db_index=True)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    # The newest run that has asked for a round, until one takes it into account.
    asked_by = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, related_name="+", db_constraint=False
    )

    # The round: the run that began it, the applicants read, and those to be read in all.
    run = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    read = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # What has changed from then on is read first.
    fresh_since = models.DateTimeField(null=True)
    # Readings from before are to be repeated, up to `oldest_left` of them; null is all.
    stale_before = models.DateTimeField(null=True)
    oldest_left = models.PositiveIntegerField(null=True)
    # The requests left of the tenant's own limit; null is no limit.
    budget_left = models.PositiveIntegerField(null=True)
    # Ids of the applications to read next.
    queue = models.JSONField(default=list)
    planned_at = models.DateTimeField(null=True)
    # From where the speed is reckoned.
    paced_from = models.DateTimeField(null=True)
    paced_read = models.PositiveIntegerField(default=0)

    # Why nothing moves.
    failures = models.PositiveSmallIntegerField(default=0)
    error_kind = models.CharField(max_length=40, blank=True)
    error_message = MessageField(blank=True)

    def __str__(self) -> str:
        return f"Tags of {self.integration_id}"


class RemovedApplicant(models.Model):
    """An applicant that was removed by age, and that syncs leave out while nothing happens to it.

    `active_at` is the last activity of the person: whatever Flatchr dates later is read again.
    """

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    remote_id = IdField(max_length=400)
    active_at = models.DateTimeField()
    removed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "remote_id"], name="one_removed_applicant_each"
            )
        ]

    def __str__(self) -> str:
        return self.remote_id


class RecordChange(models.Model):
    """One change of one record: when, and which of its mapped fields.

    `fields` is a list of `{"field", "old", "new"}` with both values as text or null; of personal
    and of long fields there is `{"field"}` alone, since only that they changed is kept. A record
    keeps its newest changes, and those not for ever (`sync/history.py`). `number` is that of the
    `ChangeBatch`; null of what was written before there were any.
    """

    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    record_id = IdField(max_length=24)
    integration = models.ForeignKey(Integration, models.CASCADE, db_constraint=False)
    at = models.DateTimeField(db_index=True)
    number = models.BigIntegerField(null=True, editable=False)
    fields = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["record_id", "model", "-id"], name="change_of_record")]

    def __str__(self) -> str:
        return f"{self.model} {self.record_id}"


class ChangeBatch(models.Model):
    """The rows of one model that one transaction has stamped with one `changed_at`
    (`changes/batches.py`): the records of the batch are those that still have this stamp.

    `number` is that of the transaction: a tenant's are in the order of their commits. `place`
    orders the batches of one transaction. New rows have an `arrival` from `arrival_from` to
    `arrival_to`. `known_at` is a time at which the batch could be read; null until one is known.

    The keys have no constraints: whoever holds a tenant's row locked waits for the tenant's
    sequence, too.
    """

    integration = models.ForeignKey(
        Integration, models.CASCADE, db_index=False, db_constraint=False
    )
    number = models.BigIntegerField()
    place = models.PositiveSmallIntegerField()
    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    changed_at = models.DateTimeField()
    arrival_from = models.BigIntegerField(null=True)
    arrival_to = models.BigIntegerField(null=True)
    known_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "number", "place"], name="change_batch_number"
            )
        ]
        indexes = [
            models.Index(
                fields=["integration", "known_at", "model", "changed_at"], name="change_batch_seen"
            ),
            models.Index(
                fields=["integration", "model", "arrival_to"],
                name="change_batch_arrivals",
                condition=Q(arrival_to__isnull=False),
            ),
            models.Index(
                fields=["integration"], name="change_batch_open", condition=Q(known_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}.{self.place} {self.model}"


class ChangeSequence(models.Model):
    """A tenant's newest number, and what is known of batches that were removed: the highest number,
    until when they became visible, and how many microseconds the longest took for that.
    """

    integration = models.OneToOneField(
        Integration,
        models.CASCADE,
        primary_key=True,
        related_name="change_sequence",
        db_constraint=False,
    )
    number = models.BigIntegerField()
    removed_through = models.BigIntegerField(default=0)
    removed_until = models.DateTimeField(null=True)
    longest = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Changes of {self.integration_id}"


class TenantFigures(models.Model):
    """What a tenant had when it was last counted: after each of its syncs, outside of them.

    `weeks` is a list of `[date, count]`: the Monday of a week, ISO 8601, and the applications
    that were made in it; oldest first, weeks without one left out. `stages` is a list of
    `{"id", "name", "count"}` in the order of the pipeline: the applications that are not declined
    and stand there; those of no known stage come last, with an empty id.
    """

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="figures"
    )
    counted_at = models.DateTimeField()
    # The newest run that had ended before the count began; null asks for another count.
    through_run = models.BigIntegerField(null=True)
    open_jobs = models.PositiveIntegerField(default=0)
    candidates = models.PositiveIntegerField(default=0)
    applications = models.PositiveIntegerField(default=0)
    in_progress = models.PositiveIntegerField(default=0)
    hired = models.PositiveIntegerField(default=0)
    declined = models.PositiveIntegerField(default=0)
    weeks = models.JSONField(default=list)
    stages = models.JSONField(default=list)
    # How long the newest full sync that went well took.
    full_seconds = models.FloatField(null=True)

    class Meta:
        verbose_name = _lazy("tenant's figures")
        verbose_name_plural = _lazy("tenants' figures")

    def __str__(self) -> str:
        return f"Figures of {self.integration_id}"


class TenantState(models.Model):
    """A tenant's state as it was last worked out (`tenants/states.py`)."""

    integration = models.OneToOneField(
        Integration, models.CASCADE, primary_key=True, related_name="stored_state"
    )
    # The condition's place in the order of attention: 0 needs it most.
    rank = models.PositiveSmallIntegerField(db_index=True)
    assessed_at = models.DateTimeField()
    # From then on it may be another one.
    outdated_at = models.DateTimeField(db_index=True)
    # The newest run whose findings are among the tenant's `UnresolvedRecord`s.
    findings_through = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"State of {self.integration_id}"


class KeptId(models.Model):
    """The id that a record of a tenant had elsewhere and is to have here (`sync/kept_ids/`).

    Of a candidate, `remote_id` is that of any of its applications. `applied_at` is null as long as
    there is no such record.
    """

    integration = models.ForeignKey(Integration, models.CASCADE, db_index=False)
    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    remote_id = IdField(max_length=400)
    record_id = IdField(max_length=24)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "model", "remote_id"], name="one_kept_id_each"
            ),
            # A candidate may be named by each of its applications.
            models.UniqueConstraint(
                fields=["model", "record_id"],
                name="kept_for_one",
                condition=~Q(model=Model.CANDIDATES),
            ),
        ]
        indexes = [
            models.Index(
                fields=["integration", "model", "id"],
                name="kept_id_waiting",
                condition=Q(applied_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.record_id}"
