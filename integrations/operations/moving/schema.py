"""Which migrations a database has, and that they are those of this release."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from integrations.operations.migrations import pending_migrations
from integrations.operations.moving.archive import OperationRefused


def applied_migrations() -> dict[str, list[str]]:
    """The newest applied migrations of each app; empty for a database that has no tables yet."""
    executor = MigrationExecutor(connection)
    applied, graph = executor.loader.applied_migrations, executor.loader.graph
    newest: dict[str, list[str]] = {}
    for app, name in sorted(applied):
        node = graph.node_map.get((app, name))
        if node and not any(
            child.key in applied and child.key[0] == app for child in node.children
        ):
            newest.setdefault(app, []).append(name)
    return newest


def refuse_unless_migrated() -> None:
    """Raises `OperationRefused` when the database has not the tables of this release."""
    if pending_migrations():
        raise OperationRefused(
            "The database lacks migrations of this release: run manage.py migrate first."
        )
