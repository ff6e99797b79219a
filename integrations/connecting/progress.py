"""The progress of a tenant's newest sync, for people who wait for the first one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy

from integrations.models import Integration, RunState, SyncRun
from integrations.records import Model
from integrations.tenants.scopes import excluded_models, scopes_of

# The models that mean something to a recruiter; the others are how these hang together.
SHOWN: dict[str, Promise] = {
    Model.JOBS: _lazy("Jobs"),
    Model.APPLICATION_STAGES: _lazy("Stages"),
    Model.CANDIDATES: _lazy("Candidates"),
    Model.APPLICATIONS: _lazy("Applications"),
    Model.TAGS: _lazy("Tags"),
}


class ProgressPhase(StrEnum):
    """The state of the sync as a page shows it."""

    NONE = "none"
    WAITING = "waiting"
    READING = "reading"
    DONE = "done"
    REFUSED = "refused"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """One kind of record: how many were read, and whether it is `waiting`, `current` or `done`."""

    label: Promise
    seen: int
    state: str


@dataclass(frozen=True, slots=True)
class Progress:
    phase: ProgressPhase
    lines: list[ProgressLine]
    run: SyncRun | None = None

    @property
    def is_live(self) -> bool:
        return self.phase in (ProgressPhase.WAITING, ProgressPhase.READING)


def progress_of(integration: Integration) -> Progress:
    """How the newest sync of a tenant is doing, in three queries."""
    run = SyncRun.objects.filter(integration=integration).order_by("-id").first()
    if run is None:
        return Progress(ProgressPhase.NONE, [])
    seen = {result.model: result for result in run.results.all()}
    left_out = excluded_models(scopes_of(integration.pk))
    lines = []
    for model, label in SHOWN.items():
        if model in left_out:
            continue
        result = seen.get(model)
        done = result is not None and (result.complete or run.state == RunState.SUCCEEDED)
        current = run.is_live and run.phase == model
        state = "current" if current else "done" if done else "waiting"
        lines.append(ProgressLine(label, result.seen if result is not None else 0, state))
    return Progress(_phase(run), lines, run)


def _phase(run: SyncRun) -> ProgressPhase:
    if run.state == RunState.QUEUED:
        return ProgressPhase.WAITING
    if run.state == RunState.RUNNING:
        return ProgressPhase.READING
    if run.state in (RunState.SUCCEEDED, RunState.PARTIALLY_FAILED):
        return ProgressPhase.DONE
    if run.state == RunState.AUTHENTICATION_FAILED:
        return ProgressPhase.REFUSED
    return ProgressPhase.TROUBLE
