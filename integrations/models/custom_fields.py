"""Custom fields: what this installation wants to read of every tenant, under names of its own."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as lazy

from integrations.ids import random_id
from integrations.models.fields import IdField
from integrations.models.integration import Integration

KEY = RegexValidator(
    r"\A[A-Za-z][A-Za-z0-9_]*\Z",
    lazy(
        "Use letters without accents, digits and underscores, and begin with a letter: cost_centre."
    ),
)


class FieldModel(models.TextChoices):
    """What a custom field may belong to: Flatchr has further fields on jobs alone."""

    JOBS = "ats_jobs", lazy("Jobs")


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
                    lazy("There is a custom field with this key already. Choose another key.")
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
