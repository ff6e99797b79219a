"""The first page of somebody with many tenants, and the counting that it relies on."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage

TENANTS = 200
MANY = 10_000
VISITS = 40


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """Two hundred tenants with sixty syncs each, which share the candidates evenly."""
    on = stage.database.name
    stage.manage("collectstatic", "--no-input", "--verbosity", "0")
    stage.measured("fill_tenants", str(TENANTS), str(options.rows))
    counting = stage.measured("count_tenants")
    what = f"home with {TENANTS} tenants at {options.rows:,} candidates"
    reports = [stage.measured("page", "/admin/", str(VISITS)) for _ in range(options.runs)]
    first = sorted(report.result["first"] for report in reports)
    yield Figure(
        f"{what}, median",
        on,
        "ms",
        [report.result["later"] for report in reports],
        note=f"{reports[0].result['queries']} queries; a process's very first request "
        f"{first[0]:.0f} ms",
    )
    yield Figure(f"{what}, p95", on, "ms", [report.result["late"] for report in reports])
    yield Figure(
        f"counting these {TENANTS} tenants, as their syncs do one by one",
        on,
        "s",
        [counting.seconds],
    )


def many(stage: Stage, options: Options) -> Iterator[Figure]:
    """Ten thousand tenants: the overview, one state of it, and the list limited to a state."""
    on = stage.database.name
    stage.manage("collectstatic", "--no-input", "--verbosity", "0")
    filled = stage.measured("fill_many_tenants", str(MANY))
    yield Figure(f"storing the states of {MANY:,} tenants", on, "s", [filled.result["seconds"]])
    for what, address in (
        ("overview", "/admin/"),
        ("overview, those failing", "/admin/?state=failing"),
        ("tenant list, those failing", "/admin/integrations/integration/?state=failing"),
    ):
        reports = [stage.measured("page", address, str(VISITS)) for _ in range(options.runs)]
        yield Figure(
            f"{what} with {MANY:,} tenants, median",
            on,
            "ms",
            [report.result["later"] for report in reports],
            note=f"{reports[0].result['queries']} queries",
        )
        yield Figure(
            f"{what} with {MANY:,} tenants, p95",
            on,
            "ms",
            [report.result["late"] for report in reports],
        )
