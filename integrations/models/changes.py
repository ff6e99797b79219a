"""What syncs have changed in records, field by field."""

from __future__ import annotations

from django.db import models

from integrations.models.fields import IdField
from integrations.models.integration import Integration
from integrations.models.runs import MODEL_CHOICES


class RecordChange(models.Model):
    """One change of one record: when, and which of its mapped fields.

    `fields` is a list of `{"field", "old", "new"}` with both values as text or null; of personal
    and of long fields there is `{"field"}` alone, since only that they changed is kept. A record
    keeps its newest changes, and those not for ever (`sync/history.py`).
    """

    model = models.CharField(max_length=20, choices=MODEL_CHOICES)
    record_id = IdField(max_length=24)
    integration = models.ForeignKey(Integration, models.CASCADE, db_constraint=False)
    at = models.DateTimeField(db_index=True)
    fields = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["record_id", "model", "-id"], name="change_of_record")]

    def __str__(self) -> str:
        return f"{self.model} {self.record_id}"
