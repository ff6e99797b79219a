"""Issues: raised once, followed while their cause lasts, resolved by themselves, snoozed by people.

`detectors.py` says what is wrong; this module makes rows of it, and tells `outbox.py` and the log
where an issue begins or ends. At most one of a kind is open for each tenant, which a constraint of
the database holds, so every function here may be called by several processes at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone, translation

from integrations import telemetry
from integrations.alerts import findings, outbox
from integrations.alerts.detectors import (
    DETECTORS,
    OF_SUBMISSIONS,
    Detected,
    TenantBatch,
    failing_endpoints,
    of_installation,
)
from integrations.alerts.wording import what_to_do
from integrations.models import (
    Integration,
    Issue,
    IssueEvent,
    IssueKind,
    IssueStep,
    Severity,
    Submission,
    SubmissionState,
)
from integrations.operations.health import health
from integrations.tenants import states
from integrations.tenants.facts import health_from
from integrations.webhooks.outbox import issue_status_changed

# One that comes again so soon after its end is the same one, and nobody is told of either.
SAME_WITHIN = timedelta(minutes=15)
# How old `last_seen_at` may become while nothing else changes.
SEEN_EVERY = timedelta(minutes=5)
# Tenants with a failing endpoint that one sweep looks at.
MOST_TENANTS = 500
SNOOZES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


# Looking


def look_at(tenants: Sequence[Integration], *, kinds: Collection[IssueKind] = ()) -> TenantBatch:
    """Raise, follow and resolve the issues of these tenants: of all kinds, or of `kinds`.

    Return the tenants that are not deleted, with what was read of them for it.
    """
    tenants = [tenant for tenant in tenants if tenant.deleted_at is None]
    if not kinds:
        findings.carry_over(tenants)
    batch = TenantBatch.of(tenants)
    for kind in kinds or DETECTORS:
        found = DETECTORS[kind](batch)
        for tenant in tenants:
            known, detected = batch.issues.get((tenant.pk, kind)), found.get(tenant.pk)
            if known is not None or detected is not None:
                _settle(tenant.pk, kind, detected, known)
    return batch


def look_at_installation() -> None:
    """The same for the installation itself."""
    open_ones = {one.kind: one for one in Issue.objects.open().filter(integration=None)}
    for kind, detected in of_installation(health(), timezone.now()).items():
        known = open_ones.get(kind)
        if known is not None or detected is not None:
            _settle(None, kind, detected, known)


def look_at_webhooks() -> None:
    """The issues of tenants whose endpoints fail, or did."""
    failing = failing_endpoints(timezone.now()).filter(every_tenant=False)
    known = Issue.objects.open().filter(kind=IssueKind.WEBHOOK_FAILING, integration__isnull=False)
    concerned = Q(pk__in=failing.order_by().values("integrations")) | Q(
        pk__in=known.order_by().values("integration")
    )
    tenants = list(Integration.objects.present().filter(concerned)[:MOST_TENANTS])
    if tenants:
        look_at(tenants, kinds=[IssueKind.WEBHOOK_FAILING])


def after_run(run_id: int) -> None:
    """At the end of a run: its tenant's issues and state, at once and not with the next sweep."""
    tenant = Integration.objects.present().filter(runs=run_id).first()
    if tenant is not None:
        states.store(health_from(look_at([tenant]).facts))


def after_submission(submission_id: str) -> None:
    """Once a worker has left a submission: only where it, or an issue, says that something is
    wrong.
    """
    found = Submission.objects.filter(pk=submission_id).values_list("state", "integration_id")
    for state, tenant_id in found:
        troubled = state in (SubmissionState.FAILED, SubmissionState.UNCERTAIN)
        known = Issue.objects.open().filter(integration=tenant_id, kind__in=OF_SUBMISSIONS)
        if troubled or known.exists():
            tenants = list(Integration.objects.present().filter(pk=tenant_id))
            look_at(tenants, kinds=OF_SUBMISSIONS)
            states.outdate(tenant_id)


def forget_deleted() -> None:
    """Resolve what is open of deleted tenants; nobody is told. Idempotent."""
    gone = Issue.objects.open().filter(integration__deleted_at__isnull=False)
    gone.update(resolved_at=timezone.now())


# Raising, following, resolving


def _settle(
    tenant_id: str | None, kind: IssueKind, detected: Detected | None, known: Issue | None
) -> None:
    if detected is None:
        if known is not None:
            _resolve(known)
    elif known is None:
        _raise(tenant_id, kind, detected)
    else:
        _follow(known, detected)


