"""Value decisions: what an operator says that a word of Flatchr's means in the unified schema."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration


class ValueKind(models.TextChoices):
    """What the value is about; each has a closed list of unified values."""

    CONTRACT = "contract", _("Contract types")
    STATUS = "status", _("Job statuses")
    COUNTRY = "country", _("Countries")


class ValueDecisionQuerySet(models.QuerySet[Any]):
    def of(self, integration: Integration | None) -> ValueDecisionQuerySet:
        """Those made for one tenant, or with None those made for all of them."""
        return self.filter(integration=integration)


class ValueDecision(models.Model):
    """One value as Flatchr sent it, and the unified value that it becomes.

    Without an integration it holds for every tenant that has none of its own. `key` is the value
    as value maps compare it, so that two spellings of one word are one decision.
    """

    integration = models.ForeignKey(
        Integration, models.CASCADE, null=True, blank=True, related_name="value_decisions"
    )
    kind = models.CharField(max_length=8, choices=ValueKind)
    value = models.CharField(max_length=200)
    key = models.CharField(max_length=400)
    unified = models.CharField(max_length=20)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(default=timezone.now)

    objects = ValueDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "key", "id"]
        verbose_name = "value decision"
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "kind", "key"], name="one_decision_for_a_tenant"
            ),
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(integration=None),
                name="one_decision_for_all_tenants",
            ),
        ]

    def __str__(self) -> str:
        return self.value
