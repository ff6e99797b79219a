"""The first page of the candidate list."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage

CANDIDATES = "/admin/integrations/candidate/"


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    stage.manage("collectstatic", "--no-input", "--verbosity", "0")
    stage.measured("fill", str(options.rows), str(options.vacancies))
    reports = [stage.measured("page", CANDIDATES) for _ in range(options.runs)]
    first = sorted(report.result["first"] for report in reports)
    yield Figure(
        f"candidate list, first page at {options.rows:,} rows",
        stage.database.name,
        "ms",
        [report.result["later"] for report in reports],
        "100 ms",
        "150 ms",
        f"{reports[0].result['queries']} queries; a process's very first request {first[0]:.0f} ms",
    )
