"""How many rows something wrote to the mirrored tables, counted by the database itself.

PostgreSQL keeps such counters. On SQLite triggers count, which slows every write a little: what
is counted there is a run of its own, and not one that is timed. The tables of bookkeeping (runs,
results, warnings, exchanges, the request budget) are left out: each run writes there.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.bench.databases import Database

TABLES = [
    f"integrations_{name}"
    for name in (
        "job",
        "applicationstage",
        "jobstage",
        "candidate",
        "application",
        "tag",
        "candidatetag",
        "traitreading",
    )
]
SETTLED = 0.5


def rows_written(database: Database, work: Callable[[], object]) -> int:
    """Rows of `TABLES` that `work` inserts, updates or deletes."""
    if database.name == "PostgreSQL":
        before = _postgresql_counters(database)
        work()
        return _postgresql_counters(database) - before
    return _sqlite_triggers(database, work)


def _postgresql_counters(database: Database) -> int:
    names = ", ".join(f"'{table}'" for table in TABLES)
    question = f"""SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables
        WHERE relname IN ({names})"""  # noqa: S608
    # A connection reports what it did when it ends, and at most once a second before.
    last = None
    while (found := database.query(question)[0][0]) != last:
        last = found
        time.sleep(SETTLED)
    return int(found)


def _sqlite_triggers(database: Database, work: Callable[[], object]) -> int:
    events = ("INSERT", "UPDATE", "DELETE")
    database.query("CREATE TABLE bench_written (n INTEGER)")
    database.query("INSERT INTO bench_written VALUES (0)")
    for table in TABLES:
        for event in events:
            count = "BEGIN UPDATE bench_written SET n = n + 1; END"
            name = f"bench_{table}_{event}"
            database.query(f"CREATE TRIGGER {name} AFTER {event} ON {table} {count}")
    work()
    written = database.query("SELECT n FROM bench_written")[0][0]
    for table in TABLES:
        for event in events:
            database.query(f"DROP TRIGGER bench_{table}_{event}")
    database.query("DROP TABLE bench_written")
    return int(written)
