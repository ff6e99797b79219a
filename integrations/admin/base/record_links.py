"""Links to mirrored records that are known by their model and remote id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from integrations.admin.base.urls import change_url
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    Job,
    MirroredRecord,
    Tag,
)
from integrations.records import Model

# Models that have a page for each record.
PAGES: dict[str, type[MirroredRecord]] = {
    Model.JOBS: Job,
    Model.APPLICATION_STAGES: ApplicationStage,
    Model.CANDIDATES: Candidate,
    Model.APPLICATIONS: Application,
    Model.TAGS: Tag,
}
# Warnings about an applicant name the candidate or its tags; the page linked is the application's.
_TOLD_OF = {Model.CANDIDATES: Application, Model.CANDIDATE_TAGS: Application}


class RecordLink(NamedTuple):
    name: str
    url: str


def linked_records(
    integration_id: str, wanted: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], RecordLink]:
    """By model and remote id the records of these remote ids by model, one query for each."""
    found = {}
    for model, remote_ids in wanted.items():
        page = _TOLD_OF.get(Model(model)) or PAGES.get(model)
        if page is not None:
            mine = page.objects.filter(integration=integration_id, remote_id__in=list(remote_ids))
            for remote_id, linked in named(page, mine):
                found[model, remote_id] = linked
    return found


def named(page: type[MirroredRecord], records: Any) -> list[tuple[str, RecordLink]]:
    """Each of `records` by its remote id, with its name and address, in one query."""
    if page is Application:
        records = records.select_related("candidate").defer("remote_data")
        return [
            (record.remote_id, RecordLink(str(record.candidate), change_url(record)))
            for record in records
        ]
    return [
        (record.remote_id, RecordLink(str(record), change_url(record)))
        for record in records.without_raw()
    ]


def linked_record(model: str, pk: str) -> RecordLink | None:
    page = PAGES.get(model)
    found = named(page, page.objects.filter(pk=pk)) if page is not None else []
    return found[0][1] if found else None
