"""Tags at the pace that a tenant's requests allow, by a worker that has others to serve as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench.figures import Figure
from tests.bench.stage import Options, Stage, sandbox
from tests.bench.workers import celery

APPLICANTS = 2_000
OTHERS = 5
# By default a tenant's requests are so many a second (`FLATCHR_RATE`).
RATE = 10.0
LARGE = 100_000
POLL = 0.5


def measure(stage: Stage, options: Options) -> Iterator[Figure]:
    """One tenant of 2,000 applicants of which no tags are read, and others that are due for a sync.

    What holds for it holds for 100,000: requests are what it waits for, and a slot ends after
    seconds whatever is left.
    """
    with sandbox(applicants=APPLICANTS, vacancies=20) as address:
        tenant = stage.connect(address, tags=True)
        stage.measured("read_whole", tenant)
        stage.measured("fleet", tenant, str(OTHERS))
        with ExitStack() as stack:
            stack.enter_context(celery(stage, "worker", "--pool=prefork", "--concurrency=2"))
            stack.enter_context(celery(stage, "beat", f"--schedule={stage.folder / 'beat'}"))
            first = _read(stage, tenant, at_least=1)
            began = time.monotonic()
            last = _read(stage, tenant, at_least=APPLICANTS)
            seconds = time.monotonic() - began
        ((others,),) = stage.database.query(
            "SELECT count(*) FROM integrations_syncrun"  # noqa: S608
            f" WHERE ended_at IS NOT NULL AND integration_id <> '{tenant}'"
        )
    pace = (last - first) / seconds
    yield Figure(
        f"tags of a tenant of {APPLICANTS:,} applicants, {OTHERS} others beside it",
        stage.database.name,
        "a second",
        [pace],
        f"{RATE:.0f}",
        note=f"{seconds:.0f} s; at this pace {LARGE:,} take {LARGE / pace / 3600:.1f} h; "
        f"{others} syncs of others meanwhile",
    )


def _read(stage: Stage, tenant: str, *, at_least: int) -> int:
    """How many readings the tenant has, once there are so many."""
    while True:
        ((found,),) = stage.database.query(
            f"SELECT count(*) FROM integrations_traitreading WHERE integration_id = '{tenant}'"  # noqa: S608
        )
        if found >= at_least:
            return int(found)
        time.sleep(POLL)
