"""Reading from Flatchr what events tell of, and writing it as a sync would.

Applicants are read by their job: an event about a moved applicant has no id by which Flatchr would
search, and one request serves all events of one job. The search is that of a delta, narrowed down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from integrations import jobs
from integrations.changes.recording import recorded
from integrations.flatchr.client import SEARCH, FlatchrClient
from integrations.flatchr.mapping.applicants import ARCHIVED
from integrations.flatchr.mapping.values import as_request_day
from integrations.models import ApplicationStage, Integration, Job, SearchKind, SyncRun
from integrations.records import Finding, JobRecord, Model, StageRecord
from integrations.search import filling
from integrations.sync.applicants import incremental
from integrations.sync.bulk.batches import batches
from integrations.sync.bulk.store import RowChanges, upsert
from integrations.sync.bulk.tables import JOB_STAGES
from integrations.sync.lease import hold_off_runs
from integrations.sync.listed_models import (
    LISTED_MODELS,
    build_reader,
    job_stage_drafts,
    store_listed,
)
from integrations.tenants import stats
from integrations.tenants.stats import FLATCHR_ZONE

# Rows written in one transaction.
BATCH = 1000
# How far a search looks back before the event: Flatchr's dates have a precision of a day.
OVERLAP = timedelta(days=2)


@dataclass(slots=True)
class ReadApplicants:
    """Remote ids of the applicants that a search showed, and of those that something was written
    of.
    """

    seen: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)


class EventReader:
    """Reads for the events of one tenant. Its methods raise `FlatchrError` and `RunBegun`.

    `during_run` is the sync that was running while something was read or written, which may put
    back what it had read before; None if there was none.
    """

    def __init__(self, integration: Integration, client: FlatchrClient) -> None:
        self._integration = integration
        self._client = client
        self._began = jobs.now()
        self._stages_read = False
        self.during_run: int | None = None
        self.search: dict[SearchKind, set[str]] = {
            SearchKind.JOB: set(),
            SearchKind.CANDIDATE: set(),
        }

    def read_jobs(self) -> set[str]:
        """Read all jobs; return the ids of those that something was written of."""
        reader = build_reader(self._client, self._integration, report=_ignore)
        written: set[str] = set()
        for batch in batches(reader.jobs(), BATCH):
            # A record that comes twice has changed meanwhile: the later one counts.
            records = {one.remote_id: one for one in batch if isinstance(one, JobRecord)}
            ids = self._write(Model.JOBS, records.values(), lambda ids: {"jobs": ids})
            written |= ids
        self.search[SearchKind.JOB] |= written
        return written

    def read_applicants(
        self, job: Job, *, since: datetime, archived: bool = False
    ) -> ReadApplicants:
        """Read the applicants of a job that have changed since some days before `since`."""
        day: date = (since.astimezone(FLATCHR_ZONE) - OVERLAP).date()
        body: dict[str, Any] = {"vacancy": job.remote_id, "start_update": as_request_day(day)}
        if archived:
            body["status"] = ARCHIVED
        found = ReadApplicants()
        for batch in batches(self._client.stream("POST", SEARCH, json=body), BATCH):
            rows = [(data, raw) for data, raw in batch if _is_of(job, data)]
            self._learn_stages(rows)
            with recorded(self._integration.pk):
                self._hold_off()
                stored = incremental.write_applicants(self._integration.pk, rows)
            found.seen |= stored.ids.keys()
            found.written |= stored.written
            self.search[SearchKind.CANDIDATE] |= stored.candidates
        return found

    def fill_search(self) -> None:
        """Have the search box find what was written."""
        for kind, ids in self.search.items():
            filling.fill(kind, ids)

    def _learn_stages(self, rows: Iterable[tuple[Any, str]]) -> None:
        """Read the stages, once, if an applicant is in one that is not known."""
        titles = {data["column"].strip() for data, _ in rows if isinstance(data.get("column"), str)}
        live = ApplicationStage.objects.live().filter(integration=self._integration)
        if self._stages_read or titles <= set(live.values_list("name", flat=True)):
            return
        self._stages_read = True
        reader = build_reader(self._client, self._integration, report=_ignore)
        records = [one for one in reader.stages() if isinstance(one, StageRecord)]
        self._write(Model.APPLICATION_STAGES, records, lambda ids: {"stages": ids})

    def _write(
        self,
        model: Model,
        records: Iterable[Any],
        of_these: Callable[[set[str]], dict[str, set[str]]],
    ) -> set[str]:
        """Write records of a listed model, and the job stages that follow; the ids of those that
        something was written of.
        """
        tenant = self._integration.pk
        with recorded(tenant):
            self._hold_off()
            ids = _ids(store_listed(tenant, LISTED_MODELS[model], records))
            if ids:
                for drafts in batches(job_stage_drafts(tenant, **of_these(ids)), BATCH):
                    upsert(JOB_STAGES, tenant, drafts)
                stats.outdate(tenant)
        return ids

    def _hold_off(self) -> None:
        live = hold_off_runs(self._integration.pk)
        ended = SyncRun.objects.filter(integration=self._integration, ended_at__gte=self._began)
        run = live or ended.order_by("-pk").values_list("pk", flat=True).first()
        self.during_run = run or self.during_run


def _is_of(job: Job, data: Any) -> bool:
    """Whether a row is one of the job's, should the search not have been narrowed down."""
    if not isinstance(data, dict):
        return False
    number = data.get("vacancy_id")
    return number is None or job.vacancy_id is None or str(number) == str(job.vacancy_id)


def _ids(changes: RowChanges) -> set[str]:
    return {*changes.new_ids, *(str(row[0]) for row in changes.updates)}


def _ignore(_: Finding) -> None:
    """The next sync reports it on its own run."""
