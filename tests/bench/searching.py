"""The search box: how long its entries take to fill in, and a search that finds and one that does
not.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage

# What each is called in the table, and what is typed.
SEARCHES = (
    ("one person's e-mail", "person654321@example.com"),
    ("a phone number", "06 10 65 43 21"),
    ("a frequent name", "Camille Martin"),
    ("two letters", "le"),
    ("a name that nobody has", "Zwxyq Qvbk"),
    ("words that never meet", "camille noé"),
    ("an ID that does not exist", "3yZeNobodyHasThisIdAtAll"),
)
GOALS = {"PostgreSQL": "150 ms", "SQLite": "600 ms"}


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    stage.manage("collectstatic", "--no-input", "--verbosity", "0")
    tenant = str(stage.measured("fill", str(options.rows), str(options.vacancies)).result)
    on = stage.database.name
    filled = stage.measured("fill_search", tenant)
    note = f"{filled.cpu:.1f} s of this process's CPU, {filled.peak_mb:.0f} MB at most"
    yield Figure(
        f"search: filling in {filled.result:,} entries", on, "s", [filled.seconds], note=note
    )
    for name, typed in SEARCHES:
        report = stage.measured("search", typed)
        times = sorted(report.result["times"])
        late = times[int(len(times) * 0.95)]
        found = "found" if report.result["found"] else "not found"
        yield Figure(
            f"search at {options.rows:,} candidates: {name}, {found}",
            on,
            "ms",
            [late],
            GOALS[on],
            GOALS[on],
            f"p95 of {len(times)}; median {median(times):.0f} ms, "
            f"{report.result['queries']} queries",
        )
