"""The candidates' CSV, and the other formats."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage

FORMATS = {"csv": "CSV with semicolons", "xlsx": "XLSX", "json": "JSON"}


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    on = stage.database.name
    stage.measured("fill", str(options.applicants), str(options.vacancies))
    reports = [stage.measured("export") for _ in range(options.runs)]
    what = f"CSV of {options.applicants:,} candidates"
    cpu = median(report.cpu for report in reports)
    size = reports[0].result["mb"]
    yield Figure(
        what,
        on,
        "s",
        [report.result["all"] for report in reports],
        "1.2 s",
        "2 s",
        f"{size:.0f} MB in 14 columns, own CPU {cpu:.1f} s",
    )
    yield Figure(
        f"{what}: first byte", on, "ms", [report.result["header"] * 1000 for report in reports]
    )
    yield Figure(
        f"{what}: first rows", on, "ms", [report.result["rows"] * 1000 for report in reports]
    )
    yield Figure(
        f"{what}: memory above idle",
        on,
        "MB",
        [report.peak_mb - report.idle_mb for report in reports],
        "10 MB",
        "20 MB",
        f"idle: {reports[0].idle_mb:.0f} MB",
    )
    for format, name in FORMATS.items():
        yield from _format(stage, options, format, name)


def _format(stage: Stage, options: Options, format: str, name: str) -> Iterator[Figure]:
    on = stage.database.name
    reports = [stage.measured("export_as", format) for _ in range(options.runs)]
    what = f"{name} of {options.applicants:,} candidates"
    cpu = median(report.cpu for report in reports)
    yield Figure(
        what,
        on,
        "s",
        [report.result["all"] for report in reports],
        note=f"{reports[0].result['mb']:.0f} MB in 14 columns, own CPU {cpu:.1f} s",
    )
    yield Figure(
        f"{what}: first byte", on, "ms", [report.result["header"] * 1000 for report in reports]
    )
    yield Figure(
        f"{what}: memory above idle",
        on,
        "MB",
        [report.peak_mb - report.idle_mb for report in reports],
    )
