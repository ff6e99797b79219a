"""What a tenant has here: what goes when it is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from integrations.models import (
    LIVE_SUBMISSIONS,
    ApiKey,
    Application,
    BulkUpload,
    Candidate,
    ConnectionLink,
    Export,
    Integration,
    Job,
    Membership,
    PassthroughCall,
    Submission,
    SyncRun,
)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Numbers of rows. `on_their_way` are submissions that a worker will still send; `own_keys`
    are API keys that open this tenant alone and could still be used, `shared_keys` those that
    open others besides; `links` are the connection links still open.
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
    """Exact, which reads every row: for a page that is opened once in a tenant's life."""

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
    """API keys that open this tenant: it alone, or with others, every tenant included."""
    keys = ApiKey.objects.filter(revoked_at=None).exclude(expires_at__lte=timezone.now())
    scoped = keys.filter(every_tenant=False, integrations=integration).prefetch_related(
        "integrations"
    )
    own = shared = 0
    for key in scoped:
        alone = all(one.pk == integration.pk or one.deleted_at for one in key.integrations.all())
        own, shared = own + alone, shared + (not alone)
    return own, shared + keys.filter(every_tenant=True).count()
