"""What clients that keep copies miss, read in every documented way (`keeping.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """`--runs` is the number of rounds, each some edits and a sync."""
    stage.environment |= {"FLATCHR_BURST": "100000", "FLATCHR_RATE": "100000"}
    found = stage.measured("watched", str(options.runs)).result
    for name, (reads, missing, stale) in found["clients"].items():
        yield Figure(
            f"changes that a client missed, reading {name}",
            stage.database.name,
            "",
            [missing + stale],
            "0",
            "0",
            note=f"{missing} missing, {stale} stale; {options.runs} syncs, {found['edits']} edits, "
            f"{reads} reads, {found['compared']} records compared",
        )
