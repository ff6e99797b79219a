"""What operators decide about the mapping: custom fields, and the meaning of Flatchr's values."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from integrations.ids import random_id
from integrations.models.fields import IdField
from integrations.models.integration import Integration

KEY = RegexValidator(
    r"\A[A-Za-z][A-Za-z0-9_]*\Z",
    _lazy(
        "Use letters without accents, digits and underscores, and begin with a letter: cost_centre."
    ),
)


class FieldModel(models.TextChoices):
    """What a custom field may belong to: Flatchr has further fields on jobs alone."""

    JOBS = "ats_jobs", _lazy("Jobs")


class CustomField(models.Model):
    """A value that applications find under `key` in the `custom_fields` of each record
    (`docs/unified-api.md §12.8`).

    Defined once for the whole installation; each tenant's `FieldMapping` says where its own value
    comes from. The key never changes: applications read the value by it.
    """

    id = IdField(primary_key=True, max_length=24, default=random_id, editable=False)
    model = models.CharField(max_length=32, choices=FieldModel, default=FieldModel.JOBS)
    key = models.CharField(max_length=64, validators=[KEY])
    label = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["label", "key"]
        constraints = [
            models.UniqueConstraint(
                Lower("key"),
                "model",
                name="one_custom_field_each",
                violation_error_message=(
                    _lazy("There is a custom field with this key already. Choose another key.")
                ),
            )
        ]

    def __str__(self) -> str:
        return self.label


class FieldMapping(models.Model):
    """Where one tenant's value of a custom field comes from: the key of an integration field.

    A custom field that a tenant has no row for is not mapped there.
    """

    custom_field = models.ForeignKey(CustomField, models.CASCADE, related_name="mappings")
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="field_mappings")
    integration_field = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["custom_field", "integration"], name="one_mapping_each")
        ]

    def __str__(self) -> str:
        return f"{self.custom_field_id}, {self.integration_id}"


class ValueKind(models.TextChoices):
    """What the value is about; each has a closed list of unified values."""

    CONTRACT = "contract", _lazy("Contract types")
    STATUS = "status", _lazy("Job statuses")
    COUNTRY = "country", _lazy("Countries")


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
