"""What the health of tenants depends on, read for any number of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery, Sum
from django.utils import timezone

from integrations.models import (
    LIVE_STATES,
    FlatchrCredentials,
    HeldDeletion,
    Integration,
    Issue,
    IssueKind,
    ModelResult,
    RunState,
    SyncRun,
    SyncType,
    SyncWarning,
    UnresolvedRecord,
)
from integrations.tenants.health import Facts, Health, assess, is_late

# Kinds of issue of which the facts below say nothing else.
KNOWN_BY_ROW = (
    IssueKind.SUBMISSIONS_UNCERTAIN,
    IssueKind.SUBMISSIONS_FAILING,
    IssueKind.TAGS_BEHIND,
    IssueKind.WEBHOOK_FAILING,
)


def next_sync_at(integration: Integration) -> datetime | None:
    """When the schedule will start the next sync, if it will."""
    if not integration.enabled or integration.credentials_invalid_at:
        return None
    due = [at for at in (integration.next_full_at, integration.next_delta_at) if at]
    return min(due, default=None)


def workers_are_busy(now: datetime) -> bool:
    """Whether any sync is under way: those that wait are not taken up, because it is not their
    turn.
    """
    running = SyncRun.objects.filter(state=RunState.RUNNING, lease_expires_at__gt=now)
    return running.exists()


def facts_for(integrations: Sequence[Integration]) -> dict[str, Facts]:
    """The facts of each tenant, by id, in ten queries, or eleven where a sync waits long."""
    ids = [integration.pk for integration in integrations]
    newest = _newest_runs(ids)
    live = {
        run.integration_id: run
        for run in SyncRun.objects.filter(integration_id__in=ids, state__in=LIVE_STATES)
    }
    now = timezone.now()
    late = {key for key, run in live.items() if is_late(run, now)}
    busy = bool(late) and workers_are_busy(now)
    held = _sums(HeldDeletion.objects.order_by().values("run").annotate(n=Count("pk")))
    wanted = {pk for row in newest.values() for pk in row.values() if pk} | held.keys()
    runs = SyncRun.objects.in_bulk(wanted)
    holding = {runs[pk].integration_id: runs[pk] for pk in sorted(runs) if pk in held}
    last = {row["last"] for row in newest.values() if row["last"]}
    warned = _sums(SyncWarning.objects.filter(run__in=last).values("run").annotate(n=Sum("count")))
    aside = _sums(
        ModelResult.objects.filter(run__in=last).values("run").annotate(n=Sum("quarantined"))
    )
    credentials = FlatchrCredentials.objects.in_bulk(ids)
    open_aside, open_values = _unresolved(ids)
    issues = _further_issues(ids, now)
    facts = {}
    for integration in integrations:
        row = newest[integration.pk]
        key = credentials.get(integration.pk)
        held_run = holding.get(integration.pk)
        if held_run is not None and _is_superseded(held_run, runs.get(row["full"] or 0)):
            held_run = None
        facts[integration.pk] = Facts(
            enabled=integration.enabled,
            has_credentials=key is not None,
            key_readable=key is None or key.readable,
            key_expires_at=key.key_expires_at if key else None,
            credentials_invalid_at=integration.credentials_invalid_at,
            next_sync_at=next_sync_at(integration),
            live=live.get(integration.pk),
            waits_its_turn=busy and integration.pk in late,
            last=runs.get(row["last"] or 0),
            held_run=held_run,
            held=held[held_run.pk] if held_run is not None else 0,
            # What the last run found, and what earlier ones did that is not repaired.
            warnings=max(warned.get(row["last"] or 0, 0), open_values.get(integration.pk, 0)),
            quarantined=max(aside.get(row["last"] or 0, 0), open_aside.get(integration.pk, 0)),
            issue=issues.get(integration.pk),
        )
    return facts


def _newest_runs(ids: list[str]) -> dict[str, dict[str, int | None]]:
    """For each tenant the newest run that ended, and the newest full one with a complete result.

    Each is found within a few steps down the index on (integration, -id).
    """
    mine = SyncRun.objects.filter(integration=OuterRef("pk")).order_by("-id").values("pk")
    ended = mine.exclude(state__in=LIVE_STATES)
    complete = ended.filter(
        type=SyncType.FULL, state__in=[RunState.SUCCEEDED, RunState.PARTIALLY_FAILED]
    )
    rows = Integration.objects.filter(pk__in=ids).annotate(
        last=Subquery(ended[:1]),
        full=Subquery(complete[:1]),
    )
    return {
        row["pk"]: {name: row[name] for name in ("last", "full")}
        for row in rows.values("pk", "last", "full")
    }


def _unresolved(ids: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """How many records of each tenant are set aside, and how many have values not understood."""
    aside: dict[str, int] = {}
    values: dict[str, int] = {}
    rows = UnresolvedRecord.objects.filter(integration_id__in=ids).order_by()
    for pk, code, count in rows.values_list("integration_id", "code").annotate(n=Count("pk")):
        into = aside if code == UnresolvedRecord.SET_ASIDE else values
        into[pk] = into.get(pk, 0) + count
    return aside, values


def _further_issues(ids: Sequence[str], now: datetime) -> dict[str, Issue]:
    """The newest issue of each tenant that is known by its row alone."""
    rows = Issue.objects.awake(now).filter(integration_id__in=ids, kind__in=KNOWN_BY_ROW)
    return {str(issue.integration_id): issue for issue in rows.order_by("pk")}


def _is_superseded(held: SyncRun, full: SyncRun | None) -> bool:
    """Whether `full`, the newest full sync, has read all models after `held`."""
    return full is not None and full.pk > held.pk and not full.error_kind


def _sums(rows: object) -> dict[int, int]:
    return {row["run"]: row["n"] or 0 for row in rows}  # type: ignore[attr-defined]


def health_from(read: Mapping[str, Facts]) -> dict[str, tuple[Facts, Health]]:
    """The state of each tenant by facts that have just been read, with the issues open since."""
    now = timezone.now()
    issues = _further_issues(list(read), now)
    known = {pk: replace(facts, issue=issues.get(pk)) for pk, facts in read.items()}
    return {pk: (facts, assess(facts, now)) for pk, facts in known.items()}


def health_of(integrations: Sequence[Integration]) -> dict[str, tuple[Facts, Health]]:
    """Facts and state of each tenant, by id."""
    now = timezone.now()
    return {pk: (facts, assess(facts, now)) for pk, facts in facts_for(integrations).items()}
