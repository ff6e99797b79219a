"""Issues: raised once, carried from run to run, resolved by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.alerts import findings, issues
from integrations.alerts.sweep import retain, sweep_installation
from integrations.models import (
    FlatchrCredentials,
    HeldDeletion,
    Integration,
    Issue,
    IssueKind,
    ModelResult,
    ProcessHeartbeat,
    ProcessKind,
    QuarantinedRecord,
    RunState,
    Severity,
    Submission,
    SubmissionState,
    SyncRun,
    SyncWarning,
    TagProgress,
    TenantState,
    UnresolvedRecord,
    WebhookEndpoint,
)
from integrations.operations import health as operations_health
from integrations.records import Model
from integrations.tenants.facts import health_of
from integrations.tenants.health import Condition

pytestmark = pytest.mark.django_db


def ended(tenant: Integration, state: RunState = RunState.SUCCEEDED, **fields: Any) -> SyncRun:
    now = timezone.now()
    return SyncRun.objects.create(
        integration=tenant, state=state, started_at=now, ended_at=now, **fields
    )


def open_kinds(tenant: Integration) -> set[str]:
    return set(Issue.objects.open().filter(integration=tenant).values_list("kind", flat=True))


def condition(tenant: Integration) -> Condition:
    return health_of([tenant])[tenant.pk][1].condition


def warned(run: SyncRun, model: Model, code: str, *remote_ids: str) -> None:
    SyncWarning.objects.create(
        run=run, model=model, code=code, count=len(remote_ids), remote_ids=list(remote_ids)
    )


def read(run: SyncRun, *models: Model) -> None:
    for model in models:
        ModelResult.objects.create(run=run, model=model, complete=True)


def test_one_open_issue_of_a_kind_each(tenant: Integration) -> None:
    ended(tenant, RunState.FAILED)
    issues.look_at([tenant])
    issues.look_at([tenant])
    (issue,) = Issue.objects.all()
    now = timezone.now()
    for owner in (tenant, None):
        given = {"kind": issue.kind, "severity": Severity.WARNING, "text": ""}
        with transaction.atomic():
            if owner is None:
                Issue.objects.create(first_seen_at=now, last_seen_at=now, **given)
            with pytest.raises(IntegrityError), transaction.atomic():
                Issue.objects.create(
                    integration=owner, first_seen_at=now, last_seen_at=now, **given
                )


def test_failing_syncs_are_counted_become_critical_and_resolve_by_themselves(
    tenant: Integration,
) -> None:
    for times in (1, 2, 3):
        ended(tenant, RunState.FAILED)
        issues.look_at([tenant])
        issues.look_at([tenant])
        issue = Issue.objects.get()
        assert (issue.kind, issue.times) == (IssueKind.SYNCS_FAILING, times)
        assert issue.severity == (Severity.CRITICAL if times == 3 else Severity.WARNING)
    assert condition(tenant) is Condition.FAILING
    ended(tenant)
    issues.look_at([tenant])
    issue.refresh_from_db()
    assert issue.resolved_at is not None
    steps = list(issue.history.values_list("step", flat=True))
    assert steps == ["raised", "worse", "resolved"]
    assert condition(tenant) is Condition.ACTIVE


def test_a_cancelled_sync_does_not_end_the_issue_of_failing_ones(tenant: Integration) -> None:
    ended(tenant, RunState.FAILED)
    issues.look_at([tenant])
    ended(tenant, RunState.CANCELLED)
    issues.look_at([tenant])
    issue = Issue.objects.get()
    assert (issue.resolved_at, issue.times) == (None, 1)
    ended(tenant, RunState.FAILED)
    issues.look_at([tenant])
    issue.refresh_from_db()
    assert issue.times == 2


def test_a_key_that_ends_is_a_warning_for_weeks_and_critical_in_the_last_one(
    tenant: Integration,
) -> None:
    ended(tenant)
    now = timezone.now()
    for days, expected in ((40, None), (29, "warning"), (6, "critical")):
        FlatchrCredentials.objects.update(key_expires_at=now + timedelta(days=days, hours=1))
        issues.look_at([tenant])
        found = Issue.objects.open().filter(kind=IssueKind.KEY_EXPIRING)
        assert list(found.values_list("severity", flat=True)) == ([expected] if expected else [])
    FlatchrCredentials.objects.update(key_expires_at=now - timedelta(days=1))
    issues.look_at([tenant])
    assert open_kinds(tenant) == {IssueKind.KEY_REFUSED}
    assert "expired" in Issue.objects.open().get().text


def test_held_deletions_are_an_issue_until_somebody_decides(tenant: Integration) -> None:
    run = ended(tenant, RunState.PARTIALLY_FAILED)
    for number in range(3):
        HeldDeletion.objects.create(run=run, model=Model.JOBS, record_id=f"job{number}")
    issues.look_at([tenant])
    issue = Issue.objects.get()
    assert (issue.kind, issue.count, issue.run_id) == (IssueKind.DELETIONS_HELD, 3, run.pk)
    HeldDeletion.objects.all().delete()
    issues.look_at([tenant])
    assert open_kinds(tenant) == set()


def test_what_is_not_understood_stays_from_run_to_run_until_it_is_repaired(
    tenant: Integration, make_application: Callable[..., Any]
) -> None:
    first = ended(tenant, RunState.PARTIALLY_FAILED)
    for remote_id in ("a1", "a2"):
        make_application(tenant, remote_id)
    warned(first, Model.JOBS, "unknown_contract", "v1", "v2")
    warned(first, Model.APPLICATIONS, "invalid_email", "a1", "a2", "gone")
    QuarantinedRecord.objects.create(
        run=first, model=Model.APPLICATIONS, remote_id="a9", reason="", raw="{}"
    )
    issues.after_run(first.pk)
    issue = Issue.objects.get()
    assert (issue.kind, issue.severity, issue.count) == (IssueKind.VALUES, "warning", 1)
    assert UnresolvedRecord.objects.count() == 6
    assert TenantState.objects.get().findings_through == first.pk

    # A delta: it reads the jobs, and of applicants the one that has changed.
    delta = ended(tenant)
    make_application(tenant, "a1")
    read(delta, Model.JOBS)
    warned(delta, Model.JOBS, "unknown_contract", "v2")
    issues.after_run(delta.pk)
    left = set(UnresolvedRecord.objects.values_list("code", "remote_id"))
    assert left == {
        ("unknown_contract", "v2"),
        ("invalid_email", "a2"),
        (UnresolvedRecord.SET_ASIDE, "a9"),
    }
    assert condition(tenant) is Condition.WARNINGS, "Although the newest run went well."
    # A process that is late with the older run.
    findings.take_in(first)
    assert set(UnresolvedRecord.objects.values_list("code", "remote_id")) == left

    full = ended(tenant)
    read(full, Model.JOBS, Model.APPLICATIONS)
    issues.after_run(full.pk)
    issue.refresh_from_db()
    assert (issue.severity, issue.resolved_at) == ("notice", None), "a2 is as it was."
    assert issue.records == [{"model": "applications", "id": "a2"}]
    assert condition(tenant) is Condition.ACTIVE


def test_submissions_that_fail_are_named_until_they_are_done_with(
    tenant: Integration,
) -> None:
    ended(tenant)
    failed = Submission.objects.create(integration=tenant, state=SubmissionState.FAILED)
    uncertain = Submission.objects.create(
        integration=tenant,
        state=SubmissionState.UNCERTAIN,
        queued_at=timezone.now() - timedelta(minutes=11),
    )
    issues.after_submission(failed.pk)
    assert open_kinds(tenant) == {
        IssueKind.SUBMISSIONS_FAILING,
        IssueKind.SUBMISSIONS_UNCERTAIN,
    }
    assert condition(tenant) is Condition.WARNINGS
    Submission.objects.filter(pk=failed.pk).update(state=SubmissionState.SUCCEEDED)
    Submission.objects.filter(pk=uncertain.pk).update(state=SubmissionState.SUCCEEDED)
    issues.after_submission(failed.pk)
    assert open_kinds(tenant) == set()
    assert condition(tenant) is Condition.ACTIVE


def test_a_file_of_submissions_that_fail_is_counted_and_its_newest_are_named(
    tenant: Integration,
) -> None:
    ended(tenant)
    failed = [
        Submission.objects.create(integration=tenant, state=SubmissionState.FAILED)
        for _row in range(22)
    ]
    with CaptureQueriesContext(connection) as queries:
        issues.after_submission(failed[-1].pk)
    assert not any("syncrun" in query["sql"] for query in queries), "Of no use for these issues."
    issue = Issue.objects.get()
    assert (issue.count, len(issue.records)) == (22, 20)
    assert issue.records[0] == {"model": "submissions", "id": failed[-1].pk}


def test_tags_that_are_not_read_within_a_day(tenant: Integration) -> None:
    ended(tenant)
    now = timezone.now()
    progress = TagProgress.objects.create(
        integration=tenant, began_at=now - timedelta(hours=25), read=3, total=10
    )
    issues.look_at([tenant])
    issue = Issue.objects.get()
    assert (issue.kind, issue.count) == (IssueKind.TAGS_BEHIND, 7)
    assert condition(tenant) is Condition.WARNINGS
    progress.ended_at = now
    progress.save()
    issues.look_at([tenant])
    assert open_kinds(tenant) == set()


def test_a_webhook_that_takes_nothing_is_an_issue_of_who_hears_of_it(
    tenant: Integration, other_tenant: Integration
) -> None:
    long = timezone.now() - timedelta(minutes=20)
    mine = WebhookEndpoint.objects.create(url="https://a.example/", failing_since=long)
    mine.integrations.add(tenant)
    WebhookEndpoint.objects.create(url="https://b.example/", failing_since=long, every_tenant=True)
    sweep_installation()
    issues.look_at_installation()
    found = Issue.objects.open().filter(kind=IssueKind.WEBHOOK_FAILING)
    assert {issue.integration for issue in found} == {tenant, None}
    WebhookEndpoint.objects.update(failing_since=None)
    sweep_installation()
    assert open_kinds(tenant) == set()


def test_what_comes_again_within_minutes_is_the_same_issue(
    tenant: Integration, later: Callable[..., None]
) -> None:
    for again in (RunState.FAILED, RunState.SUCCEEDED, RunState.FAILED, RunState.SUCCEEDED):
        ended(tenant, again)
        issues.look_at([tenant])
    issue = Issue.objects.get()
    assert issue.times == 2
    assert list(issue.history.values_list("step", flat=True)) == [
        *("raised", "resolved", "again", "resolved")
    ]
    later(minutes=16)
    ended(tenant, RunState.FAILED)
    issues.look_at([tenant])
    assert Issue.objects.count() == 2


def test_a_snoozed_issue_is_left_out_until_then(
    tenant: Integration, alice: User, later: Callable[..., None]
) -> None:
    ended(tenant, RunState.FAILED)
    issues.look_at([tenant])
    issue = Issue.objects.get()
    assert issues.snooze(issue, issues.SNOOZES["day"], user=alice)
    now = timezone.now()
    assert not Issue.objects.awake(now).exists()
    assert Issue.objects.snoozed(now).get() == issue
    later(hours=23)
    assert not Issue.objects.awake(timezone.now()).exists()
    later(hours=2)
    assert Issue.objects.awake(timezone.now()).get() == issue
    assert issue.history.get(step="snoozed").user == alice
    ended(tenant)
    issues.look_at([tenant])
    assert not issues.snooze(issue, issues.SNOOZES["day"], user=alice)


def test_resolved_issues_are_kept_for_half_a_year(
    tenant: Integration, later: Callable[..., None]
) -> None:
    for days in (100, 81):
        ended(tenant, RunState.FAILED)
        issues.look_at([tenant])
        ended(tenant)
        issues.look_at([tenant])
        later(days=days)
    retain()
    (left,) = Issue.objects.all()
    assert left.first_seen_at > timezone.now() - timedelta(days=82)


def test_a_second_scheduler_is_not_told_as_one_that_is_silent() -> None:
    now = timezone.now()
    for number in range(2):
        ProcessHeartbeat.objects.create(
            id=f"scheduler{number}",
            kind=ProcessKind.SCHEDULER,
            host="here",
            pid=number,
            queues=[],
            version="1",
            started_at=now,
            seen_at=now,
        )
    issues.look_at_installation()
    assert IssueKind.SCHEDULER_SILENT not in set(Issue.objects.values_list("kind", flat=True))


def test_the_installation_has_issues_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    free = operations_health.shutil.disk_usage("/")._replace(free=10)
    with monkeypatch.context() as patched:
        patched.setattr(operations_health.shutil, "disk_usage", lambda _path: free)
        issues.look_at_installation()
        issues.look_at_installation()
    found = {issue.kind: issue for issue in Issue.objects.open()}
    assert found["disk"].severity == "critical"
    assert {"disk", "worker_silent", "scheduler_silent"} <= found.keys()
    assert found["disk"].integration is None
    if operations_health.shutil.disk_usage("/").free > operations_health.DISK_LOW:
        issues.look_at_installation()
        assert "disk" not in set(Issue.objects.open().values_list("kind", flat=True))
