"""Compares a run with the last good one of its type, and its warnings with the last good full
sync's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from integrations.admin.base.formatting import NOTHING, duration, number
from integrations.admin.base.urls import change_url
from integrations.admin.runs.findings import NAMES, title_of
from integrations.models import ModelResult, RunState, SyncRun, SyncType
from integrations.records import Model

FIGURES = {
    "seen": _lazy("Seen"),
    "created": _lazy("New"),
    "updated": pgettext_lazy("records", "Changed"),
    "deleted": _lazy("Gone"),
    "restored": _lazy("Restored"),
    "held": _lazy("Held"),
    "quarantined": _lazy("Set aside"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure in both runs, as shown."""

    name: str
    now: str
    before: str

    @property
    def differs(self) -> bool:
        return self.now != self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """`measures` compare the runs as a whole, `models` each model that either run has read, and
    `warnings` the kinds whose number differs from that in `full`, the last good full sync.
    """

    before: SyncRun
    url: str
    full: SyncRun
    full_url: str
    measures: list[Measure]
    models: list[tuple[str, list[Measure]]]
    warnings: list[Measure]

    @property
    def headings(self) -> list[str]:
        return [str(heading) for heading in FIGURES.values()]

    @property
    def same(self) -> bool:
        lines = [measure for _name, line in self.models for measure in line]
        return not self.warnings and not any(line.differs for line in lines)


def run_before(run: SyncRun, *, type: str = "") -> SyncRun | None:
    """The last run before that went well, of the same type: a delta reads less than a full sync.

    One that failed, or could not read everything, says nothing of what there was.
    """
    earlier = SyncRun.objects.filter(
        integration_id=run.integration_id, type=type or run.type, pk__lt=run.pk
    )
    good = [RunState.SUCCEEDED, RunState.PARTIALLY_FAILED]
    return earlier.filter(state__in=good, error_kind="").order_by("-pk").first()


def comparison(run: SyncRun) -> Comparison | None:
    """Compare a run with the one before; None for a first run, and for one that has not ended."""
    before = None if run.is_live else run_before(run)
    if before is None:
        return None
    # The warnings of every run count what is still wrong, so that a delta's can be compared, too.
    full = before
    if run.type != SyncType.FULL:
        full = run_before(run, type=SyncType.FULL) or before
    return Comparison(
        before=before,
        url=change_url(before),
        full=full,
        full_url=change_url(full),
        measures=_measures(run, before, full),
        models=_models(run, before),
        warnings=_warnings(run, full),
    )


def _measures(run: SyncRun, before: SyncRun, full: SyncRun) -> list[Measure]:
    return [
        Measure(_("Outcome"), str(run.get_state_display()), str(before.get_state_display())),
        Measure(_("Took"), _took(run), _took(before)),
        Measure(_("Requests to Flatchr"), number(run.requests), number(before.requests)),
        Measure(_("Warnings"), number(_warned(run)), number(_warned(full))),
    ]


def _took(run: SyncRun) -> str:
    if not run.started_at or not run.ended_at:
        return NOTHING
    return duration((run.ended_at - run.started_at).total_seconds())


def _warned(run: SyncRun) -> int:
    return run.warnings.aggregate(total=Sum("count"))["total"] or 0


def _models(run: SyncRun, before: SyncRun) -> list[tuple[str, list[Measure]]]:
    found: dict[tuple[int, str], Any] = {
        (result.run_id, result.model): result
        for result in ModelResult.objects.filter(run__in=[run, before])
    }
    lines = []
    for model in Model:
        now, was = found.get((run.pk, model)), found.get((before.pk, model))
        if now is not None or was is not None:
            lines.append((str(NAMES[model]), [_figure(name, now, was) for name in FIGURES]))
    return lines


def _figure(name: str, now: ModelResult | None, was: ModelResult | None) -> Measure:
    return Measure(str(FIGURES[name]), number(getattr(now, name, 0)), number(getattr(was, name, 0)))


def _warnings(run: SyncRun, before: SyncRun) -> list[Measure]:
    def counts(of: SyncRun) -> dict[tuple[str, str], int]:
        return {(row.model, row.code): row.count for row in of.warnings.all()}

    now, was = counts(run), counts(before)
    return [
        Measure(
            f"{NAMES[model]}: {title_of(code)}",
            number(now.get((model, code), 0)),
            number(was.get((model, code), 0)),
        )
        for model, code in sorted(now.keys() | was.keys())
        if now.get((model, code)) != was.get((model, code))
    ]
