"""A migration of a new database, whose tables are made after all its models are known."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AtOnce(migrations.Migration):
    """One whose operations only add models and what needs their tables.

    Django makes the classes of all related models anew for each model that is added, which for 76
    models took five seconds; here they are made once.
    """

    def apply(
        self,
        project_state: ProjectState,
        schema_editor: BaseDatabaseSchemaEditor,
        collect_sql: bool = False,
    ) -> ProjectState:
        project_state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(self.app_label, project_state)
        for operation in self.operations:
            operation.database_forwards(
                self.app_label, schema_editor, project_state, project_state
            )
        return project_state
