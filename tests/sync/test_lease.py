"""One worker at a time, and one that was taken for dead writes nothing more."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.jobs import LeaseLost
from integrations.models import Application, Integration, Job, ModelResult, SyncRun
from integrations.records import Model
from integrations.sandbox import Sandbox
from integrations.sync import engine, outcome
from integrations.sync.bulk.store import Store
from integrations.sync.bulk.tables import TAGS, draft
from integrations.sync.lease import LEASE, MAX_ATTEMPTS, RunLease, claim
from integrations.sync.recorder import RunRecorder
from integrations.sync.runs import RUNS
from tests.sync.running import (
    Background,
    let_lease_run_out,
    now,
    queue,
    run_in_background,
    sync,
    wait_until,
    woken,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nobody_woken() -> None:
    woken()


def take_over(run: SyncRun) -> RunLease:
    """Claim a run whose worker is alive, as if it had not been heard of for long."""
    taken: list[RunLease] = []

    def claimed() -> bool:
        let_lease_run_out(run)
        lease = claim(run.pk)
        taken.extend([lease] if lease else [])
        return bool(taken)

    wait_until(claimed)
    return taken[0]


def test_of_two_workers_woken_at_once_one_gets_the_run(connected_tenant: Integration) -> None:
    run = queue(connected_tenant)
    start = threading.Barrier(4)

    def try_to_claim() -> RunLease | None:
        start.wait(30)
        return claim(run.pk)

    leases = [worker.end() for worker in [Background(try_to_claim) for _ in range(4)]]

    assert len([lease for lease in leases if lease is not None]) == 1
    assert now(run).attempts == 1


def test_two_workers_that_run_one_run_do_its_work_once(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run = queue(connected_tenant)

    did = [worker.end() for worker in [run_in_background(run), run_in_background(run)]]

    assert sorted(did) == [False, True]
    assert len(sandbox.requests.matching("GET", "/columns$")) == 1
    assert (now(run).state, now(run).attempts) == ("SUCCEEDED", 1)


@pytest.mark.parametrize("state", ["QUEUED", "RUNNING"])
def test_the_database_refuses_a_second_live_run_of_a_tenant(
    state: str, connected_tenant: Integration
) -> None:
    SyncRun.objects.create(integration=connected_tenant, state=state)

    for second in ("QUEUED", "RUNNING"):
        with pytest.raises(IntegrityError), transaction.atomic():
            SyncRun.objects.create(integration=connected_tenant, state=second)


def test_runs_of_two_tenants_and_runs_that_have_ended_are_no_obstacle(
    connected_tenant: Integration, other_tenant: Integration
) -> None:
    for tenant in (connected_tenant, other_tenant):
        SyncRun.objects.create(integration=tenant, state="SUCCEEDED")
        SyncRun.objects.create(integration=tenant, state="FAILED")
        SyncRun.objects.create(integration=tenant)

    assert SyncRun.objects.count() == 6


def test_a_run_that_is_held_cannot_be_claimed(connected_tenant: Integration) -> None:
    run = queue(connected_tenant)
    lease = claim(run.pk)
    assert lease is not None

    assert claim(run.pk) is None
    assert engine.execute(run.pk) is False
    assert now(run).lease_owner == lease.owner


def test_renewing_moves_the_end_of_the_lease(connected_tenant: Integration) -> None:
    run = queue(connected_tenant)
    lease = claim(run.pk)
    assert lease is not None
    let_lease_run_out(run)
    moment = timezone.now()

    lease.renew(phase="jobs")

    found = now(run)
    assert found.phase == "jobs"
    assert found.heartbeat_at is not None
    assert found.lease_expires_at is not None
    assert found.heartbeat_at >= moment
    assert found.lease_expires_at - found.heartbeat_at == LEASE


def test_a_worker_that_was_replaced_cannot_write_a_batch(connected_tenant: Integration) -> None:
    run = queue(connected_tenant)
    zombie = claim(run.pk)
    assert zombie is not None
    recorder = RunRecorder(now(run), zombie)
    store = Store(now(run), zombie, recorder)
    take_over(run)
    before = list(ModelResult.objects.values())

    with pytest.raises(LeaseLost):
        store.write(TAGS, [draft("a", ("A",), ("a", False))])
    with pytest.raises(LeaseLost):
        recorder.mark_complete(Model.TAGS)
    with pytest.raises(LeaseLost):
        zombie.check()

    assert TAGS.record.objects.count() == 0
    assert list(ModelResult.objects.values()) == before


def test_a_worker_cannot_write_for_a_run_that_has_ended(connected_tenant: Integration) -> None:
    run = queue(connected_tenant)
    lease = claim(run.pk)
    assert lease is not None
    SyncRun.objects.filter(pk=run.pk).update(state="CANCELLED")

    with pytest.raises(LeaseLost):
        lease.renew()


def test_a_sync_that_is_replaced_while_flatchr_keeps_it_waiting_leaves_no_trace(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    slow = sandbox.faults.add(path="/search/applicants$", delay=60, times=1)
    run = queue(connected_tenant)
    zombie = run_in_background(run)
    wait_until(lambda: now(run).phase == "applications")
    assert Job.objects.count() == 3

    successor = take_over(run)
    # The answer arrives after all.
    slow.delay = 0
    sandbox.world.stopping.set()
    sandbox.world.stopping.clear()
    zombie.end()

    found = now(run)
    assert (found.state, found.lease_owner, found.attempts) == ("RUNNING", successor.owner, 2)
    assert found.ended_at is None
    assert Application.objects.count() == 0
    assert run.results.get(model="applications").seen == 0


def test_a_run_whose_worker_died_is_woken_and_goes_on(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    run = queue(connected_tenant)
    assert claim(run.pk) is not None
    let_lease_run_out(run)

    RUNS.sweep()

    assert woken() == [run.pk]
    assert engine.execute(run.pk) is True
    assert (now(run).state, now(run).attempts) == ("SUCCEEDED", 2)


def test_a_run_that_is_alive_is_left_alone(connected_tenant: Integration) -> None:
    run = queue(connected_tenant)
    assert claim(run.pk) is not None

    RUNS.sweep()

    assert woken() == []
    assert now(run).state == "RUNNING"


def test_a_run_whose_workers_keep_dying_is_given_up_in_words(
    connected_tenant: Integration,
) -> None:
    run = queue(connected_tenant)
    for _ in range(MAX_ATTEMPTS):
        assert now(run).state in ("QUEUED", "RUNNING")
        assert claim(run.pk) is not None
        let_lease_run_out(run)
    # A worker that goes on to the next run comes before the sweep.
    assert not RUNS.work_on_next(engine.execute)
    assert claim(run.pk) is None

    RUNS.sweep()

    found = now(run)
    assert (found.state, found.error_kind, found.attempts) == ("FAILED", "abandoned", 5)
    assert found.ended_at is not None
    assert "given up" in found.error_message
    assert woken() == []
    assert sync(connected_tenant).state == "SUCCEEDED"


def test_a_run_is_not_given_up_before_its_last_attempt_is_over(
    connected_tenant: Integration,
) -> None:
    run = queue(connected_tenant)
    assert claim(run.pk) is not None
    SyncRun.objects.update(attempts=MAX_ATTEMPTS - 1)
    take_over(run)

    RUNS.sweep()

    assert (now(run).state, now(run).attempts) == ("RUNNING", MAX_ATTEMPTS)


def test_a_run_whose_worker_is_heard_of_just_before_it_is_given_up_goes_on(
    connected_tenant: Integration,
) -> None:
    run = queue(connected_tenant)
    lease = claim(run.pk)
    assert lease is not None
    SyncRun.objects.update(attempts=MAX_ATTEMPTS)
    let_lease_run_out(run)
    selected = now(run)
    lease.heartbeat()
    before = Integration.objects.values().get()

    outcome.give_up(selected)

    assert (now(run).state, now(run).error_kind) == ("RUNNING", "")
    assert Integration.objects.values().get() == before


def test_a_queued_run_that_nobody_was_woken_for_is_woken_for(
    connected_tenant: Integration,
) -> None:
    run = queue(connected_tenant)

    RUNS.sweep()

    assert woken() == [run.pk]
