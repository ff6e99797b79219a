"""Detectors: one plain function for each kind of issue, which says whose it is right now.

A detector of tenants is given a `TenantBatch` and returns what it found by tenant; one of the
installation is given the checks of `operations/health.py`. The rules about keys and syncs are those
of `tenants/health.py`, from which the overview's word for a tenant comes as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from integrations.messages import Message
from integrations.models import (
    EndpointState,
    Integration,
    Issue,
    IssueKind,
    RunState,
    Severity,
    Submission,
    SubmissionState,
    TagProgress,
    UnresolvedRecord,
    WebhookEndpoint,
)
from integrations.operations.health import HealthCheck, Status
from integrations.tenants import health
from integrations.tenants.facts import facts_for
from integrations.tenants.health import Facts

# The records that an issue names.
MOST_NAMED = 20
# As many syncs in a row make failing ones critical.
CRITICAL_AFTER = 3
# Relais looks for a submission that may have arrived; after so long somebody should know.
UNCERTAIN_AFTER = timedelta(minutes=10)
# So long a round of reading tags should take at most (`sync/tags/rounds.py`).
TAGS_BEHIND_AFTER = timedelta(hours=24)
# An endpoint has been tried three times by then (`webhooks/delivery.py`).
FAILING_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Detected:
    """What is wrong now; `occasion` names what it was seen at: another one counts once more."""

    severity: Severity
    text: str
    occasion: str = ""
    count: int = 0
    records: list[dict[str, str]] = field(default_factory=list)
    run_id: int | None = None


@dataclass(frozen=True)
class TenantBatch:
    """Tenants with their facts, and their open issues by tenant and kind."""

    tenants: Sequence[Integration]
    issues: Mapping[tuple[str, str], Issue]
    now: datetime

    @classmethod
    def of(cls, tenants: Sequence[Integration]) -> TenantBatch:
        rows = Issue.objects.open().filter(integration__in=[tenant.pk for tenant in tenants])
        return cls(
            tenants=tenants,
            issues={(str(row.integration_id), row.kind): row for row in rows},
            now=timezone.now(),
        )

    @cached_property
    def facts(self) -> Mapping[str, Facts]:
        """Read when the first detector asks for them: some need none."""
        return facts_for(self.tenants)

    @property
    def ids(self) -> list[str]:
        return [tenant.pk for tenant in self.tenants]

    def at_work(self) -> dict[str, Facts]:
        """The facts of tenants that are connected and not switched off."""
        return {
            pk: facts for pk, facts in self.facts.items() if facts.has_credentials and facts.enabled
        }


Found = dict[str, Detected]


def key_refused(batch: TenantBatch) -> Found:
    found = {}
    for pk, facts in batch.at_work().items():
        trouble = health.key_does_not_work(facts, batch.now)
        if trouble is None:
            continue
        text, occasion = "issue_key_refused", f"refused {facts.credentials_invalid_at}"
        if not facts.key_readable:
            text, occasion = "issue_key_unreadable", "unreadable"
        elif trouble.run is not None:
            occasion = f"run {trouble.run.pk}"
        elif not facts.credentials_invalid_at:
            text, occasion = "issue_key_expired", "expired"
        run_id = trouble.run.pk if trouble.run is not None else None
        found[pk] = Detected(Severity.CRITICAL, Message(text), occasion, run_id=run_id)
    return found


def key_expiring(batch: TenantBatch) -> Found:
    """From 30 days before the end; a week before, it is critical."""
    found = {}
    for pk, facts in batch.at_work().items():
        if health.key_does_not_work(facts, batch.now) or not health.key_is_running_out(
            facts, batch.now, within=health.KEY_EXPIRES_SOON
        ):
            continue
        left = (facts.key_expires_at or batch.now) - batch.now
        severity = Severity.CRITICAL if left <= health.KEY_EXPIRES_NOW else Severity.WARNING
        text = Message("issue_key_expiring", count=max(1, left.days))
        found[pk] = Detected(severity, text, f"ends {facts.key_expires_at}")
    return found


def syncs_failing(batch: TenantBatch) -> Found:
    """The newest run failed, or could not read everything; critical the third time in a row."""
    found = {}
    for pk, facts in batch.at_work().items():
        run = facts.last
        if run is None:
            continue
        before = batch.issues.get((pk, IssueKind.SYNCS_FAILING))
        if run.state == RunState.CANCELLED and before is not None:
            # That somebody stopped it says nothing of whether the next one would succeed.
            found[pk] = Detected(
                Severity(before.severity),
                before.text,
                before.occasion,
                before.count,
                before.records,
                before.run_id,
            )
            continue
        if health.sync_failed(facts) is not None:
            occasion, times = f"run {run.pk}", 1
            if before is not None:
                times = before.times + (before.occasion != occasion)
            severity = Severity.CRITICAL if times >= CRITICAL_AFTER else Severity.WARNING
            code = "issue_sync_failed"
        elif run.state == RunState.PARTIALLY_FAILED and run.error_message:
            severity, code = Severity.WARNING, "issue_sync_incomplete"
        else:
            continue
        # What is no message may be Flatchr's own words, which could name somebody.
        reason = run.error_message if isinstance(run.error_message, Message) else ""
        text = Message(code, reason=reason) if reason else Message("issue_sync_failed_no_reason")
        found[pk] = Detected(severity, text, f"run {run.pk}", run_id=run.pk)
    return found


def deletions_held(batch: TenantBatch) -> Found:
    found = {}
    for pk, facts in batch.at_work().items():
        if health.deletions_are_held(facts) is None or facts.held_run is None:
            continue
        found[pk] = Detected(
            Severity.WARNING,
            Message("issue_deletions_held", count=facts.held),
            f"run {facts.held_run.pk}",
            facts.held,
            run_id=facts.held_run.pk,
        )
    return found


def values_not_understood(batch: TenantBatch) -> Found:
    """What `findings.py` has carried over; a notice where every record is stored."""
    rows = UnresolvedRecord.objects.filter(integration__in=batch.ids).order_by("model", "remote_id")
    aside: defaultdict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    stored: defaultdict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for pk, model, code, remote_id in rows.values_list(
        "integration_id", "model", "code", "remote_id"
    ):
        into = aside if code == UnresolvedRecord.SET_ASIDE else stored
        into[pk][model, remote_id] = None
    found = {}
    for pk in {*aside, *stored}:
        last = batch.facts[pk].last
        records = list(aside.get(pk) or stored[pk])
        found[pk] = Detected(
            Severity.WARNING if pk in aside else Severity.NOTICE,
            Message("issue_values_aside" if pk in aside else "issue_values", count=len(records)),
            f"run {last.pk}" if last else "",
            len(records),
            [{"model": model, "id": remote_id} for model, remote_id in records[:MOST_NAMED]],
            run_id=last.pk if last else None,
        )
    return found


def submissions_uncertain(batch: TenantBatch) -> Found:
    late = Submission.objects.filter(
        integration__in=batch.ids,
        state=SubmissionState.UNCERTAIN,
        queued_at__lt=batch.now - UNCERTAIN_AFTER,
    )
    return _submissions(late, Severity.WARNING, "issue_submissions_uncertain")


def submissions_failing(batch: TenantBatch) -> Found:
    failed = Submission.objects.filter(
        integration__in=batch.ids, state=SubmissionState.FAILED
    ).needing_attention()
    return _submissions(failed, Severity.WARNING, "issue_submissions_failing")


def _submissions(rows: Any, severity: Severity, code: str) -> Found:
    """The newest of each tenant, and their number: a file of thousands may have failed."""
    tenant = F("integration")
    newest = rows.annotate(
        place=Window(RowNumber(), partition_by=tenant, order_by=F("created_at").desc()),
        number=Window(Count("pk"), partition_by=tenant),
    ).filter(place__lte=MOST_NAMED)
    by_tenant: defaultdict[str, list[str]] = defaultdict(list)
    counts: dict[str, int] = {}
    for pk, tenant_id, number in newest.order_by("place").values_list(
        "pk", "integration_id", "number"
    ):
        by_tenant[tenant_id].append(pk)
        counts[tenant_id] = number
    return {
        tenant_id: Detected(
            severity,
            Message(code, count=counts[tenant_id]),
            f"submission {found[0]}",
            counts[tenant_id],
            [{"model": "submissions", "id": pk} for pk in found],
        )
        for tenant_id, found in by_tenant.items()
    }


def tags_behind(batch: TenantBatch) -> Found:
    """A round of reading tags that has not come to its end within a day."""
    slow = TagProgress.objects.filter(
        integration__in=list(batch.at_work()),
        began_at__lt=batch.now - TAGS_BEHIND_AFTER,
        ended_at=None,
        read__lt=F("total"),
    )
    return {
        row.pk: Detected(
            Severity.WARNING,
            Message("issue_tags_behind", count=row.total - row.read),
            f"round {row.began_at}",
            row.total - row.read,
        )
        for row in slow
    }


def webhook_failing(batch: TenantBatch) -> Found:
    """Endpoints that hear of some tenants; those that hear of all belong to the installation."""
    failing = failing_endpoints(batch.now).filter(every_tenant=False)
    by_tenant: defaultdict[str, list[str]] = defaultdict(list)
    for pk, tenant_id in failing.filter(integrations__in=batch.ids).values_list(
        "pk", "integrations"
    ):
        by_tenant[tenant_id].append(pk)
    return {tenant_id: _webhooks(found) for tenant_id, found in by_tenant.items()}


def failing_endpoints(now: datetime) -> QuerySet[WebhookEndpoint]:
    """Those that have taken nothing for a while, and those switched off for it."""
    lately = Q(state=EndpointState.ACTIVE, failing_since__lt=now - FAILING_AFTER)
    off = Q(state=EndpointState.OFF) & ~Q(off_reason="")
    return WebhookEndpoint.objects.filter(lately | off).order_by("pk")


def _webhooks(endpoints: Sequence[str]) -> Detected:
    return Detected(
        Severity.WARNING,
        Message("issue_webhook_failing", count=len(endpoints)),
        f"endpoint {endpoints[0]}",
        len(endpoints),
        [{"model": "webhook_endpoints", "id": pk} for pk in endpoints[:MOST_NAMED]],
    )


DETECTORS: dict[IssueKind, Callable[[TenantBatch], Found]] = {
    IssueKind.KEY_REFUSED: key_refused,
    IssueKind.KEY_EXPIRING: key_expiring,
    IssueKind.SYNCS_FAILING: syncs_failing,
    IssueKind.DELETIONS_HELD: deletions_held,
    IssueKind.VALUES: values_not_understood,
    IssueKind.SUBMISSIONS_UNCERTAIN: submissions_uncertain,
    IssueKind.SUBMISSIONS_FAILING: submissions_failing,
    IssueKind.TAGS_BEHIND: tags_behind,
    IssueKind.WEBHOOK_FAILING: webhook_failing,
}
# Those that the end of a submission may concern.
OF_SUBMISSIONS = (IssueKind.SUBMISSIONS_UNCERTAIN, IssueKind.SUBMISSIONS_FAILING)


# The installation

# The check of `operations/health.py` that each is about.
CHECKS: dict[IssueKind, Callable[[str], bool]] = {
    IssueKind.DISK: "disk".__eq__,
    IssueKind.WORKER_SILENT: lambda name: name.startswith("worker_"),
    IssueKind.SCHEDULER_SILENT: "scheduler".__eq__,
    IssueKind.CLOCKS_APART: "clocks".__eq__,
    IssueKind.KEYS_UNREADABLE: "credentials".__eq__,
    IssueKind.BROKER_SILENT: "broker".__eq__,
    IssueKind.SYNCS_LATE: "due_syncs".__eq__,
}


def of_installation(
    checks: Sequence[HealthCheck], now: datetime
) -> dict[IssueKind, Detected | None]:
    """What is wrong of each kind; None where nothing is. A kind that was not checked is left out:
    nobody knows.
    """
    endpoints = failing_endpoints(now).filter(every_tenant=True).values_list("pk", flat=True)
    hearing_all = list(endpoints)
    found: dict[IssueKind, Detected | None] = {
        IssueKind.WEBHOOK_FAILING: _webhooks(hearing_all) if hearing_all else None
    }
    for kind, is_about in CHECKS.items():
        about = [check for check in checks if is_about(check.name)]
        if not about:
            continue
        wrong = [check for check in about if check.status is not Status.OK]
        if kind is IssueKind.SCHEDULER_SILENT:
            # The warning is about two of them.
            wrong = [check for check in wrong if check.status is Status.FAILED]
        found[kind] = None
        if wrong:
            failed = any(check.status is Status.FAILED for check in wrong)
            worst = min(wrong, key=lambda check: check.status is not Status.FAILED)
            found[kind] = Detected(
                Severity.CRITICAL if failed else Severity.WARNING,
                worst.text,
            )
    return found
