"""What the search box looks through: a few words of each candidate and job, and nothing else."""

from __future__ import annotations

from django.db import models

from integrations.models.fields import IdField
from integrations.models.integration import Integration


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
