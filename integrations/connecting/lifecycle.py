"""Switching a tenant off and on, deleting it, and removing what a deleted one has left."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import jobs
from integrations.audit.trail import record
from integrations.models import (
    LIVE_STATES,
    Application,
    ApplicationStage,
    BulkRow,
    BulkUpload,
    Candidate,
    CandidateTag,
    ConnectionLink,
    Event,
    HeldDeletion,
    HoldDecision,
    HttpExchange,
    Integration,
    Job,
    JobStage,
    ModelResult,
    PassthroughCall,
    PreparedCall,
    QuarantinedRecord,
    RecordChange,
    SearchEntry,
    SearchProgress,
    Submission,
    SubmissionAttempt,
    SyncRun,
    SyncWarning,
    Tag,
    TraitReading,
    ValueDecision,
)
from integrations.sync import runs

logger = logging.getLogger(__name__)

# A deleted tenant's data is kept for so long.
KEPT = timedelta(days=14)
LAST_MINUTES = timedelta(minutes=10)
# Rows removed in one transaction: a sync of another tenant waits no longer than for these.
BATCH = 2000

# Children first, so that no row drags along any others; files go as orphans afterwards.
_REMOVED: tuple[tuple[type[Any], str], ...] = (
    (SubmissionAttempt, "submission__integration"),
    (BulkRow, "upload__integration"),
    (BulkUpload, "integration"),
    (Submission, "integration"),
    (SearchProgress, "integration"),
    (SearchEntry, "integration"),
    (RecordChange, "integration"),
    (TraitReading, "integration"),
    (CandidateTag, "integration"),
    (Tag, "integration"),
    (Application, "integration"),
    (Candidate, "integration"),
    (JobStage, "integration"),
    (Job, "integration"),
    (ApplicationStage, "integration"),
    (HttpExchange, "integration"),
    (PassthroughCall, "integration"),
    (PreparedCall, "integration"),
    (HeldDeletion, "run__integration"),
    (HoldDecision, "run__integration"),
    (QuarantinedRecord, "run__integration"),
    (SyncWarning, "run__integration"),
    (ModelResult, "run__integration"),
    (SyncRun, "integration"),
    (ConnectionLink, "integration"),
    (ValueDecision, "integration"),
)


def set_enabled(integration: Integration, enabled: bool) -> None:
    """Synchronise the tenant, or stop: a sync that is under way is cancelled. Idempotent."""
    with transaction.atomic():
        changed = Integration.objects.filter(pk=integration.pk, enabled=not enabled)
        if changed.update(enabled=enabled):
            event = Event.TENANT_ENABLED if enabled else Event.TENANT_DISABLED
            _record(event, integration)
        integration.enabled = enabled
        if not enabled:
            _cancel_live(integration)


def delete(integration: Integration) -> None:
    """Disable the tenant and show it to nobody from now on. Idempotent.

    `restore` takes that back until `remove_deleted` may remove the data, `KEPT` later.
    """
    with transaction.atomic():
        present = Integration.objects.present().filter(pk=integration.pk)
        if present.update(enabled=False, deleted_at=timezone.now()):
            _record(Event.TENANT_DELETED, integration)
        _cancel_live(integration)
    integration.refresh_from_db()


def goes_at(deleted_at: datetime) -> datetime:
    """When the data of a tenant deleted then is removed."""
    return deleted_at + KEPT


def restore(integration: Integration) -> bool:
    """Take a deletion back; False when it is too late. The tenant stays disabled. Idempotent.

    Not in the last minutes: a removal may have chosen the tenant already.
    """
    since = timezone.now() - KEPT + LAST_MINUTES
    deleted = Integration.objects.deleted().filter(pk=integration.pk, deleted_at__gt=since)
    with transaction.atomic():
        restored = deleted.update(deleted_at=None)
        if restored:
            _record(Event.TENANT_RESTORED, integration)
    integration.refresh_from_db()
    return bool(restored) or integration.deleted_at is None


@jobs.RETENTION.register("deleted tenants")
def remove_deleted(*, before: datetime | None = None) -> int:
    """Remove the tenants deleted before `before`, else `KEPT` ago, with all their data; how many.

    Idempotent, and may be stopped at any point: what is left goes the next time.
    """
    before = before or timezone.now() - KEPT
    gone = list(Integration.objects.deleted().filter(deleted_at__lt=before))
    for integration in gone:
        for model, path in _REMOVED:
            _remove(model, **{path: integration.pk})
        with transaction.atomic():
            _record(Event.TENANT_EMPTIED, integration)
            integration.delete()
        logger.info("The data of the deleted tenant %s was removed", integration.pk)
    return len(gone)


def _remove(model: type[Any], **condition: str) -> None:
    rows = model._base_manager.filter(**condition).order_by()
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        model._base_manager.filter(pk__in=batch).delete()


def _cancel_live(integration: Integration) -> None:
    live = SyncRun.objects.filter(integration=integration, state__in=LIVE_STATES)
    for run_id in live.values_list("pk", flat=True):
        runs.request_cancel(run_id)


def _record(event: Event, integration: Integration) -> None:
    record(event, tenant=integration, about=integration, name=integration.organization)
