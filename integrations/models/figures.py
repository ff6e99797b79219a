"""The figures of a tenant that are too dear to count each time somebody looks at them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as lazy

from integrations.models.integration import Integration


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
        verbose_name = lazy("tenant's figures")
        verbose_name_plural = lazy("tenants' figures")

    def __str__(self) -> str:
        return f"Figures of {self.integration_id}"
