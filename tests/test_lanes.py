"""Lanes: room for what cannot wait, jobs in the order of their rows, and a worker that stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations import lanes, tasks
from integrations.lanes import Lane, Places
from integrations.models import (
    FlatchrSettings,
    Integration,
    Job,
    ProcessHeartbeat,
    ProcessKind,
    Submission,
    SyncRun,
    Trigger,
)
from integrations.sandbox import Sandbox
from integrations.sync.runs import RUNS, queue_run, request_sync
from integrations.tenants import stats
from tests.submissions import acting
from tests.support.provided import free_port
from tests.support.worker import ROOT, Worker
from tests.sync.running import now, queue, sync, wait_until, woken

in_database = pytest.mark.django_db(transaction=True)
PREFORK = ("--pool", "prefork", "--concurrency", "2")


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(vacancies=2, applicants=4)


# Places


@contextmanager
def another_process(work: Callable[[Any], None]) -> Iterator[Any]:
    """A forked process, as those of a worker are, and our end of a pipe to it."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours, process
    finally:
        process.kill()
        process.join()


def hold(places: Places) -> Callable[[Any], None]:
    def work(pipe: Any) -> None:
        with places.take() as taken:
            pipe.send(taken)
            pipe.recv()

    return work


def test_a_place_is_held_by_one_process_at_a_time_and_free_when_it_dies() -> None:
    places = Places(number=1, lanes=[Lane.SYNCS])
    with another_process(hold(places)) as (pipe, process):
        assert pipe.recv() is True
        with places.take() as taken:
            assert not taken
        process.kill()
        process.join()

        with places.take() as taken:
            assert taken


def test_there_are_as_many_places_as_said() -> None:
    places = Places(number=2, lanes=[Lane.SYNCS])
    with another_process(hold(places)) as (first, _), another_process(hold(places)) as (second, _):
        assert (first.recv(), second.recv()) == (True, True)
        with places.take() as taken:
            assert not taken
        first.send("go on")
        wait_until(lambda: _is_free(places))


def _is_free(places: Places) -> bool:
    with places.take() as taken:
        return taken


@pytest.fixture
def in_a_worker() -> Iterator[Callable[..., None]]:
    """Makes this process one of a worker's."""
    yield lambda processes, *queues: lanes.open_worker(processes=processes, queues=queues)
    lanes.leave_worker()


@pytest.mark.parametrize(
    ("processes", "queues", "places"),
    [
        (2, list(Lane), 1),
        (8, list(Lane), 7),
        (1, list(Lane), 1),
        (4, ["syncs"], 4),
        (4, ["now", "soon"], 3),
    ],
)
def test_a_worker_that_serves_now_keeps_a_process_for_it(
    processes: int, queues: list[str], places: int, in_a_worker: Callable[..., None]
) -> None:
    in_a_worker(processes, *queues)

    # A place belongs to a process, so each is tried from one of its own.
    with ExitStack() as stack:
        pipes = [stack.enter_context(another_process(_hold_a_place)) for _ in range(places + 1)]
        taken = [pipe.recv() for pipe, _ in pipes]

    assert sorted(taken) == [False] + [True] * places


def _hold_a_place(pipe: Any) -> None:
    with lanes.place() as taken:
        pipe.send(taken)
        pipe.recv()


def test_what_waits_is_done_lane_by_lane_until_nothing_is_left(
    in_a_worker: Callable[..., None],
) -> None:
    in_a_worker(2, *Lane)
    waiting = {Lane.SYNCS: [1, 2, 3], Lane.SOON: ["export"], Lane.TAGS: []}
    done: list[Any] = []

    def work_on_next(lane: Lane) -> bool:
        if not waiting[lane]:
            return False
        done.append(waiting[lane].pop(0))
        return True

    lanes.work_through(Lane.SYNCS, work_on_next)

    assert done == [1, "export", 2, 3]


