"""FULL syncs of a whole tenant: the first, and the same again with nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from statistics import median
from typing import Any

from tests.bench.figures import Figure
from tests.bench.stage import Options, Report, Stage, sandbox
from tests.bench.written import rows_written

MILLION = 1_000_000


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """Times are the run's own, from its start to its end, without candidates' tags."""
    with sandbox(applicants=options.applicants, vacancies=options.vacancies) as address:
        yield from _times(stage, options, address)
    if options.million:
        stage.fresh()
        with sandbox(applicants=MILLION, vacancies=options.vacancies) as address:
            yield from _million(stage, address)


def _times(stage: Stage, options: Options, address: str) -> Iterator[Figure]:
    on = stage.database.name
    what = f"FULL sync of {options.applicants:,} applicants"
    firsts, seconds = [], []
    for _ in range(options.runs):
        stage.fresh()
        tenant = stage.connect(address)
        firsts.append(sync(stage, tenant))
        seconds.append(sync(stage, tenant))
    yield Figure(
        f"{what}, first time",
        on,
        "s",
        [run_seconds(report) for report in firsts],
        "5.0 s" if on == "SQLite" else "5.4 s",
        "8 s",
        f"{created(firsts[0]):,} records created; {_costs(firsts)}",
    )
    yield Figure(
        "the same again, nothing changed",
        on,
        "s",
        [run_seconds(report) for report in seconds],
        "1.8 s" if on == "SQLite" else "2.0 s",
        "4 s",
        _costs(seconds),
    )
    written = rows_written(stage.database, partial(sync, stage, tenant))
    yield Figure("rows written by that", on, "", [written], "0", "0", "counted by the database")
    yield Figure(
        "most resident memory, first time",
        on,
        "MB",
        [report.peak_mb for report in firsts],
        "120 MB",
        "180 MB",
        f"idle: {firsts[0].idle_mb:.0f} MB",
    )
    yield Figure(
        "most resident memory, again",
        on,
        "MB",
        [report.peak_mb for report in seconds],
        "120 MB",
        "180 MB",
    )
    yield Figure(
        "requests to Flatchr in a FULL sync",
        on,
        "",
        [report.result["requests"] for report in firsts],
        "10",
        "20 + one per channel",
        "tags and CVs aside",
    )


def tags(stage: Stage, options: Options) -> Iterator[Figure]:
    """Reading candidates' tags after a FULL sync: one run of the command, at the tenant's rate.

    Of 100,000 applicants it takes three hours: name fewer.
    """
    with sandbox(applicants=options.applicants, vacancies=options.vacancies) as address:
        report = sync(stage, stage.connect(address, tags=True))
    ((read,),) = stage.database.query("SELECT count(*) FROM integrations_traitreading")
    seconds = report.wall - run_seconds(report)
    yield Figure(
        f"tags of {read:,} applicants after a FULL sync",
        stage.database.name,
        "s",
        [seconds],
        note=f"{read / seconds:.1f} a second of 10 allowed; the sync itself "
        f"{run_seconds(report):.1f} s and {report.result['requests']} requests",
    )


def _million(stage: Stage, address: str) -> Iterator[Figure]:
    on = stage.database.name
    tenant = stage.connect(address)
    for which in ("first time", "again"):
        report = sync(stage, tenant)
        what = f"FULL sync of {MILLION:,} applicants, {which}"
        yield Figure(what, on, "s", [run_seconds(report)])
        yield Figure(
            f"{what}: most resident memory", on, "MB", [report.peak_mb], "120 MB", "180 MB"
        )


def sync(stage: Stage, tenant: str) -> Report:
    """Synchronise in a fresh process; raises when that did not end well."""
    report = stage.measured("command", "sync", tenant, "--json")
    if report.result["state"] not in ("SUCCEEDED", "PARTIALLY_FAILED") or report.result["error"]:
        raise RuntimeError(f"The sync ended badly: {report.result}")
    return report


def run_seconds(report: Report) -> float:
    started, ended = (
        datetime.fromisoformat(report.result[name]) for name in ("started_at", "ended_at")
    )
    return (ended - started).total_seconds()


def created(report: Report) -> int:
    models: dict[str, Any] = report.result["models"]
    return sum(figures["created"] for figures in models.values())


def _costs(reports: list[Report]) -> str:
    cpu = median(report.cpu for report in reports)
    wall = median(report.wall for report in reports)
    return f"its own CPU {cpu:.1f} s; the process from start to exit {wall:.1f} s"
