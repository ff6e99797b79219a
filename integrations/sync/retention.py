"""Retention: how long what syncs have stored is kept (`docs/mapping.md`, Reading rules).

Each step is registered by itself, so one that fails does not keep the others from being done.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations import jobs
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
from integrations.sync.bulk.tables import NOBODY

# How long a deleted record keeps its personal data; its ids and times are kept for ever.
PERSONAL_DATA = timedelta(days=14)
# How long a request with an Idempotency-Key can be repeated.
ANSWERS = timedelta(days=1)


@jobs.RETENTION.register("answers of the API")
def remove_answers() -> None:
    """Delete answers whose requests can no longer be repeated. Idempotent."""
    StoredAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS).delete()


@jobs.RETENTION.register("deleted records")
def empty_deleted(*, before: datetime | None = None) -> None:
    """Empty the personal data of records deleted before `before`, else `PERSONAL_DATA` ago.

    Idempotent.
    """
    before = before or timezone.now() - PERSONAL_DATA
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


@jobs.RETENTION.register("exchanges")
def remove_exchanges() -> None:
    """Delete old requests to Flatchr. Idempotent."""
    HttpExchange.objects.filter(started_at__lt=_old()).delete()


@jobs.RETENTION.register("quarantined records")
def remove_quarantined() -> None:
    """Delete old runs' quarantined records: source objects, personal data included. Idempotent."""
    QuarantinedRecord.objects.filter(run__queued_at__lt=_old()).delete()


@jobs.RETENTION.register("examples of warnings")
def remove_examples() -> None:
    """Remove old warnings' examples, which may quote personal data; counts stay. Idempotent."""
    old = SyncWarning.objects.filter(run__queued_at__lt=_old())
    old.exclude(examples=[]).update(examples=[])


def _old() -> datetime:
    return timezone.now() - timedelta(days=settings.EXCHANGE_RETENTION_DAYS)