def test_what_is_called_for_while_every_place_is_taken_is_done_by_who_has_it(
    in_a_worker: Callable[..., None],
) -> None:
    in_a_worker(2, "now", "syncs")
    done: list[int] = []

    def work_on_next(_: Lane) -> bool:
        if len(done) == 0:
            done.append(1)
            return True
        if len(done) == 1:
            # It has looked and found nothing; now a call comes, which finds the place taken.
            with another_process(_call) as (pipe, process):
                assert pipe.recv() == "nothing done"
                process.join()
            done.append(0)
            return False
        if len(done) == 2:
            done.append(2)
            return True
        return False

    lanes.work_through(Lane.SYNCS, work_on_next)

    assert done == [1, 0, 2]


def _call(pipe: Any) -> None:
    worked: list[Lane] = []
    lanes.work_through(Lane.SYNCS, lambda lane: bool(worked.append(lane)))
    pipe.send("nothing done" if not worked else "worked")


def test_a_worker_that_stops_begins_nothing_more(in_a_worker: Callable[..., None]) -> None:
    in_a_worker(2, *Lane)
    done: list[int] = []

    def work_on_next(_: Lane) -> bool:
        done.append(1)
        lanes.close_worker()
        return True

    lanes.work_through(Lane.SYNCS, work_on_next)

    assert done == [1]
    assert lanes.is_stopping()


# The order of runs


@in_database
def test_runs_are_taken_oldest_first_those_that_people_wait_for_before(
    make_tenant: Callable[..., Integration], sandbox: Sandbox
) -> None:
    tenants = [make_tenant(f"Atelier {number}", sandbox=sandbox) for number in range(5)]
    scheduled = [
        queue_run(tenant.pk, type="FULL", trigger=Trigger.SCHEDULE)[0] for tenant in tenants[:3]
    ]
    by_hand = queue(tenants[3])
    api, _ = queue_run(tenants[4].pk, type="FULL", trigger=Trigger.API)
    woken()

    tasks.run_sync(api.pk)

    order = SyncRun.objects.order_by("started_at").values_list("pk", flat=True)
    assert list(order) == [by_hand.pk, *(run.pk for run in scheduled), api.pk]
    assert set(SyncRun.objects.values_list("state", flat=True)) == {"SUCCEEDED"}


@in_database
def test_a_sweep_calls_for_a_few_runs_however_many_wait(
    make_tenant: Callable[..., Integration],
) -> None:
    runs = [queue(make_tenant(f"Atelier {number}")).pk for number in range(25)]
    woken()

    RUNS.sweep()

    assert woken() == runs[:20]


# Real workers


