"""Queueing a submission: at most one per person and job is under way, however often asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from integrations import jobs
from integrations.audit.trail import record
from integrations.messages import Message
from integrations.models import (
    LIVE_SUBMISSIONS,
    Application,
    Channel,
    Event,
    Submission,
    SubmissionState,
)
from integrations.models.querysets import RecordQuerySet
from integrations.submissions.inputs import AlreadyApplied, IllegalTransition, Problem
from integrations.submissions.lease import SUBMISSIONS
from integrations.submissions.validation import ENTRY_WARNINGS, Cleaned, Note
from integrations.sync.scope_filter import ScopeFilter
from integrations.tenants.scopes import scopes_of

NO_CV = Message("cv_required")
# How often another submission may end just while this one makes way for it.
_ROUNDS = 5


def queue(
    submission: Submission,
    cleaned: Cleaned,
    states: Sequence[str] | None,
    *,
    by: Any,
    again: bool,
) -> Submission:
    """Queue the row, which is in one of `states` or (None) not saved yet, and has no `problems`;
    the submission that is now under way, which is another one if that was there first.

    Raises `AlreadyApplied` and `IllegalTransition`, and then changes nothing.
    """
    fields = _fields(submission, cleaned, by=by, again=again)
    for left in reversed(range(_ROUNDS)):
        try:
            with transaction.atomic():
                _save_queued(submission, states, fields)
                # After the row is in, so that one that ends in the same moment is seen: either
                # its live row keeps ours out, or its success is there to be found.
                if not again:
                    _refuse_duplicates(submission)
                _record(submission, by)
                SUBMISSIONS.enqueue(submission.pk)
        except IntegrityError:
            if other := by_key(submission.integration_id, submission.idempotency_key):
                return other
            if other := live(submission):
                return other
            if not left:
                raise
        except _StateChanged:
            return _as_changed_meanwhile(submission)
        else:
            submission.refresh_from_db()
            return submission
    raise AssertionError("the last round returns or raises")


def problems(submission: Submission, cleaned: Cleaned) -> list[Problem]:
    """What stands between the row and its submission."""
    found = list(cleaned.problems)
    if not submission.document and not submission.document_url:
        found.append(Problem("attachments", "required", NO_CV))
    return found


def live(submission: Submission) -> Submission | None:
    """The submission of the same person for the same job that is under way."""
    return _others(submission).filter(state__in=LIVE_SUBMISSIONS).first()


def successes(submission: Submission) -> QuerySet[Submission]:
    """Submissions of the same person for the same job that succeeded, and whose application
    Flatchr has not deleted since. One that has not been read from Flatchr yet counts.
    """
    return _others(submission).filter(
        Q(application=None) | Q(application__remote_deleted_at=None),
        state=SubmissionState.SUCCEEDED,
    )


def _others(submission: Submission) -> QuerySet[Submission]:
    """Submissions of the same person for the same job."""
    return Submission.objects.filter(
        integration=submission.integration_id,
        job=submission.job_id,
        person_key=submission.person_key,
    ).exclude(pk=submission.pk)


def by_key(integration_id: str, key: str) -> Submission | None:
    """What the tenant has submitted under an idempotency key."""
    if not key:
        return None
    found: Submission | None = Submission.objects.filter(
        integration=integration_id, idempotency_key=key
    ).first()
    return found


def applications(integration_id: str, person_key: str) -> RecordQuerySet:
    """The person's applications that Flatchr has as far as we know, newest first."""
    kept_as = ScopeFilter(scopes_of(integration_id), integration_id).person_key(person_key)
    found: RecordQuerySet = Application.objects.filter(
        integration=integration_id, person_key=kept_as
    )
    newest = F("remote_created_at").desc(nulls_last=True)
    return found.live().select_related("job", "candidate").order_by(newest, "-pk")


def state_name(submission: Submission) -> Message:
    """The state as it stands within a sentence."""
    return Message(f"submission_state_{submission.state.lower()}")


def saved_user(user: Any) -> Any:
    """The user to name in a row; none for one who has not logged in."""
    return user if getattr(user, "pk", None) else None


def warnings(submission: Submission, cleaned: Cleaned) -> list[Note]:
    """The row's warnings brought up to date; those about its entry cannot be found out again."""
    kept = [note for note in submission.warnings if note["code"] in ENTRY_WARNINGS]
    return [*kept, *cleaned.warnings]


class _StateChanged(Exception):
    """Somebody else has changed the row's state in the same moment."""


def _save_queued(
    submission: Submission, states: Sequence[str] | None, fields: dict[str, Any]
) -> None:
    if states is None:
        for name, value in fields.items():
            setattr(submission, name, value)
        submission.save(force_insert=True)
        return
    row = Submission.objects.filter(pk=submission.pk, state__in=list(states))
    if not row.update(**fields):
        raise _StateChanged


def _record(submission: Submission, by: Any) -> None:
    """The rows of a bulk upload are in the audit trail as that."""
    if submission.channel != Channel.BULK:
        record(
            Event.SUBMITTED,
            tenant=submission.integration,
            about=submission,
            user=by,
            kind=submission.kind,
            through=submission.channel,
        )


def _as_changed_meanwhile(submission: Submission) -> Submission:
    """The row after a concurrent request has changed it; raises `IllegalTransition` unless it was
    submitted.
    """
    submission.refresh_from_db()
    if submission.is_live or submission.state == SubmissionState.SUCCEEDED:
        return submission
    raise IllegalTransition(Message("submission_changed", state=state_name(submission)))


def _fields(submission: Submission, cleaned: Cleaned, *, by: Any, again: bool) -> dict[str, Any]:
    now = jobs.now()
    return {
        "state": SubmissionState.QUEUED,
        "queued_at": now,
        "next_attempt_at": now,
        "ended_at": None,
        "attempts": 0,
        "again": again,
        "person_key": cleaned.person_key,
        "warnings": warnings(submission, cleaned),
        "replacements": cleaned.replacements,
        "source_written": cleaned.has_source,
        "created_by": submission.created_by or saved_user(by),
        "queued_by": saved_user(by),
        "cancelled_by": None,
        "lease_owner": "",
        "lease_expires_at": None,
        "error_kind": "",
        "error_message": "",
        "error_detail": "",
    }


def _refuse_duplicates(submission: Submission) -> None:
    """Raise `AlreadyApplied` if the person has applied for the job, as far as we know."""
    applied = applications(submission.integration_id, submission.person_key)
    known = applied.filter(job=submission.job_id).first()
    earlier = successes(submission).select_related("application").order_by("-ended_at").first()
    if known is not None or earlier is not None:
        raise AlreadyApplied(known or (earlier.application if earlier else None), earlier)
