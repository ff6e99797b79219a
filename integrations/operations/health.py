"""The health of the installation: one check for each thing that can fail, with what to do.

Every check is bounded: a few rows found by an index, or an answer that is a few seconds old. None
names a tenant, a host or a secret, so anybody may read them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db import DatabaseError

from integrations.lanes import Lane
from integrations.messages import Message
from integrations.models import ProcessKind
from integrations.operations.broker import BROKER
from integrations.operations.credentials import SCAN
from integrations.operations.heartbeats import Process, clock_ahead, processes
from integrations.operations.migrations import pending_migrations
from integrations.sync.schedule import oldest_due

GIGABYTE = 1024**3
DISK_LOW = 2 * GIGABYTE
DISK_FULL = GIGABYTE // 4
# A lease lasts 20 seconds: clocks that are that far apart have work done twice.
CLOCK_ODD_SECONDS = 5.0
CLOCK_WRONG_SECONDS = 20.0
BEHIND = timedelta(minutes=5)
FAR_BEHIND = timedelta(minutes=30)


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """What was looked at and found; `what_to_do` is blank where nothing is to be done."""

    name: str
    title: Message
    status: Status
    text: Message
    what_to_do: str = ""


def overall(checks: Iterable[HealthCheck]) -> Status:
    """The worst of them."""
    found = {check.status for check in checks}
    for status in (Status.FAILED, Status.WARNING):
        if status in found:
            return status
    return Status.OK


def readiness() -> list[HealthCheck]:
    """Whether requests can be answered: the database, its migrations, the encryption keys."""
    try:
        migrations = _migrations(pending_migrations())
        if migrations.status is Status.FAILED:
            return [_database(answers=True), migrations]
        return [_database(answers=True), migrations, _credentials(SCAN.unreadable())]
    except DatabaseError:
        return [_database(answers=False)]


def health() -> list[HealthCheck]:
    """Everything; what cannot be asked without the database is left out when that fails."""
    checks = readiness()
    if all(check.status is not Status.FAILED or check.name == "credentials" for check in checks):
        try:
            checks += _working()
        except DatabaseError:
            checks = [_database(answers=False)]
    return [*checks, _broker(BROKER.answers()), _disk(shutil.disk_usage(settings.DATA_DIR).free)]


def lanes() -> list[str]:
    """The queues that workers have to serve."""
    return [lane.value for lane in Lane]


def _working() -> list[HealthCheck]:
    now, own = clock_ahead()
    alive = [process for process in processes() if process.is_alive]
    clocks = [own, *(process.clock_ahead for process in alive)]
    return [
        *(_workers(lane, alive) for lane in lanes()),
        _scheduler(alive),
        _due_syncs(now - (oldest_due(now) or now)),
        _clocks([abs(ahead) for ahead in clocks if ahead is not None]),
        _versions(alive),
    ]


def _database(*, answers: bool) -> HealthCheck:
    title = Message("check_database")
    if answers:
        return HealthCheck("database", title, Status.OK, Message("database_answers"))
    return HealthCheck(
        "database",
        title,
        Status.FAILED,
        Message("database_does_not_answer"),
        Message("start_the_database"),
    )


def _migrations(pending: int) -> HealthCheck:
    title = Message("check_migrations")
    if not pending:
        return HealthCheck("migrations", title, Status.OK, Message("migrations_applied"))
    return HealthCheck(
        "migrations",
        title,
        Status.FAILED,
        Message("migrations_not_applied", count=pending),
        Message("apply_the_migrations"),
    )


def _credentials(unreadable: int) -> HealthCheck:
    title = Message("check_credentials")
    if not unreadable:
        return HealthCheck("credentials", title, Status.OK, Message("credentials_readable"))
    return HealthCheck(
        "credentials",
        title,
        Status.FAILED,
        Message("credentials_unreadable", count=unreadable),
        Message("bring_back_the_keys"),
    )


def _workers(lane: str, alive: Sequence[Process]) -> HealthCheck:
    name, title = f"worker_{lane}", Message("check_worker", queue=lane)
    serving = sum(lane in process.queues for process in alive)
    if serving:
        return HealthCheck(
            name, title, Status.OK, Message("workers_serve_queue", count=serving, queue=lane)
        )
    return HealthCheck(
        name,
        title,
        Status.FAILED,
        Message("no_worker_serves_queue", queue=lane),
        Message("start_a_worker", queue=lane),
    )


def _scheduler(alive: Sequence[Process]) -> HealthCheck:
    title = Message("check_scheduler")
    running = sum(process.kind is ProcessKind.SCHEDULER for process in alive)
    if running == 1:
        return HealthCheck("scheduler", title, Status.OK, Message("scheduler_runs"))
    if running:
        return HealthCheck(
            "scheduler",
            title,
            Status.WARNING,
            Message("schedulers_run", count=running),
            Message("stop_other_schedulers"),
        )
    return HealthCheck(
        "scheduler",
        title,
        Status.FAILED,
        Message("no_scheduler_runs"),
        Message("start_the_scheduler"),
    )


def _due_syncs(behind: timedelta) -> HealthCheck:
    title, minutes = Message("check_due_syncs"), int(behind.total_seconds() // 60)
    text = Message("syncs_behind", count=minutes)
    if behind < BEHIND:
        if not minutes:
            text = Message("syncs_on_time")
        return HealthCheck("due_syncs", title, Status.OK, text)
    status = Status.WARNING if behind < FAR_BEHIND else Status.FAILED
    return HealthCheck("due_syncs", title, status, text, Message("add_workers_for_syncs"))


def _clocks(apart: Sequence[float]) -> HealthCheck:
    title, most = Message("check_clocks"), max(apart, default=0.0)
    if most < CLOCK_ODD_SECONDS:
        return HealthCheck("clocks", title, Status.OK, Message("clocks_agree"))
    status = Status.WARNING if most < CLOCK_WRONG_SECONDS else Status.FAILED
    text = Message("clocks_apart", count=round(most))
    return HealthCheck("clocks", title, status, text, Message("synchronise_clocks"))


def _versions(alive: Sequence[Process]) -> HealthCheck:
    title, found = Message("check_versions"), sorted({process.version for process in alive})
    if len(found) < 2:
        return HealthCheck("versions", title, Status.OK, Message("versions_agree"))
    text = Message("versions_differ", versions=found)
    return HealthCheck("versions", title, Status.WARNING, text, Message("restart_processes"))


def _broker(answers: bool) -> HealthCheck:
    title = Message("check_broker")
    if answers:
        return HealthCheck("broker", title, Status.OK, Message("broker_answers"))
    return HealthCheck(
        "broker",
        title,
        Status.FAILED,
        Message("broker_does_not_answer"),
        Message("start_the_broker"),
    )


def _disk(free: int) -> HealthCheck:
    title, text = Message("check_disk"), Message("disk_free", gigabytes=round(free / GIGABYTE, 1))
    if free >= DISK_LOW:
        return HealthCheck("disk", title, Status.OK, text)
    status = Status.WARNING if free >= DISK_FULL else Status.FAILED
    return HealthCheck("disk", title, status, text, Message("free_disk_space"))
