"""Fills the tables that grow with time, and measures their retention."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import quantiles
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from integrations.models import (
    HttpExchange,
    Integration,
    ModelResult,
    RequestBudget,
    SyncRun,
    SyncWarning,
)
from integrations.records import Model

DAYS = 14
RUNS_A_DAY = 24
# One in so many syncs changes something.
CHANGING = 8


def megabytes(table: str) -> float:
    """A table with its indexes, after a vacuum."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"VACUUM FULL {table}")
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        else:
            cursor.execute(
                "SELECT sum(pgsize) FROM dbstat WHERE name IN "
                "(SELECT name FROM sqlite_master WHERE tbl_name = %s)",
                [table],
            )
        return int(cursor.fetchone()[0] or 0) / 1e6


def log_a_month(tenant: str, runs: int) -> dict[str, float]:
    """Repeat the log of the newest run until there are `runs` of it."""
    newest = SyncRun.objects.filter(integration=tenant).order_by("-pk")[0]
    table = HttpExchange._meta.db_table
    columns = [
        field.column for field in HttpExchange._meta.fields if field.column not in ("id", "key")
    ]
    names = ", ".join(columns)
    written = newest.exchanges.count()  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        for number in range(runs - 1):
            cursor.execute(
                f"INSERT INTO {table} (key, {names}) SELECT substr(key, 1, 24) || %s, {names} "  # noqa: S608
                f"FROM {table} WHERE run_id = %s ORDER BY id LIMIT %s",
                [f"{number:08}", newest.pk, written],
            )
    size = megabytes(table)
    rows = HttpExchange.objects.count()
    return {"mb": size, "rows": rows, "requests": newest.requests, "bytes": size * 1e6 / rows}


def fill_runs(tenants: int) -> int:
    """`DAYS` of hourly syncs of as many tenants; how many rows that is."""
    now = timezone.now()
    made = Integration.objects.bulk_create(
        Integration(organization=f"Société {number:05}", environment="sandbox")
        for number in range(tenants)
    )
    for hour in range(DAYS * RUNS_A_DAY):
        began = now - timedelta(hours=DAYS * RUNS_A_DAY - hour)
        runs = SyncRun.objects.bulk_create(
            SyncRun(
                integration=tenant, type="DELTA", trigger="SCHEDULE", state="SUCCEEDED",
                started_at=began, ended_at=began,
            )
            for tenant in made
        )  # fmt: skip
        SyncRun.objects.filter(pk__gte=runs[0].pk).update(queued_at=began)
        changing = [run for run in runs if (run.pk + hour) % CHANGING == 0]
        changed = {run.pk for run in changing}
        ModelResult.objects.bulk_create(
            ModelResult(run=run, model=model, seen=2, updated=run.pk in changed)
            for run in runs
            for model in list(Model)[:6]
        )
        SyncWarning.objects.bulk_create(
            SyncWarning(run=run, model="jobs", code="odd", count=1) for run in changing
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return SyncRun.objects.count() + ModelResult.objects.count() + SyncWarning.objects.count()


def weigh() -> list[dict[str, Any]]:
    """Each table with rows, bytes of a row and of its indexes; the heaviest first."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_app_config("integrations").get_models():
            table = model._meta.db_table
            rows = model._base_manager.count()
            if not rows:
                continue
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table])
                own, indexes = cursor.fetchone()
            else:
                question = (
                    "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN "
                    "(SELECT name FROM sqlite_master WHERE tbl_name = %s AND type = %s)"
                )
                cursor.execute(question, [table, "table"])
                [own] = cursor.fetchone()
                cursor.execute(question, [table, "index"])
                [indexes] = cursor.fetchone()
            found.append(
                {
                    "table": table.removeprefix("integrations_"),
                    "rows": rows,
                    "mb": (own + indexes) / 1e6,
                    "bytes": own / rows,
                    "index_bytes": indexes / rows,
                }
            )
    return sorted(found, key=lambda one: -one["mb"])


class _Transactions(logging.Handler):
    """Adds up what `batched_writes` logs."""

    FORM = re.compile(r"(\d+) rows of \S+ in (\d+) transactions, the longest (\d+) ms")

    def __init__(self) -> None:
        super().__init__()
        self.rows = self.transactions = self.longest = 0

    def emit(self, record: logging.LogRecord) -> None:
        if found := self.FORM.search(record.getMessage()):
            rows, transactions, longest = map(int, found.groups())
            self.rows += rows
            self.transactions += transactions
            self.longest = max(self.longest, longest)


def while_others_write(work: Callable[[], object]) -> dict[str, Any]:
    """Do `work`, while a thread writes a row every 10 ms; what both say of it, times in ms."""
    tenant = Integration.objects.order_by("pk")[0]
    RequestBudget.objects.get_or_create(
        integration=tenant, defaults={"tokens": 1, "refilled_at": timezone.now()}
    )
    waits: list[float] = []
    over = threading.Event()

    def write() -> None:
        while not over.wait(0.01):
            began = time.perf_counter()
            with transaction.atomic():
                RequestBudget.objects.filter(pk=tenant.pk).update(tokens=len(waits))
            waits.append((time.perf_counter() - began) * 1000)
        connection.close()

    seen = _Transactions()
    told = logging.getLogger("integrations.database.batched_writes")
    told.setLevel(logging.INFO)
    told.addHandler(seen)
    other = threading.Thread(target=write)
    other.start()
    began = time.perf_counter()
    try:
        work()
    finally:
        seconds = time.perf_counter() - began
        over.set()
        other.join()
        told.removeHandler(seen)
    return {
        "rows": seen.rows,
        "transactions": seen.transactions,
        "longest": seen.longest,
        "seconds": seconds,
        "wait": max(waits, default=0.0),
        "wait_p95": quantiles(waits, n=20)[-1] if len(waits) > 1 else 0.0,
        "waits": len(waits),
    }
