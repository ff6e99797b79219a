"""A squashed migration makes the tables that those it replaces make."""

from __future__ import annotations

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def test_the_single_migrations_lead_to_the_models_too() -> None:
    """`makemigrations --check` sees only the squashed one; databases of before take the others."""
    loader = MigrationLoader(None, replace_migrations=False)
    leaves = [
        key
        for key in loader.graph.leaf_nodes("integrations")
        if not loader.disk_migrations[key].replaces
    ]

    state = loader.project_state(leaves)
    changes = MigrationAutodetector(state, ProjectState.from_apps(apps)).changes(loader.graph)

    assert leaves
    assert "integrations" not in changes
