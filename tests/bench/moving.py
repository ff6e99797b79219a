"""An installation written into one file, and taken in again."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import Options, Report, Stage


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    on = stage.database.name
    tenant = stage.measured("fill", str(options.applicants), str(options.vacancies)).result
    stage.measured("fill_search", tenant)
    files = [stage.folder / f"{number}.zip" for number in range(options.runs)]
    reports = [
        stage.measured("command", "export_installation", str(file), "--json") for file in files
    ]
    told = reports[0].result
    what = f"{options.applicants:,} applicants"
    size = f"{told['rows']:,} rows, {told['bytes'] / 1e6:.0f} MB"
    yield from _figures(f"export of {what}", on, reports, size)
    reports = []
    for file in files:
        stage.fresh()
        reports.append(stage.measured("command", "import_installation", str(file), "--json"))
    yield from _figures(f"import of {what}", on, reports, size)


def _figures(what: str, on: str, reports: list[Report], size: str) -> Iterator[Figure]:
    yield Figure(what, on, "s", [report.seconds for report in reports], note=size)
    yield Figure(
        f"{what}: memory above idle",
        on,
        "MB",
        [report.peak_mb - report.idle_mb for report in reports],
        note=f"idle: {reports[0].idle_mb:.0f} MB",
    )
