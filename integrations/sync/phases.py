"""The phases of a sync: read Flatchr model by model, and write what differs.

`Sync.perform` has the order of the phases and what each needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import chain
from zoneinfo import ZoneInfo

from django.db import transaction

from integrations.changes.recording import recorded
from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.models import (
    Application,
    Candidate,
    SyncRun,
    SyncType,
    Tag,
)
from integrations.records import Model, RawApplicant, Rejected, TagRecord
from integrations.sync.applicants.candidate_tags import seen_tags, shown_with, tag_candidates
from integrations.sync.applicants.candidates import outdated, refresh
from integrations.sync.applicants.writer import ApplicantWriter
from integrations.sync.bulk.batches import batches
from integrations.sync.bulk.dialects import Table
from integrations.sync.bulk.prefetch import prefetch
from integrations.sync.bulk.store import Store
from integrations.sync.bulk.tables import (
    APPLICATIONS,
    CANDIDATE_TAGS,
    CANDIDATES,
    JOB_STAGES,
    Draft,
    tag_draft,
)
from integrations.sync.deletions import delete_orphans, delete_unseen, release_seen
from integrations.sync.lease import RunLease, asks_for_long_pause
from integrations.sync.listed_models import (
    LISTED_MODELS,
    ListedModel,
    build_reader,
    job_stage_drafts,
)
from integrations.sync.recorder import RunRecorder
from integrations.sync.scope_purge import apply_scopes, delete_excluded
from integrations.tenants.scopes import excluded_models

BATCH = 2800
# How far an incremental read looks back before the last one: Flatchr's dates have a precision of a
# day, in its own time zone.
OVERLAP = timedelta(days=2)
FLATCHR_ZONE = ZoneInfo("Europe/Paris")


class Sync:
    """One attempt at one run: the phases, in dependency order."""

    def __init__(
        self, run: SyncRun, lease: RunLease, recorder: RunRecorder, client: FlatchrClient
    ) -> None:
        self.run = run
        self.lease = lease
        self.recorder = recorder
        self.store = Store(run, lease, recorder)
        self.settings = run.integration.flatchr_settings
        self.scopes = self.settings.scopes
        self.excluded = excluded_models(self.scopes)
        self.reader = build_reader(client, run.integration, report=recorder.report)
        self.checkpoint = recorder.checkpoint
        self.reader.go_on(stages=self.checkpoint.stages, incomplete=self.checkpoint.incomplete)
        self.failures: dict[Model, FlatchrError] = {}
        self.done: set[Model] = set(self.checkpoint.finished)

    def perform(self) -> None:
        """Read and write every model; errors of single models are kept in `failures`.

        Raises `FlatchrError` when the key is refused, Flatchr cannot be reached, or Flatchr asks
        for a long pause.
        """
        self._phase(Model.JOBS, partial(self._read_whole, LISTED_MODELS[Model.JOBS]))
        self._phase(
            Model.APPLICATION_STAGES,
            partial(self._read_whole, LISTED_MODELS[Model.APPLICATION_STAGES]),
        )
        self._phase(Model.JOB_STAGES, self._job_stages, Model.JOBS, Model.APPLICATION_STAGES)
        self._phase(Model.TAGS, self._tags)
        # Applicants refer to jobs and stages: without both lists they would lose them.
        self._phase(Model.APPLICATIONS, self._applicants, Model.JOBS, Model.APPLICATION_STAGES)
        self._phase(Model.CANDIDATE_TAGS, self._candidate_tags, Model.TAGS, Model.APPLICATIONS)
        if self.full and Model.APPLICATIONS in self.done:
            apply_scopes(self.store, self.scopes)

    @property
    def full(self) -> bool:
        return self.run.type == SyncType.FULL

    def _phase(self, model: Model, work: Callable[[], None], *needs: Model) -> None:
        if model in self.done or not self.done.issuperset(needs):
            return
        self.recorder.enter(model)
        if model in self.excluded:
            work = partial(delete_excluded, self.store, model)
        try:
            work()
        except FlatchrError as error:
            ends = error.kind.is_auth or error.kind is ErrorKind.UNREACHABLE
            if ends or asks_for_long_pause(error):
                raise
            self.failures[model] = error
            self.recorder.mark_failed(model, kind=error.kind, message=error.message)
            return
        self.done.add(model)
        self.checkpoint.stages = self.reader.stages_by_title
        self.checkpoint.incomplete = self.reader.incomplete
        self.recorder.leave(model)

    def _tags(self) -> None:
        listed = LISTED_MODELS[Model.TAGS]
        parents: set[str] = set()

        def to_draft(record: TagRecord) -> Draft:
            parents.add(record.parent_id)
            return tag_draft(record)

        def discovered() -> list[str]:
            tags = Tag.objects.live().filter(
                integration_id=self.store.integration_id, discovered=True, parent_id__in=parents
            )
            return list(tags.values_list("remote_id", flat=True))

        self._read_whole(replace(listed, to_draft=to_draft), also_there=discovered)

    def _read_whole(self, listed: ListedModel, also_there: Callable[[], list[str]] = list) -> None:
        """Read a small model whole, in batches, and delete what is no longer there.

        `also_there` gives remote ids that exist though Flatchr does not list them.
        """
        table = listed.table
        self.store.begin_read(table)
        for batch in batches(listed.read(self.reader), BATCH):
            rejected = [item for item in batch if isinstance(item, Rejected)]
            # A record that comes twice has changed meanwhile: the later one counts.
            drafts = {
                item.remote_id: item
                for item in (
                    listed.to_draft(item) for item in batch if not isinstance(item, Rejected)
                )
            }
            if rejected:
                self._quarantine(table.model, rejected)
            self.store.write(table, list(drafts.values()))
        if unlisted := also_there():
            self._see(table, unlisted)
        self._delete(table)

    def _see(self, table: Table, remote_ids: list[str]) -> None:
        """Count records as seen that Flatchr has, though it does not list them."""
        with transaction.atomic():
            self.lease.renew()
            self.store.see(remote_ids)
            self.recorder.counts(table.model).seen += len(remote_ids)
            self.recorder.save(table.model)

    def _quarantine(self, model: Model, rejected: list[Rejected]) -> None:
        with transaction.atomic():
            self.lease.renew()
            self.recorder.counts(model).seen += len(rejected)
            self.recorder.quarantine(rejected)
            self.store.see([item.remote_id for item in rejected if item.remote_id])
            self.recorder.save(model)

    def _delete(self, table: Table) -> None:
        """Delete what a complete read did not return; only a FULL sync may."""
        release_seen(self.store, table)
        if table.model in self.reader.incomplete:
            return
        self.recorder.mark_complete(table.model)
        if self.full:
            delete_unseen(self.store, table)

    def _job_stages(self) -> None:
        for batch in batches(job_stage_drafts(self.store.integration_id), BATCH):
            self.store.write(JOB_STAGES, batch)
        self.recorder.mark_complete(Model.JOB_STAGES)
        self._delete_orphans(JOB_STAGES)

    def _delete_orphans(self, table: Table) -> None:
        if not self.full:
            return
        with recorded(self.store.integration_id):
            self.lease.renew()
            counts = self.recorder.counts(table.model)
            counts.deleted += delete_orphans(self.store.integration_id, table)
            self.recorder.save(table.model)

    def _applicants(self) -> None:
        self.store.begin_read(APPLICATIONS)
        writer = ApplicantWriter(self.store, self.reader)
        read = batches(self.reader.applicants(self._since()), BATCH)
        first = next(read, [])
        if len(first) < BATCH:
            # All there is: threads, each with a connection, would cost more than they spare.
            if first:
                writer.write(writer.prepare(first))
        else:
            # An iterator drops the list at its end, so that the batch can be freed.
            every = chain(iter([first]), read)
            del first
            self._write_applicants(writer, every)
        # In one transaction: a run that ended in between would leave candidates without an
        # application, which no later run would look at.
        with recorded(self.store.integration_id):
            self._delete(APPLICATIONS)
            self._update_candidates()
        self.recorder.applicants_read = True
        if Model.CANDIDATES not in self.reader.incomplete:
            self.recorder.mark_complete(Model.CANDIDATES)

    def _write_applicants(
        self, writer: ApplicantWriter, read: Iterator[list[RawApplicant | Rejected]]
    ) -> None:
        """Write batches while later ones are read and prepared."""
        halt = self.recorder.halt
        with (
            self.store.relaxed_durability(),
            prefetch(read, halt=halt) as rows,
            prefetch(map(writer.prepare, rows), halt=halt) as prepared,
        ):
            for batch in prepared:
                writer.write(batch)
                # Drop the reference, so that the batch can be freed while the next is awaited.
                del batch

    def _since(self) -> date | None:
        read_at = self.run.integration.applicants_read_at
        if self.full or read_at is None:
            return None
        return (read_at.astimezone(FLATCHR_ZONE) - OVERLAP).date()

    def _update_candidates(self) -> None:
        """Update candidates of which applications were deleted, and count all candidates."""
        if self.recorder.counts(Model.APPLICATIONS).deleted:
            self._delete_orphans(CANDIDATES)
            with recorded(self.store.integration_id):
                self.lease.renew()
                for stale in batches(outdated(self.store.integration_id), BATCH):
                    changes = refresh(
                        self.store.integration_id, stale, read={}, since=self.store.since
                    )
                    self.store.apply(CANDIDATES, changes)
                for candidates in batches(self._losing_tags(), BATCH):
                    tag_candidates(self.store, candidates)
                self.recorder.save(Model.CANDIDATES, Model.CANDIDATE_TAGS)
        counts = self.recorder.counts(Model.CANDIDATES)
        if self.full:
            live = Candidate.objects.live().filter(integration_id=self.store.integration_id)
            counts.seen = live.count()
        else:
            counts.seen = counts.created + counts.updated + counts.restored
        self.recorder.save(Model.CANDIDATES)

    def _losing_tags(self) -> set[str]:
        """The ids of candidates of which this run has deleted an application with tags."""
        lost = Application.objects.filter(
            integration_id=self.store.integration_id,
            remote_deleted_at__gte=self.run.started_at,
            trait_reading__isnull=False,
        )
        return set(lost.values_list("candidate_id", flat=True))

    def _candidate_tags(self) -> None:
        """Bring candidates' tags in step with the tags. Reading them is `sync/tags`."""
        tags = self.recorder.counts(Model.TAGS)
        if tags.created or tags.restored:
            self._put_on(self._arrived_tags())
        self.recorder.mark_complete(Model.CANDIDATE_TAGS)
        self._delete_orphans(CANDIDATE_TAGS)
        with transaction.atomic():
            self.lease.renew()
            counts = self.recorder.counts(Model.CANDIDATE_TAGS)
            counts.seen = seen_tags(self.store.integration_id, self.store.since)
            self.recorder.save(Model.CANDIDATE_TAGS)

    def _arrived_tags(self) -> set[str]:
        """The remote ids of tags that this run has stored or restored."""
        live = Tag.objects.live().filter(integration_id=self.store.integration_id)
        return set(
            live.filter(changed_at__gte=self.store.since).values_list("remote_id", flat=True)
        )

    def _put_on(self, tags: set[str]) -> None:
        """Give `tags` to the candidates of whose applications earlier readings show them."""
        for candidates in batches(shown_with(self.store.integration_id, tags), BATCH):
            with recorded(self.store.integration_id):
                self.lease.renew()
                tag_candidates(self.store, candidates)
                self.recorder.save(Model.CANDIDATE_TAGS)
