"""Measure Relais and print the figures: `python -m tests.bench [NAME ...]`.

Nothing is asserted: figures depend on the machine, and on what else it is doing.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product

from tests.bench import (
    comparing,
    delivering,
    exporting,
    fleet,
    listing,
    loading,
    moving,
    overview,
    pacing,
    retaining,
    scaling,
    searching,
    serving,
    submitting,
    syncing,
    telling,
    watching,
    workers,
)
from tests.bench.databases import Postgres, Sqlite, postgres
from tests.bench.figures import Figure, line, surroundings, table
from tests.bench.stage import Options, Stage, stage
from tests.support.provided import folder_in_tmp

BENCHES: dict[str, Callable[[Stage, Options], Iterator[Figure]]] = {
    "sync": syncing.measure,
    "tags": syncing.tags,
    "pace": pacing.measure,
    "export": exporting.measure,
    "home": overview.measure,
    "tenants": overview.many,
    "list": listing.measure,
    "search": searching.measure,
    "serve": serving.measure,
    "load": loading.measure,
    "press": workers.press,
    "recovery": workers.recovery,
    "submit": submitting.measure,
    "webhooks": delivering.measure,
    "kills": delivering.kills,
    "changes": telling.measure,
    "watch": watching.measure,
    "fleet": fleet.measure,
    "deltas": fleet.deltas,
    "move": moving.measure,
    "retention": retaining.measure,
    "scale": scaling.measure,
    "compare": comparing.measure,
}


def main(arguments: list[str]) -> int:
    """Run the benches that are named, or all; 1 if one of them could not be carried out."""
    # So that whatever was started is stopped, however the bench is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = _parser()
    given = parser.parse_args(arguments)
    if unknown := set(given.names).difference(BENCHES):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    options = Options(
        applicants=given.applicants,
        vacancies=given.vacancies,
        runs=given.runs,
        rows=given.rows,
        tenants=given.tenants,
        kills=given.kills,
        million=given.million,
    )
    figures: list[Figure] = []
    failed = 0
    with ExitStack() as stack:
        servers: list[Sqlite | Postgres] = []
        version = None
        if given.database != "sqlite":
            running = stack.enter_context(postgres())
            servers.append(running)
            version = running.version()
        if given.database != "postgresql":
            servers.append(Sqlite(stack.enter_context(folder_in_tmp("bench-sqlite"))))
        for name, server in product(given.names or BENCHES, servers):
            failed |= not _carried_out(name, server, options, figures)
        _say(f"\n{table(figures)}\n\n{surroundings(version)}")
    return failed


def _carried_out(
    name: str, server: Sqlite | Postgres, options: Options, figures: list[Figure]
) -> bool:
    """Run one bench on one database; what it has measured before it fails counts."""
    try:
        with stage(server, name) as prepared:
            for figure in BENCHES[name](prepared, options):
                figures.append(figure)
                _say(line(figure))
    except Exception:
        _say(f"{name} could not be carried out:\n{traceback.format_exc()}")
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHES)}")
    parser.add_argument("--applicants", type=int, default=100_000)
    parser.add_argument("--vacancies", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the list's table")
    parser.add_argument("--tenants", type=int, default=1_000, help="of the fleet")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kills", type=int, default=500, help="of delivering processes")
    parser.add_argument("--million", action="store_true", help="a sync of 1,000,000 applicants too")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
