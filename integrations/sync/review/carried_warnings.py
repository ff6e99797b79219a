"""Carried warnings: what earlier runs found of records that a run has not processed anew.

An applicant that has not changed is not mapped again, and tags are read of some applicants only. So
what a run itself finds says little of what is still wrong: its warnings also count those of the run
before about records that are still there and that it has not mapped (`SyncWarning.carried` of
them). What a record's own run is to find is never carried: a list that was read, or a request.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from integrations.models import (
    Application,
    ApplicationStage,
    Job,
    ModelResult,
    SyncRun,
    SyncWarning,
)
from integrations.records import Model
from integrations.tenants.scopes import excluded_models, scopes_of

EXAMPLES = 20
# So many findings of each kind of warning are followed from run to run.
MOST_FOLLOWED = 500
# Applicants that have not changed since the last attempt are not mapped again, so their warnings
# stay; whatever else is read again is mapped, and its warnings reported, in each attempt anew.
MAPPED_ONCE = (Model.APPLICATIONS, Model.CANDIDATES)
# Whose `remote_id` a finding has, and which of its rows tells that it was changed.
_TABLES: dict[Model, type[Any]] = {
    Model.JOBS: Job,
    Model.APPLICATION_STAGES: ApplicationStage,
    Model.CANDIDATES: Application,
    Model.APPLICATIONS: Application,
    Model.CANDIDATE_TAGS: Application,
}


class CarriedWarnings:
    """The warnings that one run takes over from the tenant's run before."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self._processed: set[str] = set()
        self._others = 0

    @cached_property
    def _earlier(self) -> list[SyncWarning]:
        """The warnings of the run before. Read when they matter: most runs find nothing changed."""
        before = SyncRun.objects.filter(
            integration_id=self.run.integration_id, pk__lt=self.run.pk, started_at__isnull=False
        )
        return list(SyncWarning.objects.filter(run=before.order_by("-pk").values("pk")[:1]))

    @cached_property
    def _followed(self) -> set[str]:
        mapped_once = [one for one in self._earlier if one.model in MAPPED_ONCE]
        return {remote_id for warning in mapped_once for remote_id in followed(warning)}

    def processed(self, remote_ids: Collection[str]) -> None:
        """Note applicants that were mapped anew: what is wrong with them, the run itself finds."""
        if remote_ids:
            known = self._followed.intersection(remote_ids)
            self._processed |= known
            self._others += len(remote_ids) - len(known)

    def write(self) -> None:
        """Add to the warnings of the run, which has ended. In a transaction.

        Of kinds with more findings than are followed, the rest is taken for repaired as far as the
        run has processed others: the number may be too small, and is never too large.
        """
        if not self._earlier or self.run.started_at is None:
            return
        results = ModelResult.objects.filter(run=self.run, complete=True)
        complete = set(results.values_list("model", flat=True))
        excluded = excluded_models(scopes_of(self.run.integration_id))
        own = {(Model(one.model), one.code): one for one in self.run.warnings.all()}
        for warning in self._earlier:
            model = Model(warning.model)
            again = model not in MAPPED_ONCE and model is not Model.CANDIDATE_TAGS
            if model not in excluded and not (again and model in complete):
                self._carry(warning, model, own.get((model, warning.code)))

    def _carry(self, warning: SyncWarning, model: Model, own: SyncWarning | None) -> None:
        ids = followed(warning)
        found = set(followed(own)) if own is not None else set()
        standing = self._standing(model, set(ids) - found)
        kept = [remote_id for remote_id in ids if remote_id in standing]
        others = self._others if model in MAPPED_ONCE else 0
        unfollowed = max(0, warning.count - len(ids) - others)
        if not ids or (own is not None and model not in MAPPED_ONCE):
            # About a request, and not a record; or nobody can say of which records.
            unfollowed = 0
        if not kept and not unfollowed:
            return
        row = own or SyncWarning(
            run=self.run, model=model, code=warning.code, examples=[], remote_ids=[]
        )
        row.carried = len(kept) + unfollowed
        row.count += row.carried
        row.remote_ids = [*row.remote_ids, *kept[:MOST_FOLLOWED]]
        named = [one for one in warning.examples if one.get("remote_id") in standing]
        row.examples = [*row.examples, *named][:EXAMPLES]
        row.save()

    def _standing(self, model: Model, remote_ids: set[str]) -> set[str]:
        """Those of the records that are there, and were not processed anew since the run began."""
        remote_ids = remote_ids - self._processed - {""}
        table = _TABLES.get(model)
        if table is None or not remote_ids:
            return remote_ids
        there = table.objects.live().filter(
            integration_id=self.run.integration_id, remote_id__in=list(remote_ids)
        )
        if model is not Model.CANDIDATE_TAGS:
            there = there.filter(changed_at__lt=self.run.started_at)
        return set(there.values_list("remote_id", flat=True))


def followed(warning: SyncWarning) -> Sequence[str]:
    """The records of a warning's findings, as far as they are known; one for each finding."""
    return list(warning.remote_ids) or [
        str(example.get("remote_id") or "") for example in warning.examples
    ]


def own_followed(warning: SyncWarning) -> int:
    """How many of the followed records are the run's own findings; they come first."""
    return min(warning.count - warning.carried, MOST_FOLLOWED, len(followed(warning)))


def replace_read(run: SyncRun, application_ids: Collection[str]) -> None:
    """Take carried warnings about tags off a run that has ended, as these applicants' tags have
    been read for it since, or tried to. In a transaction.
    """
    carried = list(SyncWarning.objects.filter(run=run, model=Model.CANDIDATE_TAGS, carried__gt=0))
    if not carried:
        return
    asked = Application.objects.filter(pk__in=list(application_ids))
    remote_ids = set(asked.values_list("remote_id", flat=True))
    for warning in carried:
        start = own_followed(warning)
        ids = list(followed(warning))
        left = [one for one in ids[start:] if one not in remote_ids]
        gone = len(ids) - start - len(left)
        unfollowed = warning.carried - (len(ids) - start)
        if not gone and unfollowed > 0:
            gone = min(unfollowed, len(remote_ids))
        if not gone:
            continue
        warning.count -= gone
        warning.carried -= gone
        warning.remote_ids = [*ids[:start], *left]
        warning.examples = [
            one for one in warning.examples if one.get("remote_id") in {*ids[:start], *left}
        ]
        if warning.count:
            warning.save(update_fields=["count", "carried", "remote_ids", "examples"])
        else:
            warning.delete()
