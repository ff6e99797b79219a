"""Switching a tenant off and on, deleting it, and removing what a deleted one has left."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.models import (
    LIVE_STATES,
    Application,
    ApplicationStage,
    BulkRow,
    BulkUpload,
    Candidate,
    CandidateTag,
    HeldDeletion,
    HttpExchange,
    Integration,
    Job,
    JobStage,
    ModelResult,
    QuarantinedRecord,
    Submission,
    SubmissionAttempt,
    SyncRun,
    SyncWarning,
    Tag,
    TraitReading,
)
from integrations.sync import runs

logger = logging.getLogger(__name__)

# Rows removed in one transaction: a sync of another tenant waits no longer than for these.
BATCH = 2000

# Children first, so that no row drags along any others; files go as orphans afterwards.
_REMOVED: tuple[tuple[type[Any], str], ...] = (
    (SubmissionAttempt, "submission__integration"),
    (BulkRow, "upload__integration"),
    (BulkUpload, "integration"),
    (Submission, "integration"),
    (TraitReading, "integration"),
    (CandidateTag, "integration"),
    (Tag, "integration"),
    (Application, "integration"),
    (Candidate, "integration"),
    (JobStage, "integration"),
    (Job, "integration"),
    (ApplicationStage, "integration"),
    (HttpExchange, "integration"),
    (HeldDeletion, "run__integration"),
    (QuarantinedRecord, "run__integration"),
    (SyncWarning, "run__integration"),
    (ModelResult, "run__integration"),
    (SyncRun, "integration"),
)


def set_enabled(integration: Integration, enabled: bool) -> None:
    """Synchronise the tenant, or stop: a sync that is under way is cancelled. Idempotent."""
    Integration.objects.filter(pk=integration.pk).update(enabled=enabled)
    integration.enabled = enabled
    if not enabled:
        _cancel_live(integration)


def delete(integration: Integration) -> None:
    """Disable the tenant and show it to nobody from now on. Idempotent.

    There is no way back; `remove_deleted` removes its data later.
    """
    with transaction.atomic():
        Integration.objects.present().filter(pk=integration.pk).update(
            enabled=False, deleted_at=timezone.now()
        )
        _cancel_live(integration)
    integration.refresh_from_db()


def remove_deleted(*, before: datetime) -> int:
    """Remove the tenants deleted before `before` and all that they have; how many.

    Idempotent, and may be stopped at any point: what is left goes the next time.
    """
    gone = list(Integration.objects.deleted().filter(deleted_at__lt=before))
    for integration in gone:
        for model, path in _REMOVED:
            _remove(model, **{path: integration.pk})
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
