"""One installation at 1, 10 and 100 % of a size: what its tables weigh, and what pages take."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage

TENANTS, APPLICANTS = 200, 100_000
SHARES = (1, 10, 100)
VISITS = 9
PAGES = (
    ("overview", "/admin/"),
    ("list of candidates", "/admin/integrations/candidate/"),
    ("list of syncs", "/admin/integrations/syncrun/"),
)


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """Each share in a database of its own; processor time of the web process for pages."""
    on = stage.database.name
    stage.manage("collectstatic", "--no-input", "--verbosity", "0")
    for share in SHARES:
        stage.fresh()
        tenants, applicants = TENANTS * share // 100, APPLICANTS * share // 100
        stage.measured("fill_tenants", str(tenants), str(applicants))
        size = f"{share} %: {tenants} tenants, {applicants:,} applicants"
        weights = stage.measured("weigh").result
        whole = sum(one["mb"] for one in weights)
        yield Figure(
            f"database, {size}",
            on,
            "MB",
            [whole],
            note="; ".join(
                f"{one['table']} {one['rows']:,} rows of {one['bytes']:.0f} + "
                f"{one['index_bytes']:.0f} bytes of indexes"
                for one in weights[:6]
            ),
        )
        for what, address in PAGES:
            report = stage.measured("page_cpu", address, str(VISITS))
            yield Figure(
                f"{what}, {size}",
                on,
                "ms of processor",
                [report.result],
                note=f"the process takes {report.peak_mb:.0f} MB",
            )
