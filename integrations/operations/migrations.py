"""Which migrations the database lacks, cheaply enough to be asked every second."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

MigrationKey = tuple[str, str]


def pending_migrations() -> int:
    """The number of migrations of this version that are not applied; one query.

    Raises `DatabaseError`.
    """
    applied = MigrationRecorder(connection).applied_migrations().keys()
    return sum(
        key not in applied and not (replaces and replaces <= applied)
        for key, replaces in _migrations().items()
    )


@cache
def _migrations() -> dict[MigrationKey, frozenset[MigrationKey]]:
    """Those of the code, with the ones that each replaces. Reading them took 40 ms."""
    nodes = MigrationLoader(None).graph.nodes
    return {key: frozenset(node.replaces) for key, node in nodes.items() if node is not None}
