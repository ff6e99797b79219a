from collections.abc import Callable
from typing import Any

from django.db import migrations

import integrations.models.fields
from integrations.migrations import _stored_sentences as stored

TEXTS = (
    ("bulkrow", "message", {"blank": True}),
    ("bulkupload", "read_as", {"blank": True}),
    ("bulkupload", "refusal", {"blank": True}),
    ("export", "error", {"blank": True}),
    ("export", "mail_error", {"blank": True}),
    ("exportschedule", "stopped", {"blank": True}),
    ("modelresult", "error_message", {"blank": True}),
    ("passthroughcall", "error", {"blank": True}),
    ("quarantinedrecord", "reason", {}),
    ("submission", "error_message", {"blank": True}),
    ("submissionattempt", "error", {"blank": True}),
    ("syncrun", "error_message", {"blank": True}),
    ("syncrun", "waiting_reason", {"blank": True}),
)
VALUES = (
    ("bulkrow", "findings", {"default": list}),
    ("bulkupload", "notes", {"default": list}),
    ("submission", "warnings", {"blank": True, "default": list}),
    ("syncwarning", "examples", {"default": list}),
)
# Columns that hold a phrase and no sentence.
PHRASES = {"read_as", "waiting_reason"}
BATCH = 500


def encode(apps: Any, schema_editor: Any) -> None:
    """Put a code and its parameters in the place of each sentence that is known."""
    for model, column, _options in TEXTS:
        phrases = column in PHRASES

        def coded(text: str, phrases: bool = phrases) -> str:
            return stored.coded_text(text, phrases=phrases)

        _rewrite(apps.get_model("integrations", model), column, coded, schema_editor)
    for model, column, _options in VALUES:
        rows = apps.get_model("integrations", model)
        _rewrite(rows, column, stored.coded_value, schema_editor)


def decode(apps: Any, schema_editor: Any) -> None:
    """Put the English text in the place of each code."""
    for model, column, _options in TEXTS:
        _rewrite(apps.get_model("integrations", model), column, stored.plain_text, schema_editor)
    for model, column, _options in VALUES:
        _rewrite(apps.get_model("integrations", model), column, stored.plain_value, schema_editor)


def _rewrite(model: Any, column: str, new: Callable[[Any], Any], schema_editor: Any) -> None:
    """Rewrite a column in batches, one after the other by key; only rows that change are written."""
    rows = model.objects.using(schema_editor.connection.alias).order_by("pk")
    last = None
    while True:
        following = rows if last is None else rows.filter(pk__gt=last)
        batch = list(following.values_list("pk", column)[:BATCH])
        if not batch:
            return
        last = batch[-1][0]
        changed = [
            model(pk=pk, **{column: after})
            for pk, before in batch
            if before and (after := new(before)) != before
        ]
        rows.bulk_update(changed, [column])


class Migration(migrations.Migration):
    """Messages in rows have a code and parameters; the columns stay what they are."""

    dependencies = [
        ("integrations", "0022_message_columns"),
    ]

    operations = [
        migrations.RunPython(encode, decode),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                *(
                    migrations.AlterField(
                        model, column, integrations.models.fields.MessageField(**options)
                    )
                    for model, column, options in TEXTS
                ),
                *(
                    migrations.AlterField(
                        model, column, integrations.models.fields.MessagesField(**options)
                    )
                    for model, column, options in VALUES
                ),
            ]
        ),
    ]
