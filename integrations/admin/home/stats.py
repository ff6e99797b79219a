"""The figures of tenants: records as last counted (`tenants/stats.py`), submissions as of now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from integrations.admin.base.urls import ATTENTION_VALUE, LIVE_STATES_VALUE, list_url
from integrations.models import LIVE_SUBMISSIONS, Submission, SubmissionState, TenantFigures


@dataclass(frozen=True, slots=True)
class Figures:
    """None where nothing has been counted yet; `weeks` and `stages` as in `TenantFigures`."""

    open_jobs: int | None = None
    candidates: int | None = None
    applications: int | None = None
    in_progress: int | None = None
    hired: int | None = None
    declined: int | None = None
    full_seconds: float | None = None
    counted_at: datetime | None = None
    weeks: list[Any] = field(default_factory=list)
    stages: list[Any] = field(default_factory=list)


NAMES = tuple(one.name for one in fields(Figures))
SUMMED = ("open_jobs", "candidates", "applications", "in_progress", "hired", "declined")


def figures_for(ids: Sequence[str]) -> dict[str, Figures]:
    """The figures of each tenant, by id, in one query."""
    rows = TenantFigures.objects.filter(pk__in=ids).values("pk", *NAMES)
    found = {row.pop("pk"): Figures(**row) for row in rows}
    return {pk: found.get(pk, Figures()) for pk in ids}


def total(figures: Iterable[Figures]) -> Figures:
    """The numbers of several tenants together; `counted_at` is the oldest of their counts."""
    counted = [one for one in figures if one.counted_at is not None]
    if not counted:
        return Figures()
    return Figures(
        **{name: sum(getattr(one, name) for one in counted) for name in SUMMED},
        counted_at=min(one.counted_at for one in counted if one.counted_at),
    )


@dataclass(frozen=True, slots=True)
class SubmissionFigure:
    """A number of submissions, and the list of them."""

    label: str
    count: int
    url: str
    tone: str = ""


def submission_figures(submissions: Any) -> list[SubmissionFigure]:
    """What of these is in progress and what has ended in the last seven days; empty if there is
    neither.
    """
    mine = submissions.order_by()
    live = _by_state(mine.filter(state__in=LIVE_SUBMISSIONS))
    ended = _by_state(mine.since(6).exclude(state__in=LIVE_SUBMISSIONS))
    if not live and not ended:
        return []

    def lately(label: str, state: SubmissionState, tone: str = "") -> SubmissionFigure:
        url = list_url(Submission, state=state.value, when="7")
        return SubmissionFigure(label, ended.get(state, 0), url, tone)

    uncertain, failed = SubmissionState.UNCERTAIN, SubmissionState.FAILED
    return [
        SubmissionFigure(
            _("In progress"), sum(live.values()), list_url(Submission, state=LIVE_STATES_VALUE)
        ),
        SubmissionFigure(
            _("Not known yet"),
            live.get(uncertain, 0),
            list_url(Submission, state=uncertain.value),
            uncertain.color,
        ),
        lately(_("Drafts of the last 7 days"), SubmissionState.DRAFT),
        lately(_("Failed in the last 7 days"), failed, failed.color),
        lately(_("Succeeded in the last 7 days"), SubmissionState.SUCCEEDED),
    ]


def attention_figures(tenant_ids: Iterable[str]) -> dict[str, SubmissionFigure]:
    """The submissions that need attention, for each tenant that has some, in one query."""
    rows = (
        Submission.objects.filter(integration_id__in=list(tenant_ids))
        .needing_attention()
        .order_by()
        .values_list("integration_id")
        .annotate(n=Count("pk"))
    )
    return {
        pk: SubmissionFigure("", count, list_url(Submission, tenant=pk, state=ATTENTION_VALUE))
        for pk, count in rows
    }


def _by_state(submissions: Any) -> dict[str, int]:
    return dict(submissions.values_list("state").annotate(n=Count("pk")))
