"""Every declared message by its code, from the tables of the rooms."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.messages import (
    actions,
    bulk,
    documents,
    egress,
    exports,
    flatchr,
    operations,
    submissions,
    sync,
    tenants,
    webhooks,
)
from integrations.messages.declaration import Declared, Text

TABLES: tuple[Mapping[str, Declared], ...] = (
    # Several messages, one after the other.
    {"sequence": "{sentences}"},
    egress.TEXTS,
    flatchr.TEXTS,
    tenants.TEXTS,
    sync.TEXTS,
    submissions.TEXTS,
    documents.TEXTS,
    bulk.TEXTS,
    exports.TEXTS,
    actions.TEXTS,
    operations.TEXTS,
    webhooks.TEXTS,
)


def _collected() -> dict[str, Text]:
    texts: dict[str, Text] = {}
    for table in TABLES:
        if again := texts.keys() & table.keys():
            raise ValueError(f"Declared twice: {', '.join(sorted(again))}")
        texts |= {code: Text.of(declared) for code, declared in table.items()}
    return texts


TEXTS = _collected()
