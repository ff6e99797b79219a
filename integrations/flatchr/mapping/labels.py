"""The label of a coded property of a vacancy."""

from __future__ import annotations

from typing import Any

from integrations.flatchr.mapping.notes import Notes
from integrations.flatchr.mapping.values import is_blank, text
from integrations.flatchr.referentials import Labels, code_key


def label_of(
    data: dict[str, Any], name: str, labels: Labels | None, field: str, notes: Notes
) -> str | None:
    """The label of `data["<name>_id"]` from the referential; else the label on the vacancy
    itself, which is often null on the API's host (`flatchr-api.md §1`).

    A code that the referential lacks becomes null and a finding. Without a referential the
    finding is the reader's, once for all vacancies.
    """
    code = data.get(f"{name}_id")
    key = code_key(code)
    if key is None and not is_blank(code):
        notes.unexpected(field, code)
    if labels is not None and key is not None and key in labels:
        return labels[key]
    label = text(data.get(name), field, notes)
    if label is None and key is not None and labels is not None:
        notes.add(
            f"unknown_{name}_id",
            field,
            key,
            f"Flatchr's list has no label for the code in {name}_id.",
        )
    return label
