"""Copies of a tenant's records, kept in step by the documented ways, and how they are compared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from integrations import jobs
from integrations.api import bodies
from integrations.api.reads.feed import LISTINGS
from integrations.api.reads.scope import ReadScope
from integrations.changes import feed
from integrations.records import Model
from tests.api.reading import everything

Copy = dict[Model, dict[str, dict[str, Any]]]


class Poller:
    """Keeps a copy by the documented recipe: the server's time of one read is `updated_after` of
    the next one.
    """

    def __init__(self, scope: ReadScope) -> None:
        self.scope = scope
        self.since: datetime | None = None
        self.copy: Copy = {model: {} for model in LISTINGS}

    def read(self) -> None:
        began = jobs.now()
        given = {"include_deleted": "true"}
        if self.since is not None:
            given["updated_after"] = str(bodies.moment(self.since))
        for model, listing in LISTINGS.items():
            for row in everything(listing, self.scope, **given):
                self.copy[model][row["id"]] = row
        self.since = began


class Follower:
    """Keeps a copy by the feed."""

    def __init__(self, scope: ReadScope) -> None:
        self.scope = scope
        self.position = feed.beginning(scope.integration_id)
        self.copy: Copy = {model: {} for model in LISTINGS}

    def read(self) -> None:
        while True:
            page = feed.read(
                self.scope.integration_id, self.position, models=list(LISTINGS), limit=3
            )
            self.position = page.following
            if not page.records:
                return
            for one in page.records:
                shown = LISTINGS[one.model].rendered(self.scope, [one.id])
                self.copy[one.model][one.id] = orjson.loads(shown[one.id])


def as_listed(scope: ReadScope) -> Copy:
    return {
        model: {row["id"]: row for row in everything(listing, scope, include_deleted="true")}
        for model, listing in LISTINGS.items()
    }


def own(copy: Copy) -> Copy:
    """Without what records of other models put into a record: the feed tells of those."""
    nested = {"candidate", "applications", "tags", "stages", "current_stage", "job"}
    return {
        model: {
            pk: {name: value for name, value in row.items() if name not in nested}
            for pk, row in rows.items()
        }
        for model, rows in copy.items()
    }


def told(copy: Copy) -> Copy:
    """Without what the contract lets change unsaid (`docs/unified-api.md §5`): the names of a
    record's job, stage and tags.
    """
    unsaid = {"candidate", "current_stage", "job", "stages", "tags"}

    def kept(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in unsaid}

    return {
        model: {
            pk: kept(row)
            | {"stages": [stage["id"] for stage in row.get("stages", ())]}
            | {"applications": [kept(one) for one in row.get("applications", ())]}
            for pk, row in rows.items()
        }
        for model, rows in copy.items()
    }
