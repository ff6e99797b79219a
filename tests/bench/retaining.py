"""What is kept: the size of the log of requests, and how short retention's transactions are."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage, sandbox

APPLICANTS = 500
RUNS_A_MONTH = 30 * 24
# The tenth part of them is made.
RUNS = RUNS_A_MONTH // 10
TENANTS = 50


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """A month of one tenant's log, and two weeks of the runs of two hundred."""
    on = stage.database.name
    with sandbox(applicants=APPLICANTS, vacancies=4) as address:
        stage.environment |= {"FLATCHR_BURST": "100000", "FLATCHR_RATE": "100000"}
        tenant = stage.connect(address, tags=True)
        for what, first in (("sampled as by default", "50"), ("all kept", "1000000")):
            stage.environment["EXCHANGE_FIRST"] = first
            stage.database.query("DELETE FROM integrations_httpexchange")
            stage.measured("command", "sync", tenant, "--json")
            log = stage.measured("log_a_month", tenant, str(RUNS)).result
            yield Figure(
                f"log of requests of a tenant and month, {what}, before retention",
                on,
                "MB",
                [log["mb"] * RUNS_A_MONTH / RUNS],
                note=f"{RUNS_A_MONTH} syncs of {log['requests']} requests, "
                f"{log['rows'] // RUNS} rows of {log['bytes']:,.0f} bytes with indexes each",
            )
        retained = stage.measured("retain_log").result
        yield from _deleting("surplus of the log", on, retained)
        yield Figure(
            "log of requests of a tenant and month after retention",
            on,
            "MB",
            [retained["mb"]],
            note=f"{retained['left']:,} rows, at any time",
        )
    stage.fresh()
    made = stage.measured("fill_runs", str(TENANTS)).result
    yield from _deleting(f"runs of {TENANTS:,} tenants", on, stage.measured("retain_runs").result)
    yield Figure("rows of runs, results and warnings before", on, "rows", [made])


def _deleting(what: str, on: str, told: dict[str, float]) -> Iterator[Figure]:
    if not told["rows"]:
        return
    note = (
        f"{told['rows']:,} rows in {told['transactions']:,} transactions, {told['seconds']:.0f} s"
    )
    yield Figure(
        f"{what}: longest transaction of retention", on, "ms", [told["longest"]], note=note
    )
    yield Figure(
        f"{what}: another writer meanwhile, longest wait",
        on,
        "ms",
        [told["wait"]],
        note=f"{told['waits']:,} writes, 95 % within {told['wait_p95']:.0f} ms",
    )
