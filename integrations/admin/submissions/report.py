"""What the page of a submission shows: the verdict in plain words, and all that was done for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.admin.base.badges import Tone
from integrations.admin.base.formatting import duration, relative
from integrations.admin.base.urls import change_url, record_url
from integrations.admin.submissions.payload import replacements, source_words
from integrations.messages import translated
from integrations.models import (
    AttemptKind,
    AttemptOutcome,
    Submission,
    SubmissionAttempt,
    SubmissionState,
)
from integrations.submissions import service

NAMELESS = _lazy("(no name yet)")
EMPTIED = _lazy("(data removed)")
MOST_ATTEMPTS = 100
# A worker is woken at once; a longer wait than this is mentioned.
UNCLAIMED = timedelta(seconds=20)
AUTH_KINDS = {"wrong_key", "expired_key", "wrong_company"}

ATTEMPTS = {
    AttemptKind.CHECK: _lazy("Checked with Flatchr"),
    AttemptKind.LOOKUP: _lazy("Looked the person up at Flatchr"),
    AttemptKind.SEND: _lazy("Sent to Flatchr"),
}
OUTCOMES = {
    AttemptOutcome.ACCEPTED: Tone.SUCCESS,
    AttemptOutcome.FOUND: Tone.SUCCESS,
    AttemptOutcome.NOT_FOUND: Tone.NEUTRAL,
    AttemptOutcome.NOT_SENT: Tone.DANGER,
    AttemptOutcome.REFUSED: Tone.DANGER,
    AttemptOutcome.FAILED: Tone.DANGER,
    AttemptOutcome.UNKNOWN: Tone.WARNING,
}


@dataclass(frozen=True, slots=True)
class DeliveryVerdict:
    """Whether Flatchr has the submission, as the head of its page says it."""

    tone: str
    icon: str
    title: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionStep:
    """One step in the timeline; those that are a request have `attempt`."""

    title: str | Promise
    at: datetime
    tone: str = Tone.NEUTRAL
    words: str = ""
    outcome: str = ""
    attempt: SubmissionAttempt | None = None
    request: str = ""
    key: str = ""


def name_of(submission: Submission) -> str:
    """The person as far as anything is known of them."""
    nobody = NAMELESS if submission.emptied_at is None else EMPTIED
    return submission.person or submission.email_address or str(nobody)


def verdict(submission: Submission, now: datetime) -> DeliveryVerdict:
    state = submission.state
    if state == SubmissionState.SUCCEEDED:
        return _succeeded(submission)
    if state == SubmissionState.FAILED:
        return _failed(submission)
    if is_stuck(submission):
        title = _("Not known, and Relais has stopped looking")
        return DeliveryVerdict(Tone.DANGER, "help", title, translated(submission.error_message))
    if state == SubmissionState.UNCERTAIN:
        return DeliveryVerdict(
            Tone.WARNING,
            "help",
            _("Not known yet: Relais is looking"),
            translated(submission.error_message) or _("The answer may have been lost on its way."),
        )
    if state == SubmissionState.SENDING:
        return DeliveryVerdict(
            Tone.INFO, "send", _("Being sent to Flatchr"), _("This takes a few seconds.")
        )
    if state == SubmissionState.QUEUED:
        return DeliveryVerdict(
            Tone.INFO, "schedule", _("Waiting to be sent"), _waiting(submission, now)
        )
    if state == SubmissionState.CHECKED:
        return DeliveryVerdict(
            Tone.INFO,
            "fact_check",
            _("Flatchr would accept it"),
            _("It has been checked and not submitted yet: Flatchr does not have it."),
        )
    return DeliveryVerdict(
        Tone.DANGER if submission.error_message else Tone.NEUTRAL,
        "edit_note",
        _("Not submitted yet"),
        translated(submission.error_message)
        or _("It is kept here as a draft. Flatchr does not have it."),
    )


def _succeeded(submission: Submission) -> DeliveryVerdict:
    words = _("The candidate and the application are in Relais, too.")
    if submission.application_id is None:
        words = _("Its record follows with the next sync.")
    return DeliveryVerdict(Tone.SUCCESS, "check_circle", _("Flatchr has it"), words)


def _failed(submission: Submission) -> DeliveryVerdict:
    if submission.error_kind == "cancelled":
        return DeliveryVerdict(
            Tone.NEUTRAL, "block", _("Cancelled"), _("Nothing was sent: Flatchr does not have it.")
        )
    if submission.error_kind == "already_applied":
        title = _("Not sent: this person has applied for this job already")
        return DeliveryVerdict(Tone.WARNING, "group", title, translated(submission.error_message))
    title = _("Flatchr does not have it: safe to retry")
    return DeliveryVerdict(Tone.DANGER, "error", title, translated(submission.error_message))


def _waiting(submission: Submission, now: datetime) -> str:
    due = submission.next_attempt_at
    if due is not None and due > now + timedelta(seconds=1) and submission.attempts:
        left = duration(round((due - now).total_seconds()))
        return _("Flatchr asked for a pause. It goes out in %(left)s.") % {"left": left}
    if submission.queued_at and now - submission.queued_at > UNCLAIMED:
        return _("No worker has taken it up yet. Check that the worker process is running.")
    return _("A worker takes it up at once. This page follows it.")


def is_stuck(submission: Submission) -> bool:
    """Whether Relais has stopped looking although the outcome is not known."""
    uncertain = submission.state == SubmissionState.UNCERTAIN
    return uncertain and submission.next_attempt_at is None


def moves(submission: Submission) -> bool:
    """Whether the page can still change by itself, so that its live part is fetched again."""
    return submission.is_live and not is_stuck(submission)


def next_look(submission: Submission, now: datetime) -> str:
    """When Relais looks again, for a submission whose outcome is not known."""
    due = submission.next_attempt_at
    if submission.state != SubmissionState.UNCERTAIN or due is None:
        return ""
    return relative(due, now) if due > now else _("in a moment")


def events(submission: Submission) -> list[SubmissionStep]:
    """All that has happened, oldest first."""
    made = SubmissionStep(_("Written"), submission.created_at, words=_author(submission))
    steps = [made]
    if submission.queued_at:
        by = str(submission.queued_by or "")
        steps.append(SubmissionStep(_("Submitted"), submission.queued_at, Tone.INFO, by))
    attempts = list(submission.log.order_by("-id")[:MOST_ATTEMPTS])
    steps += [_attempt_event(submission, attempt) for attempt in attempts]
    if submission.ended_at:
        end = verdict(submission, submission.ended_at)
        by = str(submission.cancelled_by or "")
        steps.append(SubmissionStep(end.title, submission.ended_at, end.tone, by, key="end"))
    # Equal times keep their order: a request that starts with its submission comes after it.
    return sorted(steps, key=lambda event: (event.key == "end", event.at))


def _author(submission: Submission) -> str:
    by = str(submission.created_by) if submission.created_by else "Relais"
    return f"{by} · {submission.get_channel_display()}"


def _attempt_event(submission: Submission, attempt: SubmissionAttempt) -> SubmissionStep:
    outcome = attempt.outcome
    words = translated(attempt.error)
    if not outcome:
        running = submission.state == SubmissionState.SENDING
        words = words or (
            _("Under way.") if running else _("Interrupted: its outcome is not known.")
        )
    return SubmissionStep(
        ATTEMPTS[AttemptKind(attempt.kind)],
        attempt.started_at,
        OUTCOMES[AttemptOutcome(outcome)] if outcome else Tone.INFO,
        words,
        str(attempt.get_outcome_display()) if outcome else "",
        attempt,
        _request_text(attempt.request),
        f"attempt-{attempt.pk}",
    )


def _request_text(request: dict[str, Any]) -> str:
    head = " ".join(str(request[part]) for part in ("method", "path") if request.get(part))
    body = request.get("body")
    if isinstance(body, (dict, list)):
        body = json.dumps(body, ensure_ascii=False, indent=2)
    return "\n".join(filter(None, (head, str(request.get("host") or ""), "", body or "")))


def live_context(submission: Submission) -> dict[str, Any]:
    """The moving part of the page, which is fetched once a second while the submission is live."""
    now = timezone.now()
    return {
        "submission": submission,
        "live": moves(submission),
        "stuck": is_stuck(submission),
        "verdict": verdict(submission, now),
        "next_look": next_look(submission, now),
        "settles_ahead": submission.settle_at is not None and submission.settle_at > now,
        "events": events(submission),
        "application": submission.application,
        "candidate": submission.candidate,
        "allowed": service.allowed_actions(submission),
    }


def report_context(submission: Submission) -> dict[str, Any]:
    """All that the page shows."""
    tenant = submission.integration
    wrong_key = submission.error_kind in AUTH_KINDS
    return {
        **live_context(submission),
        "tenant": tenant,
        "job": submission.job,
        "replacements": replacements(submission),
        "source_words": source_words(submission),
        "settings_url": record_url(tenant, "settings"),
        "fix_url": record_url(tenant, "credentials") if wrong_key else "",
        "tenant_url": change_url(tenant),
    }
