"""The phases of a sync: read Flatchr model by model, and write what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.reader import FlatchrReader
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    Job,
    SyncRun,
    SyncType,
    Tag,
)
from integrations.records import Model, Rejected, TagRecord
from integrations.sync.applicants import ApplicantWriter
from integrations.sync.bulk.batches import batches
from integrations.sync.bulk.dialects import Table, dialect
from integrations.sync.bulk.prefetch import ahead
from integrations.sync.bulk.store import Store, jobs_by_vacancy
from integrations.sync.bulk.tables import (
    APPLICATIONS,
    CANDIDATE_TAGS,
    CANDIDATES,
    JOB_STAGES,
    JOBS,
    STAGES,
    TAGS,
    Draft,
    draft,
    job_draft,
    stage_draft,
    tag_draft,
)
from integrations.sync.candidate_tags import read_traits, seen_tags, tag_candidates
from integrations.sync.candidates import outdated, refresh
from integrations.sync.deletions import delete_orphans, delete_unseen, release_seen
from integrations.sync.lease import RunLease
from integrations.sync.recorder import Journal
from integrations.sync.scope_filter import sifted
from integrations.sync.scope_purge import settle, withdraw
from integrations.tenants import clients
from integrations.tenants.custom_fields import mapped_fields
from integrations.tenants.scopes import excluded_models
from integrations.tenants.value_maps import value_maps_of

BATCH = 2800
# Flatchr's dates have a day's precision, and its day is not ours at all hours.
OVERLAP = timedelta(days=2)
FLATCHR_ZONE = ZoneInfo("Europe/Paris")

Record = TypeVar("Record")


class Sync:
    """One attempt at one run: the phases, in dependency order."""

    def __init__(
        self, run: SyncRun, lease: RunLease, journal: Journal, client: FlatchrClient
    ) -> None:
        self.run = run
        self.lease = lease
        self.journal = journal
        self.store = Store(run, lease, journal)
        self.settings = run.integration.flatchr_settings
        self.scopes = self.settings.scopes
        self.left_out = excluded_models(self.scopes)
        self.reader = FlatchrReader(
            sifted(client, self.scopes, run.integration_id),
            careers_url=clients.endpoints(run.integration.environment).careers_url,
            integration_id=run.integration_id,
            integration_fields=frozenset(self.settings.integration_fields),
            custom_fields=mapped_fields(run.integration_id),
            value_maps=value_maps_of(run.integration_id),
            known_jobs=jobs_by_vacancy(run.integration_id),
            report=journal.report,
        )
        self.failures: dict[Model, FlatchrError] = {}
        self.done: set[Model] = set()

    def perform(self) -> None:
        """Read and write every model. What fails for one model is kept in `failures`.

        Raises what ends the whole run: a refused key, or a Flatchr that cannot be reached.
        """
        self._phase(Model.JOBS, self._jobs)
        self._phase(Model.APPLICATION_STAGES, self._stages)
        self._phase(Model.JOB_STAGES, self._job_stages, Model.JOBS, Model.APPLICATION_STAGES)
        self._phase(Model.TAGS, self._tags)
        # An applicant names its job and its stage: without both lists it would lose them.
        self._phase(Model.APPLICATIONS, self._applicants, Model.JOBS, Model.APPLICATION_STAGES)
        self._phase(Model.CANDIDATE_TAGS, self._traits, Model.TAGS, Model.APPLICATIONS)
        if self.full and Model.APPLICATIONS in self.done:
            settle(self.store, self.scopes)

    @property
    def full(self) -> bool:
        return self.run.type == SyncType.FULL

    def _phase(self, model: Model, work: Callable[[], None], *needs: Model) -> None:
        if not self.done.issuperset(needs):
            return
        self.journal.enter(model)
        if model in self.left_out:
            work = partial(withdraw, self.store, model)
        try:
            work()
        except FlatchrError as error:
            if error.kind.is_auth or error.kind is ErrorKind.UNREACHABLE:
                raise
            self.failures[model] = error
            self.journal.mark_failed(model, kind=error.kind, message=error.message)
            return
        self.done.add(model)

    def _jobs(self) -> None:
        to_draft = partial(job_draft, dialect=dialect())
        self._whole(JOBS, self.reader.jobs(), to_draft)

    def _stages(self) -> None:
        self._whole(STAGES, self.reader.stages(), stage_draft)

    def _tags(self) -> None:
        parents: set[str] = set()

        def to_draft(record: TagRecord) -> Draft:
            parents.add(record.parent_id)
            return tag_draft(record)

        def discovered() -> list[str]:
            tags = Tag.objects.live().filter(
                integration_id=self.store.integration_id, discovered=True, parent_id__in=parents
            )
            return list(tags.values_list("remote_id", flat=True))

        self._whole(TAGS, self.reader.tags(), to_draft, also_there=discovered)

    def _whole(
        self,
        table: Table,
        records: Iterable[Record | Rejected],
        to_draft: Callable[[Record], Draft],
        also_there: Callable[[], list[str]] = list,
    ) -> None:
        """Read one small model whole, in batches, and delete what is no longer there."""
        self.store.begin_read(table)
        for batch in batches(records, BATCH):
            rejected = [item for item in batch if isinstance(item, Rejected)]
            # A record that comes twice has changed meanwhile: the later one counts.
            drafts = {
                item.remote_id: item
                for item in (to_draft(item) for item in batch if not isinstance(item, Rejected))
            }
            self._set_aside(table.model, rejected)
            self.store.write(table, list(drafts.values()))
        self._see(table, also_there())
        self._delete(table)

    def _see(self, table: Table, remote_ids: list[str]) -> None:
        """Count records as still there that Flatchr does not list by themselves."""
        with transaction.atomic():
            self.lease.renew()
            self.store.see(remote_ids)
            self.journal.counts(table.model).seen += len(remote_ids)
            self.journal.save(table.model)

    def _set_aside(self, model: Model, rejected: list[Rejected]) -> None:
        with transaction.atomic():
            self.lease.renew()
            self.journal.counts(model).seen += len(rejected)
            self.journal.quarantine(rejected)
            self.store.see([item.remote_id for item in rejected if item.remote_id])
            self.journal.save(model)

    def _delete(self, table: Table) -> None:
        """Delete what a complete read did not return; only a FULL sync may."""
        release_seen(self.store, table)
        if table.model in self.reader.incomplete:
            return
        self.journal.mark_complete(table.model)
        if self.full:
            delete_unseen(self.store, table)

    def _job_stages(self) -> None:
        """Every column of the company belongs to every job (`docs/mapping.md`, job stage)."""
        jobs = Job.objects.live().filter(integration_id=self.store.integration_id)
        stages = list(
            ApplicationStage.objects.live()
            .filter(integration_id=self.store.integration_id)
            .order_by("position", "remote_id")
            .values_list("id", "remote_id", "position")
        )
        pairs: Iterator[Draft] = (
            draft(f"{job_remote}:{stage_remote}", (job_id, stage_id, position))
            for job_id, job_remote in jobs.values_list("id", "remote_id").order_by("id")
            for stage_id, stage_remote, position in stages
        )
        for batch in batches(pairs, BATCH):
            self.store.write(JOB_STAGES, batch)
        self.journal.mark_complete(Model.JOB_STAGES)
        self._delete_orphans(JOB_STAGES)

    def _delete_orphans(self, table: Table) -> None:
        if not self.full:
            return
        with transaction.atomic():
            self.lease.renew()
            counts = self.journal.counts(table.model)
            counts.deleted += delete_orphans(self.store.integration_id, table)
            self.journal.save(table.model)

    def _applicants(self) -> None:
        self.store.begin_read(APPLICATIONS)
        writer = ApplicantWriter(self.store, self.reader)
        read = batches(self.reader.applicants(self._since()), BATCH)
        halt = self.journal.halt
        with (
            self.store.hastened(),
            ahead(read, halt=halt) as rows,
            ahead(map(writer.prepare, rows), halt=halt) as prepared,
        ):
            for batch in prepared:
                writer.write(batch)
                # Not to be held while the next one is awaited.
                del batch
        # In one transaction: else a run that ends in between leaves candidates behind that no
        # later run would look at.
        with transaction.atomic():
            self._delete(APPLICATIONS)
            self._settle_candidates()
        self.journal.applicants_read = True
        if Model.CANDIDATES not in self.reader.incomplete:
            self.journal.mark_complete(Model.CANDIDATES)

    def _since(self) -> date | None:
        read_at = self.run.integration.applicants_read_at
        if self.full or read_at is None:
            return None
        return (read_at.astimezone(FLATCHR_ZONE) - OVERLAP).date()

    def _settle_candidates(self) -> None:
        """Bring candidates in line with the applications that are left, and count them."""
        if self.journal.counts(Model.APPLICATIONS).deleted:
            self._delete_orphans(CANDIDATES)
            with transaction.atomic():
                self.lease.renew()
                for stale in batches(outdated(self.store.integration_id), BATCH):
                    changes = refresh(
                        self.store.integration_id, stale, read={}, since=self.store.since
                    )
                    self.store.apply(CANDIDATES, changes)
                for bereft in batches(self._bereft(), BATCH):
                    tag_candidates(self.store, bereft)
                self.journal.save(Model.CANDIDATES, Model.CANDIDATE_TAGS)
        counts = self.journal.counts(Model.CANDIDATES)
        if self.full:
            live = Candidate.objects.live().filter(integration_id=self.store.integration_id)
            counts.seen = live.count()
        else:
            counts.seen = counts.created + counts.updated + counts.restored
        self.journal.save(Model.CANDIDATES)

    def _bereft(self) -> set[str]:
        """Candidates that this run took a tagged application from."""
        lost = Application.objects.filter(
            integration_id=self.store.integration_id,
            remote_deleted_at__gte=self.run.started_at,
            trait_reading__isnull=False,
        )
        return set(lost.values_list("candidate_id", flat=True))

    def _traits(self) -> None:
        if self._has_tags():
            read_traits(self.store, self.reader, budget=self.settings.trait_budget)
        self.journal.mark_complete(Model.CANDIDATE_TAGS)
        self._delete_orphans(CANDIDATE_TAGS)
        with transaction.atomic():
            self.lease.renew()
            # Counted here, as a person's tags are read once for each of their applications, and
            # some of them perhaps in an attempt before this one.
            counts = self.journal.counts(Model.CANDIDATE_TAGS)
            counts.seen = seen_tags(self.store.integration_id, self.store.since)
            self.journal.save(Model.CANDIDATE_TAGS)

    def _has_tags(self) -> bool:
        return Tag.objects.live().filter(integration_id=self.store.integration_id).exists()
