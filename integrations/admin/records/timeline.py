"""The events of a candidate that Relais knows of, newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from integrations.admin.actions.acting import shown_actions
from integrations.admin.base.urls import change_url
from integrations.admin.records.changes import FieldChange, changes_of, describe
from integrations.models import (
    NEWEST_FIRST,
    Action,
    Application,
    Candidate,
    RecordChange,
    Submission,
    SubmissionState,
)
from integrations.records import Model

MOST = 30
# Of each kind, at most so many of the newest are read.
LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event; `by_day`: only its day is known."""

    at: dt.datetime
    icon: str
    text: str
    url: str = ""
    by_day: bool = False
    fields: list[FieldChange] = field(default_factory=list)


def timeline(candidate: Candidate) -> list[TimelineEvent]:
    """The newest `MOST` events of a candidate."""
    applications = list(
        candidate.applications.select_related("job")
        .defer("remote_data", "job__remote_data", "job__description")
        .order_by(*NEWEST_FIRST)[:LOOKED_AT]
    )
    events = [
        *_applied(applications),
        *_moved(candidate, applications),
        *_changed(candidate),
        *_submitted(candidate),
        *_acted(candidate, applications),
    ]
    events.sort(key=lambda event: event.at, reverse=True)
    return events[:MOST]


def _applied(applications: Iterable[Application]) -> Iterator[TimelineEvent]:
    for application in applications:
        job = str(application.job) if application.job else _("a job that is not known")
        url = change_url(application)
        if application.remote_created_at:
            text = _("Applied for %(job)s") % {"job": job}
            yield TimelineEvent(application.remote_created_at, "assignment", text, url, by_day=True)
        if application.remote_deleted_at:
            text = _("The application for %(job)s is no longer in Flatchr") % {"job": job}
            yield TimelineEvent(application.remote_deleted_at, "delete", text, url)


def _moved(candidate: Candidate, applications: list[Application]) -> Iterator[TimelineEvent]:
    by_id = {application.pk: application for application in applications}
    found = RecordChange.objects.filter(
        model=Model.APPLICATIONS,
        record_id__in=list(by_id),
        integration=candidate.integration_id,
    )
    for change in describe(Application, list(found.order_by("-id")[:LOOKED_AT])):
        application = by_id[change.record_id]
        text = _("Change in the application for %(job)s") % {"job": application.job or "–"}
        yield TimelineEvent(
            change.at, "swap_horiz", text, change_url(application), fields=change.fields
        )


def _changed(candidate: Candidate) -> Iterator[TimelineEvent]:
    for change in changes_of(candidate).rows:
        yield TimelineEvent(change.at, "edit", _("Change of the candidate"), fields=change.fields)
    if candidate.remote_deleted_at:
        yield TimelineEvent(candidate.remote_deleted_at, "delete", _("No longer in Flatchr"))


def _submitted(candidate: Candidate) -> Iterator[TimelineEvent]:
    submissions: Any = Submission.objects.filter(
        candidate=candidate, integration=candidate.integration_id
    )
    for one in (
        submissions.select_related("job")
        .defer("cover_letter", "answers", "job__remote_data", "job__description")
        .order_by("-created_at")[:LOOKED_AT]
    ):
        text = _("Submission for %(job)s: %(state)s") % {
            "job": one.job or "–",
            "state": SubmissionState(one.state).label,
        }
        yield TimelineEvent(
            one.ended_at or one.sent_at or one.created_at, "send", text, change_url(one)
        )


def _acted(candidate: Candidate, applications: list[Application]) -> Iterator[TimelineEvent]:
    """What was done from here, to the candidate or to one of the applications."""
    by_id = {application.pk: application for application in applications}
    actions = Action.objects.filter(
        Q(application__in=list(by_id)) | Q(candidate=candidate.pk),
        integration=candidate.integration_id,
    )
    rows = list(actions.select_related("user").order_by("-created_at")[:LOOKED_AT])
    for shown in shown_actions(rows, may_act=False):
        one = shown.action
        yield TimelineEvent(
            one.ended_at or one.created_at,
            "bolt",
            _("%(action)s: %(state)s") % {"action": shown.words, "state": shown.label},
            change_url(by_id[one.application_id]) if one.application_id in by_id else "",
        )
