"""Killing the worker process at any moment ends in the tables of an undisturbed run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import FlatchrSettings, Integration, SyncRun, TagProgress, TraitReading
from integrations.sandbox import Sandbox
from integrations.sync.phases import BATCH
from integrations.sync.runs import RUNS, request_sync
from integrations.sync.tags.rounds import TAGS
from tests.support.worker import Worker
from tests.sync.rows import TABLES, Rows, every_row
from tests.sync.running import all_counts, let_lease_run_out, now, sync_with_tags, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SEARCH = "/search/applicants$"
BUDGET = 60


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Applicants for more than one batch."""
    return make_sandbox(vacancies=3, applicants=4500)


@pytest.fixture
def tenant(connected_tenant: Integration) -> Integration:
    FlatchrSettings.objects.update(trait_budget=BUDGET)
    return connected_tenant


@pytest.fixture
def no_limit_in_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATCHR_BURST", "100000")


def without_times(rows: Rows) -> Rows:
    return {key: row | {"changed_at": None, "arrival": None} for key, row in rows.items()}


def die(worker: Worker, run: SyncRun) -> None:
    """Kill the worker, start another, and let the sweep find the run."""
    assert now(run).state == "RUNNING"
    worker.restart()
    let_lease_run_out(run)
    RUNS.sweep()


@pytest.mark.usefixtures("no_limit_in_the_worker")
def test_a_worker_killed_four_times_leaves_what_an_undisturbed_one_would(
    tenant: Integration, sandbox: Sandbox, make_worker: Callable[..., Worker]
) -> None:
    worker = make_worker()
    fault = sandbox.faults.add(path="/vacancies$", delay=120, times=1)
    run, _ = request_sync(tenant.pk)

    # While jobs are read.
    wait_until(lambda: sandbox.faults.met(fault))
    sandbox.faults.clear()
    sandbox.faults.add(path=SEARCH, slow=0.3, times=1)
    die(worker, run)

    # In the middle of a body that comes slowly, after one batch was written and before the next.
    applications = run.results.filter(model="applications")
    wait_until(lambda: applications.filter(created__gt=0).exists())
    assert applications.get().created == BATCH
    sandbox.faults.clear()
    fault = sandbox.faults.add(path=SEARCH, body={"status": 0}, delay=120, times=1)
    die(worker, run)

    # Between active and archived applicants: what was read is written while more is asked for.
    wait_until(lambda: sandbox.faults.met(fault))
    wait_until(lambda: applications.filter(seen=BATCH, created=BATCH).exists())
    sandbox.faults.clear()
    fault = sandbox.faults.add(path="/traits$", delay=120, after=55, times=1)
    die(worker, run)

    # While tags are read after the run, when some were written.
    wait_until(lambda: sandbox.faults.met(fault))
    found = now(run)
    assert (found.state, found.attempts, found.error_kind) == ("SUCCEEDED", 4, ""), worker.log
    assert TraitReading.objects.count() == 40
    sandbox.faults.clear()
    worker.restart()
    TagProgress.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    TAGS.sweep()

    wait_until(lambda: TagProgress.objects.filter(ended_at__isnull=False).exists())
    assert TraitReading.objects.count() == BUDGET
    # What a worker had finished is not done again by the next one; what broke off is.
    assert len(sandbox.requests.matching("GET", "/columns$")) == 1
    assert len(sandbox.requests.matching("GET", "/tags$")) == 1
    disturbed, figures = every_row(tenant), all_counts(found)
    warnings = set(found.warnings.values_list("model", "code", "count"))
    for table in reversed(TABLES):
        table.objects.all().delete()
    undisturbed = sync_with_tags(tenant)
    assert without_times(disturbed) == without_times(every_row(tenant))
    assert figures == all_counts(undisturbed)
    assert warnings == set(undisturbed.warnings.values_list("model", "code", "count"))


@pytest.mark.any_database
@pytest.mark.usefixtures("no_limit_in_the_worker")
def test_a_run_whose_wake_up_call_was_lost_is_run_after_the_next_sweep(
    tenant: Integration, sandbox: Sandbox, make_worker: Callable[..., Worker]
) -> None:
    FlatchrSettings.objects.update(trait_budget=0)
    run, _ = request_sync(tenant.pk)
    make_worker()
    SyncRun.objects.update(queued_at=timezone.now() - timedelta(minutes=1))

    RUNS.sweep()

    wait_until(lambda: not now(run).is_live)
    assert now(run).state == "SUCCEEDED"
