"""What syncs did not understand, from run to run: a repaired record leaves, any other one stays.

The warnings of a run are its own. An applicant that has not changed since is not mapped again, so
a run without a warning about it says nothing of whether it is repaired.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations.models import (
    LIVE_STATES,
    Application,
    FlatchrSettings,
    Integration,
    ModelResult,
    QuarantinedRecord,
    SyncRun,
    SyncWarning,
    TenantState,
    UnresolvedRecord,
)
from integrations.records import Model
from integrations.tenants.health import Condition
from integrations.tenants.scopes import excluded_models
from integrations.tenants.states import rank

SET_ASIDE = UnresolvedRecord.SET_ASIDE
# Models whose unchanged objects a sync does not map again; their records name applications.
MAPPED_ONCE = frozenset({Model.APPLICATIONS.value, Model.CANDIDATES.value})
# So many records of a tenant are followed, and so many runs that nobody has looked at yet.
MOST_RECORDS = 2000
MOST_RUNS = 3
# So many tenants are brought up to date at a time: more are behind only after an upgrade, and the
# end of each tenant's next run does the same.
MOST_TENANTS = 50

# Model, code and remote id.
Key = tuple[str, str, str]


def carry_over(tenants: Sequence[Integration]) -> None:
    """Bring the unresolved records of these tenants, up to `MOST_TENANTS` that are behind, up to
    their newest runs. Idempotent.
    """
    ids = [tenant.pk for tenant in tenants]
    newest = SyncRun.objects.filter(integration_id=OuterRef("pk")).exclude(state__in=LIVE_STATES)
    rows = Integration.objects.filter(pk__in=ids).annotate(
        newest=Subquery(newest.order_by("-pk").values("pk")[:1]),
        through=Coalesce("stored_state__findings_through", 0),
    )
    behind = [
        (pk, through)
        for pk, last, through in rows.values_list("pk", "newest", "through")
        if last is not None and last > through
    ]
    for pk, through in behind[:MOST_TENANTS]:
        for run in _new_runs(pk, through):
            take_in(run)


def _new_runs(tenant_id: str, through: int) -> list[SyncRun]:
    ended = SyncRun.objects.filter(integration_id=tenant_id, pk__gt=through)
    found = ended.exclude(state__in=LIVE_STATES).order_by("-pk")[:MOST_RUNS]
    return sorted(found, key=lambda run: run.pk)


def take_in(run: SyncRun) -> None:
    """Add what the run did not understand, and remove what it found repaired."""
    with transaction.atomic():
        found = _found(run)
        rows = UnresolvedRecord.objects.filter(integration_id=run.integration_id)
        known = {
            (model, code, remote_id): pk
            for pk, model, code, remote_id in rows.values_list("pk", "model", "code", "remote_id")
        }
        repaired = _repaired(run, known.keys() - found)
        rows.filter(pk__in=[known[key] for key in repaired]).delete()
        room = max(0, MOST_RECORDS - len(known) + len(repaired))
        UnresolvedRecord.objects.bulk_create(
            [
                UnresolvedRecord(
                    integration_id=run.integration_id, model=model, code=code, remote_id=remote_id
                )
                for model, code, remote_id in sorted(found - known.keys())[:room]
            ],
            ignore_conflicts=True,
        )
        if not _move_on(run):
            # Another process has taken it in, or a newer one that says what is repaired.
            transaction.set_rollback(True)


def _move_on(run: SyncRun) -> bool:
    """Store that the run is taken in; False if it, or a newer one, was before."""
    behind = TenantState.objects.filter(pk=run.integration_id, findings_through__lt=run.pk)
    if behind.update(findings_through=run.pk):
        return True
    now = timezone.now()
    _, new = TenantState.objects.get_or_create(
        pk=run.integration_id,
        # Until it is worked out, which follows.
        defaults={
            "rank": rank(Condition.ACTIVE),
            "assessed_at": now,
            "outdated_at": now,
            "findings_through": run.pk,
        },
    )
    return new


def _found(run: SyncRun) -> set[Key]:
    found: set[Key] = set()
    for warning in SyncWarning.objects.filter(run=run):
        examples = [str(example.get("remote_id", "")) for example in warning.examples]
        for remote_id in warning.remote_ids or examples:
            found.add((warning.model, warning.code, remote_id))
    aside = QuarantinedRecord.objects.filter(run=run).values_list("model", "remote_id")
    found.update((model, SET_ASIDE, remote_id) for model, remote_id in aside[:MOST_RECORDS])
    return found


def _repaired(run: SyncRun, missing: Iterable[Key]) -> set[Key]:
    """Those of `missing`, of which the run found nothing wrong, that it would have found."""
    missing = list(missing)
    if not missing:
        return set()
    read = set(ModelResult.objects.filter(run=run, complete=True).values_list("model", flat=True))
    settings = FlatchrSettings.objects.filter(pk=run.integration_id).first()
    unread = {str(model) for model in excluded_models(settings.scopes)} if settings else set()
    followed = {key[2] for key in missing if key[0] in MAPPED_ONCE}
    applications = dict(
        Application.objects.filter(
            integration_id=run.integration_id, remote_id__in=followed, remote_deleted_at=None
        ).values_list("remote_id", "changed_at")
    )

    def is_repaired(key: Key) -> bool:
        model, code, remote_id = key
        if model in unread:
            return True
        if model not in MAPPED_ONCE:
            return model in read
        changed_at = applications.get(remote_id)
        if changed_at is None:
            # What is set aside need not be stored; anything else is gone.
            return code != SET_ASIDE or model in read
        if code == SET_ASIDE and model in read:
            return True
        return run.started_at is not None and changed_at >= run.started_at

    return {key for key in missing if is_repaired(key)}
