"""One machinery for every kind of job: wake-up calls, claims, leases, heartbeats and the sweep."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from config.celery import app
from integrations import jobs, scheduler, tasks
from integrations.accounts.notices import ACCOUNT_NOTICES
from integrations.actions.lease import ACTIONS, BULK_ACTIONS
from integrations.alerts.outbox import NOTICES
from integrations.exports import working
from integrations.exports.mailing import MAILS
from integrations.exports.service import EXPORTS
from integrations.jobs import HeartbeatLease, JobKind, Lease, LeaseLost, PeriodicSteps, RecordLease
from integrations.lanes import Lane
from integrations.models import (
    AccountChange,
    AccountNotice,
    Action,
    ActionGroup,
    ActionKind,
    BulkUpload,
    EventAddress,
    Export,
    ExportState,
    Integration,
    Issue,
    IssueKind,
    Notice,
    NoticeChannel,
    RunState,
    SearchProgress,
    Severity,
    Submission,
    SubmissionState,
    SyncRun,
    TagProgress,
    WebhookEndpoint,
    WebhookProgress,
)
from integrations.search.filling import SEARCH_ENTRIES
from integrations.submissions import lease as submission_lease
from integrations.submissions.bulk import worker
from integrations.submissions.bulk.uploads import UPLOADS
from integrations.submissions.lease import SUBMISSIONS
from integrations.sync import lease as run_lease
from integrations.sync.runs import RUNS
from integrations.sync.tags.rounds import TAGS, waiting
from integrations.webhooks import outbox
from integrations.webhooks.incoming import addresses
from integrations.webhooks.incoming.receiving import EVENTS
from integrations.webhooks.queue import DELIVERIES
from integrations.webhooks.telling import NEWS
from tests.support.provided import free_port
from tests.support.worker import publishing_to
from tests.sync.running import Background, wait_until, woken

ROOT = Path(__file__).resolve().parents[1]
# Prints every step of the scheduler, in a process that has imported nothing else.
STEPS = """
import json, django
django.setup()
from integrations import jobs, scheduler
steps = {"SWEEP": jobs.SWEEP, "RETENTION": jobs.RETENTION}
print(json.dumps([[kind, name] for kind in steps for name in steps[kind]]))
"""

pytestmark = pytest.mark.django_db(transaction=True)

LENGTH = timedelta(seconds=20)


def long_ago() -> Any:
    return timezone.now() - timedelta(hours=1)


def waiting_run(tenant: Integration) -> int:
    run = SyncRun.objects.create(integration=tenant)
    SyncRun.objects.update(queued_at=long_ago())
    return run.pk


def waiting_submission(tenant: Integration) -> str:
    submission = Submission.objects.create(
        integration=tenant, state=SubmissionState.QUEUED, next_attempt_at=long_ago()
    )
    return submission.pk


def waiting_upload(tenant: Integration) -> str:
    return BulkUpload.objects.create(integration=tenant, sheet_name="people.csv", sheet_size=1).pk


def waiting_export(tenant: Integration) -> int:
    export = Export.objects.create(integration=tenant, state=ExportState.QUEUED)
    Export.objects.update(started_at=long_ago())
    return export.pk


def waiting_mail(tenant: Integration) -> int:
    export = Export.objects.create(
        integration=tenant, state=ExportState.DONE, mail_due_at=long_ago()
    )
    return export.pk


def waiting_alert(tenant: Integration) -> int:
    now = timezone.now()
    issue = Issue.objects.create(
        integration=tenant,
        kind=IssueKind.KEY_REFUSED,
        severity=Severity.CRITICAL,
        text="",
        first_seen_at=now,
        last_seen_at=now,
    )
    return Notice.objects.create(issue=issue, channel=NoticeChannel.CHAT, due_at=long_ago()).pk


def waiting_account_notice(_tenant: Integration) -> int:
    user = User.objects.create_user("dora")
    return AccountNotice.objects.create(
        user=user,
        change=AccountChange.PASSWORD,
        address="dora@nord.example",
        happened_at=long_ago(),
        due_at=long_ago(),
    ).pk


def waiting_search(tenant: Integration) -> str:
    SyncRun.objects.create(integration=tenant, state=RunState.SUCCEEDED, ended_at=timezone.now())
    return tenant.pk


def waiting_event(tenant: Integration) -> str:
    addresses.make(tenant)
    EventAddress.objects.update(next_attempt_at=long_ago())
    return tenant.pk


def waiting_webhook(tenant: Integration) -> str:
    endpoint = WebhookEndpoint.objects.create(
        url="https://receiver.example/", events=["integration-created"], every_tenant=True
    )
    outbox.integration_created(tenant)
    woken()
    return endpoint.pk


def waiting_news(tenant: Integration) -> str:
    WebhookEndpoint.objects.create(url="https://receiver.example/", every_tenant=True)
    WebhookProgress.objects.create(integration=tenant, due_at=long_ago())
    return tenant.pk


def waiting_action(tenant: Integration) -> str:
    return Action.objects.create(
        integration=tenant, kind=ActionKind.REJECT, next_attempt_at=long_ago()
    ).pk


def waiting_bulk_action(tenant: Integration) -> str:
    group = ActionGroup.objects.create(integration=tenant, kind=ActionKind.REJECT)
    return Action.objects.create(
        integration=tenant, group=group, kind=ActionKind.REJECT, next_attempt_at=long_ago()
    ).pk


def waiting_tags(tenant: Integration) -> str:
    return TagProgress.objects.create(integration=tenant, due_at=long_ago()).pk


@dataclass(frozen=True)
class Case:
    """A kind of job, with a row that waits for a worker."""

    kind: JobKind
    task: str
    waiting: Callable[[Integration], Any]


CASES = (
    Case(RUNS, "integrations.tasks.run_sync", waiting_run),
    Case(SUBMISSIONS, "integrations.tasks.run_submission", waiting_submission),
    Case(ACTIONS, "integrations.tasks.run_action", waiting_action),
    Case(BULK_ACTIONS, "integrations.tasks.run_bulk_actions", waiting_bulk_action),
    Case(UPLOADS, "integrations.tasks.work_on_upload", waiting_upload),
    Case(EXPORTS, "integrations.tasks.work_on_export", waiting_export),
    Case(EVENTS, "integrations.tasks.work_on_events", waiting_event),
    Case(DELIVERIES, "integrations.tasks.deliver_webhooks", waiting_webhook),
    Case(NEWS, "integrations.tasks.tell_changes", waiting_news),
    Case(MAILS, "integrations.tasks.send_mail", waiting_mail),
    Case(NOTICES, "integrations.tasks.send_alert", waiting_alert),
    Case(ACCOUNT_NOTICES, "integrations.tasks.send_mail", waiting_account_notice),
    Case(SEARCH_ENTRIES, "integrations.tasks.fill_search", waiting_search),
    Case(TAGS, "integrations.tasks.read_tags", waiting_tags),
)
each_kind = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.name)


@pytest.fixture(autouse=True)
def nobody_woken() -> None:
    woken()


@pytest.fixture
def run(tenant: Integration) -> SyncRun:
    return SyncRun.objects.create(integration=tenant)


def now(run: SyncRun) -> SyncRun:
    return SyncRun.objects.get(pk=run.pk)


def stored(run: SyncRun) -> Any:
    return SyncRun.objects.filter(pk=run.pk)


def leased(run: SyncRun) -> Lease:
    owner = jobs.claim(stored(run).filter(jobs.is_free(timezone.now())), length=LENGTH)
    assert owner is not None
    return Lease(stored(run), owner=owner, length=LENGTH)


# What is registered


def test_the_periodic_tasks_know_every_kind_and_step() -> None:
    assert set(jobs.KINDS) == {case.kind.name for case in CASES}
    assert set(jobs.SWEEP) == {
        "changes",
        "syncs that are due",
        "scheduled exports",
        "ends of uploads",
        "figures of tenants",
        "issues and states of tenants",
        "issues of the installation",
        "fetched CVs",
        "first stages",
    }
    assert set(jobs.RETENTION) == {
        "deleted tenants",
        "answers of the API",
        "deleted records",
        "changes",
        "changes of records",
        "exchanges",
        "exchanges beyond a tenant's share",
        "runs",
        "free pages",
        "quarantined records",
        "confirmed deletions",
        "write-ahead log",
        "searches of exports",
        "wrong passwords",
        "people by age",
        "invitations to tenants",
        "personal data of submissions",
        "API errors",
        "addresses of unused links",
        "texts of actions",
        "sign-ins to Flatchr",
        "examples of warnings",
        "events of Flatchr",
        "files of submissions",
        "uploads",
        "files of exports",
        "resolved issues",
        "calls of the console",
        "calls to confirm",
        "sessions",
        "webhooks",
        "audit trail",
    }


def test_the_scheduler_alone_has_every_step() -> None:
    """In a process of its own: here, other tests have imported whatever registers something."""
    written = {
        step
        for path in (ROOT / "integrations").rglob("*.py")
        for step in re.findall(
            r"""jobs\.(SWEEP|RETENTION)\.register\("([^"]+)"\)""", path.read_text()
        )
    }
    told = subprocess.run(
        [sys.executable, "-c", STEPS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {tuple(step) for step in json.loads(told.stdout)} == written


@each_kind
def test_the_tasks_keep_the_names_and_the_argument_of_queued_messages(case: Case) -> None:
    """A message that an older version has queued is still understood."""
    assert case.kind.task == case.task
    (argument,) = signature(getattr(tasks, case.task.rpartition(".")[2]).run).parameters.values()
    assert argument.kind is argument.POSITIONAL_OR_KEYWORD


def test_a_name_is_registered_once() -> None:
    steps = PeriodicSteps("Test")
    steps.register("one")(lambda: None)

    with pytest.raises(ValueError, match="one is registered already"):
        steps.register("one")(lambda: None)


# Waking


@each_kind
def test_a_broker_that_is_down_leaves_the_row_to_the_sweep(
    case: Case, tenant: Integration, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = case.waiting(tenant)
    with publishing_to(f"redis://127.0.0.1:{free_port()}/0", tmp_path):
        case.kind.enqueue(key)
    assert woken() == []
    assert f"the sweep will wake {case.kind.name} {key}" in caplog.text

    case.kind.sweep()

    assert woken() == [key]


@each_kind
def test_a_row_is_woken_for_on_commit_and_never_after_a_rollback(
    case: Case, tenant: Integration
) -> None:
    with transaction.atomic():
        case.kind.enqueue("kept")
        assert woken() == []
    with transaction.atomic():
        case.kind.enqueue("taken back")
        transaction.set_rollback(True)

    assert woken() == ["kept"]


def message(lane: Lane) -> Any:
    """The headers of the one message that is queued in the lane."""
    with app.connection_for_read() as broker, broker.SimpleQueue(lane.value) as messages:
        found = messages.get_nowait()
        found.ack()
        with pytest.raises(Empty):
            messages.get_nowait()
    return found.headers


def test_a_call_that_is_due_soon_carries_its_time_and_expires_after_it() -> None:
    SUBMISSIONS.wake("soon", after=15)

    headers = message(Lane.NOW)
    assert headers["task"] == "integrations.tasks.run_submission"
    assert headers["eta"] < headers["expires"]


@pytest.mark.parametrize("after", [0.0, -3.0])
def test_a_call_that_is_due_has_no_time_of_its_own(after: float) -> None:
    RUNS.wake(1, after=after)

    headers = message(Lane.SYNCS)
    assert headers["eta"] is None
    assert headers["expires"] is not None


def test_a_call_that_is_due_late_is_left_to_the_sweep() -> None:
    SUBMISSIONS.wake("late", after=jobs.LONGEST_COUNTDOWN_SECONDS + 0.1)

    assert woken() == []


# The sweep


def test_a_step_that_fails_does_not_keep_the_others_from_running(
    caplog: pytest.LogCaptureFixture,
) -> None:
    steps, done = PeriodicSteps("Test"), []
    steps.register("first")(lambda: done.append("first"))
    steps.register("broken")(lambda: 1 / 0)
    steps.register("last")(lambda: done.append("last"))

    steps.run()

    assert done == ["first", "last"]
    (record,) = [found for found in caplog.records if found.levelno == logging.ERROR]
    assert record.getMessage() == "Test: broken failed"
    assert record.exc_info is not None


def test_a_step_that_breaks_its_connection_does_not_keep_the_others_from_the_database(
    tenant: Integration,
) -> None:
    steps, found = PeriodicSteps("Test"), []

    def broken() -> None:
        connection.connection.close()
        Integration.objects.count()

    steps.register("broken")(broken)
    steps.register("last")(lambda: found.append(Integration.objects.count()))

    steps.run()

    assert found == [1]


def test_the_sweep_goes_on_after_a_kind_that_fails(
    tenant: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = waiting_export(tenant)
    monkeypatch.setattr("integrations.models.SyncRun.objects", None)

    scheduler.sweep()

    assert export in woken()


def test_rows_are_given_up_before_workers_are_woken(tenant: Integration) -> None:
    done: list[str] = []
    kind = JobKind(
        name="test",
        task="integrations.tasks.run_sync",
        lane=Lane.SYNCS,
        find_waiting=lambda _: done.append("found") or [7],  # type: ignore[func-returns-value]
        give_up=lambda _: done.append("given up"),
    )

    kind.sweep()

    assert done == ["given up", "found"]
    assert woken() == [7]


# Claims

CLAIMS: dict[str, tuple[Callable[[Integration], Any], Callable[[Any], Any]]] = {
    "run": (waiting_run, run_lease.claim),
    "submission": (
        waiting_submission,
        lambda key: submission_lease.claim(key, [SubmissionState.QUEUED]),
    ),
    "upload": (waiting_upload, worker.claim),
    "export": (waiting_export, working.claim),
    "search": (
        lambda tenant: SearchProgress.objects.create(integration=tenant).pk,
        lambda key: jobs.claim(
            SearchProgress.objects.filter(jobs.is_free(timezone.now()), pk=key), length=LENGTH
        ),
    ),
    "tags": (
        waiting_tags,
        lambda key: jobs.claim(waiting(jobs.now()).filter(pk=key), length=LENGTH),
    ),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_of_workers_that_claim_a_row_at_once_one_gets_it(name: str, tenant: Integration) -> None:
    waiting, claim = CLAIMS[name]
    key = waiting(tenant)
    start = threading.Barrier(4)

    def try_to_claim() -> Any:
        start.wait(30)
        return claim(key)

    claims = [worker.end() for worker in [Background(try_to_claim) for _ in range(4)]]

    assert len([claimed for claimed in claims if claimed is not None]) == 1
    assert claim(key) is None


@pytest.mark.parametrize("name", CLAIMS)
def test_a_row_whose_worker_died_is_claimed_again(name: str, tenant: Integration) -> None:
    waiting, claim = CLAIMS[name]
    key = waiting(tenant)
    assert claim(key) is not None
    for model in (SyncRun, Submission, BulkUpload, Export, SearchProgress, TagProgress):
        model.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))  # type: ignore[attr-defined]

    assert claim(key) is not None


# Leases


def test_a_lease_that_was_lost_writes_nothing(run: SyncRun) -> None:
    lost = leased(run)
    stored(run).update(lease_expires_at=long_ago())
    successor = leased(run)
    before = stored(run).values().get()

    for write in (lost.write, lost.renew, lost.release):
        with pytest.raises(LeaseLost):
            write(phase="jobs")

    assert stored(run).values().get() == before
    successor.release(phase="tags")
    assert (now(run).phase, now(run).lease_owner, now(run).lease_expires_at) == ("tags", "", None)


def test_a_record_is_not_changed_by_a_write_that_is_refused(run: SyncRun) -> None:
    owner = jobs.claim(stored(run), length=LENGTH)
    assert owner is not None
    lease = RecordLease(now(run), owner=owner, length=LENGTH)
    lease.write(state=RunState.RUNNING, phase="jobs")
    lease.write(phase="tags")
    assert (lease.record.state, lease.record.phase) == ("RUNNING", "tags")
    stored(run).update(state=RunState.CANCELLED)

    with pytest.raises(LeaseLost):
        lease.write(phase="applications")

    assert (lease.record.state, lease.record.phase) == ("RUNNING", "tags")
    assert (now(run).state, now(run).phase) == ("CANCELLED", "tags")


class Beating(HeartbeatLease):
    """Beats all the time; `failures` of its heartbeats find that the database does not work."""

    def __init__(self, run: SyncRun, owner: str, failures: int = 0) -> None:
        super().__init__(stored(run), owner=owner, length=LENGTH, seconds=0.01, name="Test")
        self.failures = failures
        self.beats = 0

    def heartbeat(self) -> None:
        if self.failures:
            self.failures -= 1
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing FROM nowhere")
        super().heartbeat()
        self.beats += 1


def test_a_heartbeat_survives_a_write_that_fails(
    run: SyncRun, caplog: pytest.LogCaptureFixture
) -> None:
    owner = jobs.claim(stored(run), length=LENGTH)
    assert owner is not None
    stored(run).update(lease_expires_at=long_ago())

    with Beating(run, owner, failures=1) as lease:
        wait_until(lambda: lease.beats > 1)

    assert "Test: the heartbeat was not written" in caplog.text
    assert not lease.lost
    expires = now(run).lease_expires_at
    assert expires is not None
    assert expires > timezone.now()


def test_a_heartbeat_finds_that_the_row_was_lost_and_ends(run: SyncRun) -> None:
    owner = jobs.claim(stored(run), length=LENGTH)
    assert owner is not None

    with Beating(run, owner) as lease:
        wait_until(lambda: lease.beats > 0)
        assert not lease.lost
        stored(run).update(lease_owner="another", lease_expires_at=None)
        wait_until(lambda: lease.lost)

    assert (now(run).lease_owner, now(run).lease_expires_at) == ("another", None)
    with pytest.raises(LeaseLost):
        lease.release()


def test_a_heartbeat_ends_with_its_block(run: SyncRun) -> None:
    owner = jobs.claim(stored(run), length=LENGTH)
    assert owner is not None

    with Beating(run, owner) as lease:
        wait_until(lambda: lease.beats > 0)

    assert "Test" not in {thread.name for thread in threading.enumerate()}