@in_database
@pytest.mark.parametrize(
    "broker", ["filesystem", pytest.param("redis", marks=pytest.mark.any_database)]
)
def test_a_submission_does_not_wait_for_syncs(
    broker: str,
    make_worker: Callable[..., Worker],
    redis_url: str,
    make_tenant: Callable[..., Integration],
    make_sandbox: Callable[..., Sandbox],
    alice: User,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.DATA_DIR = tmp_path
    sandbox = make_sandbox(vacancies=2, applicants=4)
    tenant = make_tenant("Atelier Nord", sandbox=sandbox, members=[alice])
    FlatchrSettings.objects.update(offerer_id=75)
    sync(tenant)
    others = [make_tenant(f"Atelier {number}", sandbox=sandbox) for number in range(12)]
    sandbox.faults.add(path="/vacancies$", delay=120)
    make_worker(redis_url if broker == "redis" else "filesystem://", *PREFORK)
    runs = [request_sync(other.pk)[0] for other in others]
    wait_until(lambda: now(runs[0]).state == "RUNNING")

    job = Job.objects.filter(integration=tenant, status="OPEN").first()
    assert job is not None
    submission = acting.queue(tenant, job)

    wait_until(lambda: not Submission.objects.get(pk=submission.pk).is_live)
    sent = Submission.objects.get(pk=submission.pk)
    assert (sent.state, sent.error_message) == ("SUCCEEDED", "")
    states = list(SyncRun.objects.filter(integration__in=others).values_list("state", flat=True))
    assert sorted(states) == ["QUEUED"] * 11 + ["RUNNING"]


@in_database
def test_short_syncs_run_beside_a_long_one_and_keep_no_submission_waiting(
    make_worker: Callable[..., Worker],
    make_tenant: Callable[..., Integration],
    sandbox: Sandbox,
    alice: User,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.DATA_DIR = tmp_path
    tenant, *small = [make_tenant(f"Atelier {n}", sandbox=sandbox, members=[alice]) for n in "1234"]
    large = make_tenant("Atelier Nord", sandbox=sandbox)
    FlatchrSettings.objects.update(offerer_id=75)
    for known in (tenant, *small):
        sync(known)
        stats.count(known.pk)
    worker = make_worker("filesystem://", *PREFORK)
    sandbox.faults.add(path="/vacancies$", delay=120, times=1)
    long, _ = request_sync(large.pk)
    wait_until(lambda: now(long).state == "RUNNING" and bool(sandbox.requests))

    short = [request_sync(one.pk, type="DELTA")[0] for one in small]
    wait_until(lambda: {now(run).state for run in short} == {"SUCCEEDED"})
    # Now Flatchr keeps one waiting, too.
    asked = len(sandbox.requests)
    sandbox.faults.add(path="/vacancies$", delay=120, times=1)
    slow, _ = request_sync(small[0].pk, type="DELTA")
    wait_until(lambda: len(sandbox.requests) > asked)
    job = Job.objects.filter(integration=tenant, status="OPEN")[0]
    submission = acting.queue(tenant, job)
    wait_until(lambda: not Submission.objects.get(pk=submission.pk).is_live)

    assert Submission.objects.get(pk=submission.pk).state == "SUCCEEDED"
    assert [now(run).state for run in (long, slow)] == ["RUNNING", "RUNNING"]
    worker.stop()
    assert [now(run).state for run in (long, slow)] == ["QUEUED", "QUEUED"]
    assert [now(run).attempts for run in (long, slow)] == [0, 0]


@in_database
def test_a_worker_that_is_asked_to_stop_hands_its_sync_back_and_another_goes_on(
    connected_tenant: Integration, sandbox: Sandbox, make_worker: Callable[..., Worker]
) -> None:
    worker = make_worker("filesystem://", *PREFORK)
    fault = sandbox.faults.add(path="/vacancies$", delay=120, times=1)
    run, _ = request_sync(connected_tenant.pk)
    wait_until(lambda: now(run).state == "RUNNING" and bool(sandbox.requests))

    worker.stop()

    assert (now(run).state, now(run).attempts, now(run).lease_owner) == ("QUEUED", 0, "")
    sandbox.faults.clear()
    del fault
    RUNS.sweep()
    worker.start()
    wait_until(lambda: now(run).state == "SUCCEEDED")
    assert now(run).attempts == 1


@pytest.mark.any_database
@in_database
def test_a_scheduler_inside_a_worker_sweeps_and_reports_as_one_of_its_own_does(
    connected_tenant: Integration, make_worker: Callable[..., Worker], tmp_path: Path
) -> None:
    Integration.objects.update(next_full_at=timezone.now())

    make_worker("filesystem://", "-B", "-s", str(tmp_path / "beat"), *PREFORK)

    wait_until(lambda: SyncRun.objects.filter(trigger="SCHEDULE").exists())
    wait_until(ProcessHeartbeat.objects.filter(kind=ProcessKind.SCHEDULER).exists)


@pytest.mark.any_database
@in_database
def test_the_scheduler_queues_what_is_due_though_the_broker_is_down(
    connected_tenant: Integration, tmp_path: Path
) -> None:
    Integration.objects.update(next_full_at=timezone.now())
    dead = Worker(f"redis://127.0.0.1:{free_port()}/0", tmp_path)
    beat = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "beat"],
        cwd=ROOT,
        env=dead.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: SyncRun.objects.filter(trigger="SCHEDULE", state="QUEUED").exists())
    finally:
        os.killpg(beat.pid, signal.SIGKILL)
        beat.wait()
