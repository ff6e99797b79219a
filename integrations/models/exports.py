"""Who took data away: one row per export."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.models.integration import Integration
from integrations.models.runs import TenantQuerySet


class Export(models.Model):
    """One download of mirrored records. `rows` is null until the last row has been sent."""

    integration = models.ForeignKey(
        Integration,
        models.CASCADE,
        null=True,
        related_name="exports",
        help_text="Empty when the export spans several tenants.",
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    format = models.CharField(max_length=8, default="csv")
    # The list's query string at the press of the button, or the command's options.
    filters = models.TextField(blank=True)
    rows = models.PositiveIntegerField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Export {self.pk}"