def _raise(tenant_id: str | None, kind: IssueKind, detected: Detected) -> None:
    now = timezone.now()
    try:
        with transaction.atomic():
            issue = _ended_just_now(tenant_id, kind, now)
            step = IssueStep.AGAIN
            if issue is None:
                step = IssueStep.RAISED
                issue = Issue(integration_id=tenant_id, kind=kind, first_seen_at=now)
            else:
                issue.times += 1
                issue.resolved_at = None
            _describe(issue, detected, now)
            issue.save()
            _note(issue, step, now)
            outbox.announce(issue, again=step is IssueStep.AGAIN)
            _tell_applications(issue)
    except IntegrityError:
        # Another process has raised it at the same moment.
        return
    _log(issue, step)


def _ended_just_now(tenant_id: str | None, kind: IssueKind, now: datetime) -> Issue | None:
    ended = Issue.objects.filter(
        integration_id=tenant_id, kind=kind, resolved_at__gt=now - SAME_WITHIN
    )
    return ended.select_for_update().first()


def _follow(issue: Issue, detected: Detected) -> None:
    now = timezone.now()
    before = (issue.severity, str(issue.text), issue.occasion, issue.count, issue.records)
    after = (
        detected.severity.value,
        str(detected.text),
        detected.occasion,
        detected.count,
        detected.records,
    )
    if before == after and now - issue.last_seen_at < SEEN_EVERY:
        return
    worse = detected.severity.rank > Severity(issue.severity).rank
    if detected.occasion != issue.occasion:
        issue.times += 1
    _describe(issue, detected, now)
    with transaction.atomic():
        # By name, and only while it is open: somebody may snooze it at the same moment.
        Issue.objects.open().filter(pk=issue.pk).update(
            **{name: getattr(issue, name) for name in DESCRIBED}
        )
        if worse:
            _note(issue, IssueStep.WORSE, now)
            outbox.announce(issue)
    if worse:
        _log(issue, IssueStep.WORSE)


DESCRIBED = ("severity", "text", "occasion", "times", "count", "records", "run_id", "last_seen_at")


def _describe(issue: Issue, detected: Detected, now: datetime) -> None:
    issue.severity = detected.severity
    issue.text = detected.text
    issue.occasion = detected.occasion
    issue.count = detected.count
    issue.records = detected.records
    issue.run_id = detected.run_id
    issue.last_seen_at = now


def _resolve(issue: Issue) -> None:
    now = timezone.now()
    with transaction.atomic():
        if not Issue.objects.open().filter(pk=issue.pk).update(resolved_at=now):
            return
        issue.resolved_at = now
        _note(issue, IssueStep.RESOLVED, now)
        outbox.announce_end(issue, at=now + SAME_WITHIN)
        _tell_applications(issue)
    _log(issue, IssueStep.RESOLVED)


# What people do


def snooze(issue: Issue, length: timedelta, *, user: Any) -> bool:
    """Leave an open issue out of the list until then; whether it was open."""
    now = timezone.now()
    with transaction.atomic():
        if not Issue.objects.open().filter(pk=issue.pk).update(snoozed_until=now + length):
            return False
        _note(issue, IssueStep.SNOOZED, now, user=user, until=now + length)
    _state_changed(issue)
    return True


def wake(issue: Issue, *, user: Any) -> bool:
    """End a snooze; whether there was one."""
    now = timezone.now()
    with transaction.atomic():
        if not Issue.objects.snoozed(now).filter(pk=issue.pk).update(snoozed_until=None):
            return False
        _note(issue, IssueStep.WOKEN, now, user=user)
        outbox.bring_forward(issue)
    _state_changed(issue)
    return True


def _state_changed(issue: Issue) -> None:
    if issue.integration_id is not None:
        states.outdate(issue.integration_id)


def _note(
    issue: Issue,
    step: IssueStep,
    now: datetime,
    *,
    user: Any = None,
    until: datetime | None = None,
) -> None:
    IssueEvent.objects.create(issue=issue, at=now, step=step, user=user, until=until)


def _tell_applications(issue: Issue) -> None:
    """Queue the vendor's event, in English as all of the API."""
    kind = IssueKind(issue.kind)
    with translation.override("en"):
        issue_status_changed(
            raised=issue.resolved_at is None,
            issue_id=str(issue.pk),
            type=kind.value,
            title=str(kind.label),
            message=f"{issue.text} {what_to_do(kind)}",
            first_observed_at=issue.first_seen_at,
            resolved_at=issue.resolved_at,
            tenant=issue.integration,
        )


def _log(issue: Issue, step: IssueStep) -> None:
    telemetry.issue_changed(
        issue=issue.pk,
        tenant=issue.integration_id,
        kind=issue.kind,
        severity=issue.severity,
        step=step,
    )
