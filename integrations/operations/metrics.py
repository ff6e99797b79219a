"""Metrics for Prometheus: what the processes have counted, and the state of the database.

Counts are those of `telemetry.py`, of all processes that share this `DATA_DIR`. Gauges are read
from the database at each scrape, by indexes. No label names a tenant or a person.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Count
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from integrations import jobs
from integrations.models import (
    LIVE_EXPORTS,
    LIVE_STATES,
    LIVE_SUBMISSIONS,
    LIVE_UPLOADS,
    BulkUpload,
    DeliveryState,
    Export,
    Issue,
    IssueKind,
    ProcessKind,
    Severity,
    Submission,
    SyncRun,
    WebhookDelivery,
)
from integrations.operations.health import Status, health
from integrations.operations.heartbeats import processes
from integrations.sync.schedule import oldest_due

VALUES = {Status.OK: 0, Status.WARNING: 1, Status.FAILED: 2}


def exposition() -> bytes:
    """Everything in Prometheus' text format."""
    registry = CollectorRegistry()
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry, folder)
        counted = generate_latest(registry)
    else:
        counted = generate_latest(REGISTRY)
    state = CollectorRegistry()
    state.register(DatabaseCollector())
    return counted + generate_latest(state)


class DatabaseCollector(Collector):
    """Gauges of what waits and who works; those that need the database are left out without it."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        checks = GaugeMetricFamily(
            "relais_check", "State of each check: 0 ok, 1 warning, 2 failed.", labels=["check"]
        )
        for check in health():
            checks.add_metric([check.name], VALUES[check.status])
        yield checks
        try:
            yield from list(self._stored())
        except DatabaseError:
            # The checks say so.
            return

    def _stored(self) -> Iterator[GaugeMetricFamily]:
        now = jobs.now()
        yield GaugeMetricFamily(
            "relais_syncs_behind_seconds",
            "How long the oldest sync that is due has waited to be begun.",
            value=(now - (oldest_due(now) or now)).total_seconds(),
        )
        waiting = GaugeMetricFamily(
            "relais_jobs", "Jobs that have not ended, by kind and state.", labels=["kind", "state"]
        )
        for kind, model, live in (
            ("sync", SyncRun, LIVE_STATES),
            ("submission", Submission, LIVE_SUBMISSIONS),
            ("export", Export, LIVE_EXPORTS),
            ("upload", BulkUpload, LIVE_UPLOADS),
            ("webhook", WebhookDelivery, (DeliveryState.PENDING,)),
        ):
            found = _by_state(model, live)
            for state in live:
                waiting.add_metric([kind, state.value], found.get(state, 0))
        yield waiting
        alive = GaugeMetricFamily(
            "relais_processes", "Processes heard of within a minute.", labels=["kind"]
        )
        known = [process for process in processes() if process.is_alive]
        for kind_of in ProcessKind:
            alive.add_metric(
                [kind_of.value.lower()], sum(process.kind is kind_of for process in known)
            )
        yield alive
        issues = GaugeMetricFamily(
            "relais_issues",
            "Open issues that nobody has snoozed, by kind and severity.",
            labels=["kind", "severity"],
        )
        counted = {(kind, severity): 0 for kind in IssueKind for severity in Severity}
        rows = Issue.objects.awake(now).order_by().values_list("kind", "severity")
        counted.update({(kind, severity): n for kind, severity, n in rows.annotate(n=Count("pk"))})
        for (kind, severity), count in counted.items():
            issues.add_metric([str(kind), str(severity)], count)
        yield issues
        if connection.vendor == "postgresql":
            yield from _connections()


def _by_state(model: Any, live: Any) -> dict[str, int]:
    rows = model.objects.filter(state__in=live).order_by().values_list("state")
    return dict(rows.annotate(n=Count("pk")))


def _connections() -> Iterator[GaugeMetricFamily]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
            " WHERE datname = current_database()"
        )
        used, most = cursor.fetchone()
    yield GaugeMetricFamily(
        "relais_database_connections", "Connections to the database, of all clients.", value=used
    )
    yield GaugeMetricFamily(
        "relais_database_connections_limit", "The most that the server takes.", value=most
    )
