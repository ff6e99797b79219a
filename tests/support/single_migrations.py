"""An executor that knows the migrations which a squashed one replaces, one by one."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def single_executor() -> MigrationExecutor:
    """One that can go to any of them; a squashed one has recorded them all as applied."""
    executor = MigrationExecutor(connection)
    executor.loader.replace_migrations = False
    executor.loader.build_graph()
    return executor
