"""Ways to submissions from elsewhere on the dashboard: buttons, counts, where a record is from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from integrations.admin.base.cards import Related, related
from integrations.admin.base.formatting import ago, link, list_url, submission_badge
from integrations.models import (
    LIVE_SUBMISSIONS,
    Application,
    Candidate,
    Submission,
    SubmissionKind,
    SubmissionState,
)

NEW = "admin:integrations_submission_add"
LATELY = timedelta(days=6)
# The value of the list's state filter for all that has not come to its end.
LIVE = "live"
# And for what somebody should look at.
ATTENTION = "attention"


def page_url(submission: Submission, page: str) -> str:
    return reverse(f"admin:integrations_submission_{page}", args=[submission.pk])


def new_url(kind: SubmissionKind, **given: str) -> str:
    """The address of an empty form; `given` may be `tenant`, `job` and `candidate`, by id."""
    return f"{reverse(NEW)}?{urlencode({'kind': kind.value, **given})}"


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    count: int
    url: str
    tone: str = ""


def submission_figures(tenant_ids: Iterable[str]) -> list[Figure]:
    """What is under way, and what has ended lately; nothing where there is neither."""
    ids = list(tenant_ids)
    mine = Submission.objects.filter(integration_id__in=ids).order_by()
    now = timezone.localtime()
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - LATELY
    live = _by_state(mine.filter(state__in=LIVE_SUBMISSIONS))
    ended = _by_state(mine.filter(created_at__gte=since).exclude(state__in=LIVE_SUBMISSIONS))
    if not live and not ended:
        return []

    def lately(label: str, state: SubmissionState, tone: str = "") -> Figure:
        url = list_url(Submission, state=state.value, when="7")
        return Figure(label, ended.get(state, 0), url, tone)

    uncertain = SubmissionState.UNCERTAIN
    return [
        Figure(_("In progress"), sum(live.values()), list_url(Submission, state=LIVE)),
        Figure(
            _("Not known yet"),
            live.get(uncertain, 0),
            list_url(Submission, state=uncertain.value),
            uncertain.color,
        ),
        lately(_("Drafts of the last 7 days"), SubmissionState.DRAFT),
        lately(
            _("Failed in the last 7 days"), SubmissionState.FAILED, SubmissionState.FAILED.color
        ),
        lately(_("Succeeded in the last 7 days"), SubmissionState.SUCCEEDED),
    ]


@dataclass(frozen=True, slots=True)
class Troubled:
    """Submissions of one tenant that need attention, and the list of them."""

    count: int
    url: str


def needing_attention() -> Q:
    """Not known to have arrived, or failed in the last seven days and not taken back by hand."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    failed = Q(state=SubmissionState.FAILED, created_at__gte=midnight - LATELY)
    return Q(state=SubmissionState.UNCERTAIN) | failed & ~Q(error_kind="cancelled")


def troubled_submissions(tenant_ids: Iterable[str]) -> dict[str, Troubled]:
    """The tenants with submissions that need attention, by id, in one query."""
    rows = (
        Submission.objects.filter(needing_attention(), integration_id__in=list(tenant_ids))
        .order_by()
        .values_list("integration_id")
        .annotate(n=Count("pk"))
    )
    return {
        pk: Troubled(count, list_url(Submission, tenant=pk, state=ATTENTION)) for pk, count in rows
    }


def _by_state(submissions: Any) -> dict[str, int]:
    return dict(submissions.values_list("state").annotate(n=Count("pk")))


def submitted_from_here(record: Application | Candidate) -> list[Related]:
    """The submissions that made this record; nothing for one that was not made here."""
    field = str(record._meta.model_name)
    made_it = Submission.objects.filter(**{field: record.pk}).order_by("-created_at", "-id")
    found = made_it.select_related("job", "created_by")
    block = related(
        _("Submitted from here"),
        (_("Submission"), _("Job"), _("State"), _("By"), _("When")),
        found.defer("job__remote_data", "job__description", "cover_letter"),
        lambda submission: (
            link(submission),
            link(submission.job),
            submission_badge(submission),
            str(submission.created_by or submission.get_channel_display()),
            ago(submission.created_at),
        ),
        empty="",
        all_url=list_url(Submission, **{field: record.pk}),
    )
    return [block] if block.rows else []
