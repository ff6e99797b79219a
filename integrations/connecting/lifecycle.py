"""The lifecycle of a tenant: disabling, enabling, deleting, restoring, removing its data."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import jobs
from integrations.audit.trail import record
from integrations.database import batched_writes
from integrations.models import (
    LIVE_STATES,
    LIVE_SUBMISSIONS,
    ApiKey,
    Application,
    ApplicationStage,
    BulkRow,
    BulkUpload,
    Candidate,
    CandidateTag,
    ChangeBatch,
    ConnectionLink,
    DecidedDeletion,
    Event,
    Export,
    FailedCall,
    HeldDeletion,
    HoldDecision,
    HttpExchange,
    Integration,
    Job,
    JobStage,
    Membership,
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
    TagProgress,
    TraitReading,
    ValueDecision,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
)
from integrations.sync import runs
from integrations.webhooks import outbox, telling

logger = logging.getLogger(__name__)

# How long a deleted tenant's data is kept.
KEPT = timedelta(days=14)
LAST_MINUTES = timedelta(minutes=10)

# Children first, so that no row cascades to others; files are deleted as orphans afterwards.
_REMOVED: tuple[tuple[type[Any], str], ...] = (
    (SubmissionAttempt, "submission__integration"),
    (BulkRow, "upload__integration"),
    (BulkUpload, "integration"),
    (Submission, "integration"),
    (SearchProgress, "integration"),
    (TagProgress, "integration"),
    (SearchEntry, "integration"),
    (RecordChange, "integration"),
    (ChangeBatch, "integration"),
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
    (FailedCall, "integration"),
    (PreparedCall, "integration"),
    (DecidedDeletion, "decision__run__integration"),
    (HeldDeletion, "run__integration"),
    (HoldDecision, "run__integration"),
    (QuarantinedRecord, "run__integration"),
    (SyncWarning, "run__integration"),
    (ModelResult, "run__integration"),
    (SyncRun, "integration"),
    (ConnectionLink, "integration"),
    (ValueDecision, "integration"),
    (WebhookAttempt, "delivery__event__integration"),
    (WebhookDelivery, "event__integration"),
    (WebhookEvent, "integration"),
)


def set_enabled(integration: Integration, enabled: bool) -> None:
    """Enable the tenant, or disable it, which cancels a sync that is under way. Idempotent."""
    with transaction.atomic():
        changed = Integration.objects.filter(pk=integration.pk, enabled=not enabled)
        if changed.update(enabled=enabled):
            event = Event.TENANT_ENABLED if enabled else Event.TENANT_DISABLED
            _record(event, integration)
            telling.tell_soon(integration.pk)
        integration.enabled = enabled
        if not enabled:
            _cancel_live(integration)


def delete(integration: Integration) -> None:
    """Disable the tenant and hide it from everybody. Idempotent.

    `restore` undoes it until `remove_deleted` may remove the data, `KEPT` later.
    """
    with transaction.atomic():
        present = Integration.objects.present().filter(pk=integration.pk)
        if present.update(enabled=False, deleted_at=(now := timezone.now())):
            _record(Event.TENANT_DELETED, integration)
            outbox.integration_deleted(integration, now)
        _cancel_live(integration)
    integration.refresh_from_db()


def goes_at(deleted_at: datetime) -> datetime:
    """When the data of a tenant deleted then is removed."""
    return deleted_at + KEPT


def restore(integration: Integration) -> bool:
    """Undo a deletion; return False when it is too late. The tenant stays disabled. Idempotent.

    It is too late in the last minutes: a removal may have selected the tenant already.
    """
    since = timezone.now() - KEPT + LAST_MINUTES
    deleted = Integration.objects.deleted().filter(pk=integration.pk, deleted_at__gt=since)
    with transaction.atomic():
        restored = deleted.update(deleted_at=None)
        if restored:
            _record(Event.TENANT_RESTORED, integration)
            telling.tell_soon(integration.pk)
    integration.refresh_from_db()
    return bool(restored) or integration.deleted_at is None


@jobs.RETENTION.register("deleted tenants")
def remove_deleted(*, before: datetime | None = None) -> int:
    """Remove the tenants deleted before `before`, else `KEPT` ago, with all their data; how many.

    Idempotent. If it is stopped half-way, the next call removes the rest. A tenant that cannot be
    removed does not keep the others from being removed.
    """
    before = before or timezone.now() - KEPT
    removed = 0
    for integration in list(Integration.objects.deleted().filter(deleted_at__lt=before)):
        with jobs.failure_logged("Removing the data of tenant %s", integration.pk):
            _remove_tenant(integration)
            removed += 1
    return removed


def _remove_tenant(integration: Integration) -> None:
    tenant = integration.pk
    for model, path in _REMOVED:
        batched_writes.delete(model._base_manager.filter(**{path: tenant}))
    with transaction.atomic():
        _record(Event.TENANT_EMPTIED, integration)
        integration.delete()
    logger.info("The data of the deleted tenant %s was removed", tenant)


def _cancel_live(integration: Integration) -> None:
    live = SyncRun.objects.filter(integration=integration, state__in=LIVE_STATES)
    for run_id in live.values_list("pk", flat=True):
        runs.request_cancel(run_id)


def _record(event: Event, integration: Integration) -> None:
    record(event, tenant=integration, about=integration, name=integration.organization)


# What a deletion would remove


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a tenant has, and what goes when it is deleted: numbers of rows.

    `on_their_way`: submissions that a worker will still send. `own_keys`: valid API keys that open
    this tenant alone. `shared_keys`: valid keys that open others, too. `links`: open links.
    """

    jobs: int
    candidates: int
    applications: int
    submissions: int
    on_their_way: int
    uploads: int
    runs: int
    exports: int
    calls: int
    members: int
    own_keys: int
    shared_keys: int
    links: int


def holdings_of(integration: Integration) -> Holdings:
    """Count exactly, which reads every row of the tenant: for the page that deletes it."""

    def count(model: Any) -> int:
        number: int = model._base_manager.filter(integration=integration).order_by().count()
        return number

    own, shared = _keys(integration)
    now = timezone.now()
    links = ConnectionLink.objects.filter(integration=integration, used_at=None, expires_at__gt=now)
    live = Submission.objects.filter(integration=integration, state__in=LIVE_SUBMISSIONS)
    return Holdings(
        jobs=count(Job),
        candidates=count(Candidate),
        applications=count(Application),
        submissions=count(Submission),
        on_their_way=live.count(),
        uploads=count(BulkUpload),
        runs=count(SyncRun),
        exports=count(Export),
        calls=count(PassthroughCall),
        members=count(Membership),
        own_keys=own,
        shared_keys=shared,
        links=links.count(),
    )


def _keys(integration: Integration) -> tuple[int, int]:
    """The valid API keys that open this tenant alone, and those that open others, too."""
    keys = ApiKey.objects.filter(revoked_at=None).exclude(expires_at__lte=timezone.now())
    scoped = keys.filter(every_tenant=False, integrations=integration).prefetch_related(
        "integrations"
    )
    own = shared = 0
    for key in scoped:
        alone = all(one.pk == integration.pk or one.deleted_at for one in key.integrations.all())
        own, shared = own + alone, shared + (not alone)
    return own, shared + keys.filter(every_tenant=True).count()
