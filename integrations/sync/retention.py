"""Retention: how long what syncs have stored is kept (`docs/mapping.md`, Reading rules)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations import jobs
from integrations.field_catalogue import FieldType, fields_of
from integrations.models import (
    Application,
    Candidate,
    HttpExchange,
    QuarantinedRecord,
    SearchEntry,
    SearchKind,
    StoredAnswer,
    SyncWarning,
    TraitReading,
)
from integrations.records import PersonRecord
from integrations.sync import history

# How long a deleted record keeps its personal data; its ids and times are kept for ever.
PERSONAL_DATA = timedelta(days=14)
# How long a request with an Idempotency-Key can be repeated.
ANSWERS = timedelta(days=1)


@jobs.RETENTION.register("records and exchanges")
def retain() -> None:
    """Empty deleted records' personal data, remove old exchanges and answers of the API.

    Idempotent.
    """
    now = timezone.now()
    StoredAnswer.objects.filter(created_at__lt=now - ANSWERS).delete()
    empty_deleted(before=now - PERSONAL_DATA)
    history.retain()
    old = now - timedelta(days=settings.EXCHANGE_RETENTION_DAYS)
    HttpExchange.objects.filter(started_at__lt=old).delete()
    # Quarantined records hold the source object, personal data included.
    QuarantinedRecord.objects.filter(run__queued_at__lt=old).delete()
    # Examples may quote an e-mail address or a phone number; the counts are kept.
    SyncWarning.objects.filter(run__queued_at__lt=old).exclude(examples=[]).update(examples=[])


# The unified fields of a candidate, emptied.
NOBODY: dict[str, Any] = {
    field.name: [] if field.type is FieldType.JSON else None for field in fields_of(PersonRecord)
}


def empty_deleted(*, before: datetime) -> None:
    """Empty the personal data of records deleted before `before`."""
    expired = Q(remote_deleted_at__lt=before, fingerprint__isnull=False)
    nothing = {"fingerprint": None, "content_hash": None}
    with transaction.atomic():
        candidates = Candidate.objects.filter(expired)
        SearchEntry.objects.filter(
            kind=SearchKind.CANDIDATE, record_id__in=candidates.values("pk")
        ).delete()
        candidates.update(**NOBODY, **nothing)
    Application.objects.filter(expired).update(person_key="", remote_data=None, **nothing)
    TraitReading.objects.filter(application__remote_deleted_at__lt=before).delete()
