"""The passes of a run beside each other, and which tests are whose.

A pass is one process with a database of its own, as pytest-django lets no other test at it. The
work of all is about the same.
"""

from __future__ import annotations

# What comes over the API or goes to Flatchr.
SENDING = {"api", "submissions"}
SYNCING = {"sync", "webhooks", "changes", "test_jobs.py", "test_lanes.py", "test_worker.py"}
# The folders of each pass, and the files beside them; without, all that its database has left.
PARTS: dict[str, set[str] | None] = {
    "sqlite-sending": SENDING | SYNCING,
    "sqlite-pages": {"browser"},
    "sqlite-rest": None,
    "postgresql-sending": SENDING,
    "postgresql-syncing": SYNCING,
    "postgresql-rest": None,
}


def is_of(part: str, name: str) -> bool:
    """Whether a pass has the tests of the folder or file of this name in `tests`."""
    wanted = PARTS[part]
    if wanted is not None:
        return name in wanted
    database = part.partition("-")[0]
    return not any(
        name in (folders or ()) for other, folders in PARTS.items() if other.startswith(database)
    )
