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

from celery import current_app
from django.conf import settings
from django.db import DatabaseError

from integrations.messages import Message
from integrations.models import ProcessKind
from integrations.operations.backlog import seconds_behind
from integrations.operations.broker import BROKER
from integrations.operations.credentials import SCAN
from integrations.operations.heartbeats import Process, clock_ahead, processes
from integrations.operations.migrations import pending_migrations

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
class Check:
    """What was looked at and found; `what_to_do` is blank where nothing is to be done."""

    name: str
    title: Message
    status: Status
    text: Message
    what_to_do: str = ""


def overall(checks: Iterable[Check]) -> Status:
    """The worst of them."""
    found = {check.status for check in checks}
    for status in (Status.FAILED, Status.WARNING):
        if status in found:
            return status
    return Status.OK


def readiness() -> list[Check]:
    """Whether requests can be answered: the database, its migrations, the encryption keys."""
    try:
        migrations = _migrations(pending_migrations())
        if migrations.status is Status.FAILED:
            return [_database(answers=True), migrations]
        return [_database(answers=True), migrations, _credentials(SCAN.unreadable())]
    except DatabaseError:
        return [_database(answers=False)]


def health() -> list[Check]:
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
    return sorted(current_app.amqp.queues)


def _working() -> list[Check]:
    now, own = clock_ahead()
    alive = [process for process in processes() if process.is_alive]
    clocks = [own, *(process.clock_ahead for process in alive)]
    return [
        *(_workers(lane, alive) for lane in lanes()),
        _scheduler(alive),
        _backlog(seconds_behind(now)),
        _clocks([abs(ahead) for ahead in clocks if ahead is not None]),
        _versions(alive),
    ]


def _database(*, answers: bool) -> Check:
    title = Message("check_database")
    if answers:
        return Check("database", title, Status.OK, Message("database_answers"))
    return Check(
        "database",
        title,
        Status.FAILED,
        Message("database_does_not_answer"),
        Message("start_the_database"),
    )


def _migrations(pending: int) -> Check:
    title = Message("check_migrations")
    if not pending:
        return Check("migrations", title, Status.OK, Message("migrations_applied"))
    return Check(
        "migrations",
        title,
        Status.FAILED,
        Message("migrations_not_applied", count=pending),
        Message("apply_the_migrations"),
    )


def _credentials(unreadable: int) -> Check:
    title = Message("check_credentials")
    if not unreadable:
        return Check("credentials", title, Status.OK, Message("credentials_readable"))
    return Check(
        "credentials",
        title,
        Status.FAILED,
        Message("credentials_unreadable", count=unreadable),
        Message("bring_back_the_keys"),
    )


def _workers(lane: str, alive: Sequence[Process]) -> Check:
    name, title = f"worker_{lane}", Message("check_worker", queue=lane)
    serving = sum(lane in process.queues for process in alive)
    if serving:
        return Check(
            name, title, Status.OK, Message("workers_serve_queue", count=serving, queue=lane)
        )
    return Check(
        name,
        title,
        Status.FAILED,
        Message("no_worker_serves_queue", queue=lane),
        Message("start_a_worker", queue=lane),
    )


def _scheduler(alive: Sequence[Process]) -> Check:
    title = Message("check_scheduler")
    running = sum(process.kind is ProcessKind.SCHEDULER for process in alive)
    if running == 1:
        return Check("scheduler", title, Status.OK, Message("scheduler_runs"))
    if running:
        return Check(
            "scheduler",
            title,
            Status.WARNING,
            Message("schedulers_run", count=running),
            Message("stop_other_schedulers"),
        )
    return Check(
        "scheduler",
        title,
        Status.FAILED,
        Message("no_scheduler_runs"),
        Message("start_the_scheduler"),
    )


def _backlog(seconds: float) -> Check:
    title, behind = Message("check_due_syncs"), timedelta(seconds=seconds)
    text = Message("syncs_behind", count=int(seconds // 60))
    if behind < BEHIND:
        if seconds < 60:
            text = Message("syncs_on_time")
        return Check("due_syncs", title, Status.OK, text)
    status = Status.WARNING if behind < FAR_BEHIND else Status.FAILED
    return Check("due_syncs", title, status, text, Message("add_workers_for_syncs"))


def _clocks(apart: Sequence[float]) -> Check:
    title, most = Message("check_clocks"), max(apart, default=0.0)
    if most < CLOCK_ODD_SECONDS:
        return Check("clocks", title, Status.OK, Message("clocks_agree"))
    status = Status.WARNING if most < CLOCK_WRONG_SECONDS else Status.FAILED
    text = Message("clocks_apart", count=round(most))
    return Check("clocks", title, status, text, Message("synchronise_clocks"))


def _versions(alive: Sequence[Process]) -> Check:
    title, found = Message("check_versions"), sorted({process.version for process in alive})
    if len(found) < 2:
        return Check("versions", title, Status.OK, Message("versions_agree"))
    text = Message("versions_differ", versions=found)
    return Check("versions", title, Status.WARNING, text, Message("restart_processes"))


def _broker(answers: bool) -> Check:
    title = Message("check_broker")
    if answers:
        return Check("broker", title, Status.OK, Message("broker_answers"))
    return Check(
        "broker",
        title,
        Status.FAILED,
        Message("broker_does_not_answer"),
        Message("start_the_broker"),
    )


def _disk(free: int) -> Check:
    title, text = Message("check_disk"), Message("disk_free", gigabytes=f"{free / GIGABYTE:.1f}")
    if free >= DISK_LOW:
        return Check("disk", title, Status.OK, text)
    status = Status.WARNING if free >= DISK_FULL else Status.FAILED
    return Check("disk", title, status, text, Message("free_disk_space"))
