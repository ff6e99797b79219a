"""Asking for a submission: draft, check, submit, retry, cancel.

The row, with its file, is committed before anything is sent, and a worker sends it. That a person
and a job have one live submission is a constraint of the database; everything else that keeps an
applicant from being created twice is in `send` and `reconcile`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations import jobs
from integrations.audit.trail import record
from integrations.flatchr.client import DRY_RUN
from integrations.flatchr.errors import FlatchrError
from integrations.flatchr.payloads import loggable_payload
from integrations.flatchr.write_result import WriteOutcome, WriteResult
from integrations.messages import Message
from integrations.models import (
    OPEN_SUBMISSIONS,
    Application,
    Channel,
    Event,
    Integration,
    Job,
    Submission,
    SubmissionState,
)
from integrations.submissions import attachments, attempts, enqueue
from integrations.submissions.inputs import (
    IllegalTransition,
    NotSent,
    Problem,
    Refused,
    SubmissionEntry,
    TooManyDrafts,
)
from integrations.submissions.lease import CANCELLED, LOOKING, SUBMISSIONS
from integrations.submissions.send import Ready, prepare
from integrations.submissions.validation import (
    Cleaned,
    clean,
    entry_problems,
    entry_warnings,
    fill,
    find_job,
)
from integrations.tenants import live_calls
from integrations.tenants.clients import open_client
from integrations.tenants.exchange_recorder import ExchangeRecorder

# What may be done in each state.
_ACTIONS: dict[str, tuple[str, ...]] = {
    SubmissionState.DRAFT: ("edit", "check", "submit"),
    SubmissionState.CHECKED: ("edit", "check", "submit"),
    SubmissionState.QUEUED: ("cancel",),
    SubmissionState.FAILED: ("edit", "retry"),
}


def save_draft(
    integration: Integration,
    entry: SubmissionEntry,
    *,
    user: Any,
    kind: str,
    channel: str = Channel.FORM,
    draft: Submission | None = None,
    strict: bool = False,
) -> Submission:
    """Keep what was typed and attached, whatever is wrong with it, as a new draft or in `draft`.

    An entry without attachments keeps the file that is there. An attachment that is refused, or
    with `strict` any problem at all, raises `Refused`, and nothing is changed. A draft that was
    checked, or a submission that has failed, becomes a draft again. Raises `IllegalTransition`
    when `draft` is past that, and `TooManyDrafts`.
    """
    if draft is None:
        _check_room(integration)
    if draft is not None and "edit" not in allowed_actions(draft):
        raise IllegalTransition(Message("submission_not_editable"))
    submission = draft or Submission(
        integration=integration, kind=kind, channel=channel, created_by=enqueue.saved_user(user)
    )
    chosen, cleaned, found = _write_down(submission, entry)
    if chosen.problems:
        raise Refused(chosen.problems)
    if strict and (found := _all_problems(submission, cleaned, chosen, found)):
        raise Refused(found)
    with transaction.atomic():
        if chosen.attachment is not None:
            attachments.put(submission, chosen.attachment, chosen.document)
        submission.state = SubmissionState.DRAFT
        submission.edited_at = timezone.now()
        submission.ended_at = submission.queued_at = None
        submission.again = False
        submission.error_kind = submission.error_message = submission.error_detail = ""
        _save(submission, draft)
    return submission


def draft_for_another_job(submission: Submission, *, user: Any) -> Submission:
    """A new draft with the person of a submission that has succeeded and the CV that was sent, if
    it is still kept; the job is to be chosen. Raises `IllegalTransition`, `TooManyDrafts`.
    """
    if submission.state != SubmissionState.SUCCEEDED or submission.emptied_at:
        raise IllegalTransition(Message("submission_not_repeatable"))
    entry = SubmissionEntry(
        job="",
        first_name=submission.first_name,
        last_name=submission.last_name,
        email_address=submission.email_address,
        phone_number=submission.phone_number,
        offerer_id=submission.offerer_id,
        user_key=submission.user_key,
        attachments=attachments.kept(submission),
    )
    kind = submission.kind
    try:
        return save_draft(submission.integration, entry, user=user, kind=kind)
    except Refused:
        # A CV that was good then is not any more: another one can be chosen.
        without = replace(entry, attachments=())
        return save_draft(submission.integration, without, user=user, kind=kind)


def _check_room(integration: Integration) -> None:
    """Raises `TooManyDrafts`. Some more of requests that come at once are no harm."""
    most = settings.SUBMISSION_MAX_DRAFTS
    drafts = Submission.objects.filter(integration=integration, state__in=OPEN_SUBMISSIONS)
    if drafts.order_by().count() >= most:
        raise TooManyDrafts(Message("too_many_drafts", most=most))


def remove_document(submission: Submission) -> None:
    """Take the file off a draft. Raises `IllegalTransition`."""
    if "edit" not in allowed_actions(submission):
        raise IllegalTransition(Message("submission_file_stays"))
    with transaction.atomic():
        attachments.discard(submission)
        submission.state = SubmissionState.DRAFT
        submission.save()


def problems(submission: Submission) -> list[Problem]:
    """What still stands between a draft and its submission; empty when it is ready."""
    return enqueue.problems(submission, clean(submission))


def duplicates(
    integration: Integration, *, email_address: str, job: Job | None = None
) -> list[Application]:
    """The applications with this e-mail that Flatchr has as far as we know, newest first; with
    `job`, those for it alone.
    """
    key = email_address.strip().lower()
    if not key:
        return []
    found = enqueue.applications(integration.pk, key)
    return list(found if job is None else found.filter(job=job))


def check(submission: Submission, *, by: Any) -> Submission:
    """Send the very payload to Flatchr's dry run, now; nothing is stored there.

    The submission is CHECKED, or DRAFT with `error_message` saying what Flatchr said. Raises
    `Refused` for what Relais finds wrong itself, and `IllegalTransition`.
    """
    if "check" not in allowed_actions(submission):
        raise IllegalTransition(Message("submission_not_checkable"))
    cleaned = clean(submission)
    if found := enqueue.problems(submission, cleaned):
        raise Refused(found)
    recorder = ExchangeRecorder(submission.integration_id)
    try:
        if submission.document_url and not submission.document:
            Submission.objects.filter(pk=submission.pk).update(**attachments.fetch(submission))
            submission.refresh_from_db()
            # The draft may have been edited during the fetch.
            cleaned = clean(submission)
        ready = prepare(submission, cleaned)
        with live_calls.live_call(), open_client(submission.integration, recorder) as client:
            receipt = client.create_candidate(ready.payload, ready.resume, dry_run=True)
            host = client.careers_host
    except NotSent as reason:
        raise Refused([Problem("attachments", reason.kind, reason.message)]) from reason
    except FlatchrError as error:
        raise Refused([Problem("", error.kind.value, error.message)]) from error
    with transaction.atomic():
        held = Submission.objects.filter(pk=submission.pk, state__in=OPEN_SUBMISSIONS)
        if not held.update(**_checked(submission, ready, receipt, by)):
            raise IllegalTransition(Message("submission_submitted_meanwhile"))
        body = loggable_payload(ready.payload, ready.resume)
        attempts.note_check(submission, host, DRY_RUN, body, receipt)
        recorder.flush()
    submission.refresh_from_db()
    return submission


def submit(submission: Submission, *, by: Any, again: bool = False) -> Submission:
    """Queue a draft and wake a worker on commit; the submission that is now under way.

    Idempotent: one that is under way or has succeeded is returned as it is, and while another
    for the same person and job is live, that one is returned and the draft stays. Raises
    `Refused` with every problem, `AlreadyApplied` unless `again`, and `IllegalTransition` for one
    that has failed: that is retried.
    """
    submission.refresh_from_db()
    if submission.is_live or submission.state == SubmissionState.SUCCEEDED:
        return submission
    if submission.state == SubmissionState.FAILED:
        raise IllegalTransition(Message("submission_failed_retry_instead"))
    return _queue_saved(submission, OPEN_SUBMISSIONS, by=by, again=again)


def submit_entry(
    integration: Integration,
    entry: SubmissionEntry,
    *,
    user: Any,
    kind: str,
    channel: str,
    idempotency_key: str = "",
    again: bool = False,
) -> Submission:
    """A new submission, queued at once: for the API and for bulk.

    With an `idempotency_key` that the tenant has used before, what was submitted with it then is
    returned, whatever has become of it. Otherwise as `submit`.
    """
    if idempotency_key and (earlier := enqueue.by_key(integration.pk, idempotency_key)):
        return earlier
    submission = Submission(
        integration=integration,
        kind=kind,
        channel=channel,
        created_by=enqueue.saved_user(user),
        idempotency_key=idempotency_key,
    )
    chosen, cleaned, found = _write_down(submission, entry)
    if found := _all_problems(submission, cleaned, chosen, [*found, *chosen.problems]):
        raise Refused(found)
    if live := enqueue.live(submission):
        return live
    if chosen.attachment is not None:
        attachments.put(submission, chosen.attachment, chosen.document)
    queued = None
    try:
        queued = enqueue.queue(submission, cleaned, None, by=user, again=again)
    finally:
        if queued is not submission:
            attachments.drop(submission)
    return queued


def retry(submission: Submission, *, by: Any, again: bool = False) -> Submission:
    """Queue a submission that has failed once more; what is under way is returned as it is.

    One that stayed uncertain is looked for once more, and not sent. Raises as `submit` does.
    """
    submission.refresh_from_db()
    if submission.state == SubmissionState.UNCERTAIN and submission.next_attempt_at is None:
        Submission.objects.filter(
            pk=submission.pk, state=SubmissionState.UNCERTAIN, next_attempt_at=None
        ).update(next_attempt_at=jobs.now(), error_message=LOOKING)
        SUBMISSIONS.enqueue(submission.pk)
        submission.refresh_from_db()
        return submission
    if submission.is_live:
        return submission
    if submission.state != SubmissionState.FAILED or submission.emptied_at is not None:
        raise IllegalTransition(Message("submission_not_retryable"))
    again = again or submission.again
    return _queue_saved(submission, [SubmissionState.FAILED], by=by, again=again)


def cancel(submission: Submission, *, by: Any) -> Submission:
    """Take a submission off the queue before it is sent. Raises `IllegalTransition`."""
    with transaction.atomic():
        cancelled = Submission.objects.filter(
            pk=submission.pk, state=SubmissionState.QUEUED
        ).update(
            state=SubmissionState.FAILED,
            cancelled_by=enqueue.saved_user(by),
            ended_at=timezone.now(),
            next_attempt_at=None,
            lease_owner="",
            lease_expires_at=None,
            error_kind=CANCELLED,
            error_message=Message("submission_cancelled"),
            error_detail="",
        )
        if cancelled:
            record(
                Event.SUBMISSION_CANCELLED,
                tenant=submission.integration,
                about=submission,
                user=by,
            )
    submission.refresh_from_db()
    if not cancelled:
        raise IllegalTransition(
            Message("submission_not_cancellable", state=enqueue.state_name(submission))
        )
    return submission


def delete(submission: Submission, *, by: Any) -> None:
    """Delete a draft, or a submission that has ended, with its CV and the log of its requests.

    What Flatchr has of it stays there. Raises `IllegalTransition` while it is under way.
    """
    with transaction.atomic():
        row = Submission.objects.select_for_update().filter(pk=submission.pk).first()
        if row is None:
            return
        if row.is_live:
            raise IllegalTransition(Message("submission_not_deletable"))
        attachments.discard(row)
        record(
            Event.SUBMISSION_DELETED,
            tenant=row.integration,
            about=row,
            user=by,
            state=row.state,
        )
        row.delete()


def allowed_actions(submission: Submission) -> set[str]:
    """What may be done with it now, of edit, check, submit, retry and cancel."""
    if submission.emptied_at is not None:
        return set()
    if submission.state == SubmissionState.UNCERTAIN and submission.next_attempt_at is None:
        return {"retry"}
    return set(_ACTIONS.get(submission.state, ()))


def _queue_saved(
    submission: Submission, states: Sequence[str], *, by: Any, again: bool
) -> Submission:
    cleaned = clean(submission)
    if found := enqueue.problems(submission, cleaned):
        raise Refused(found)
    return enqueue.queue(submission, cleaned, states, by=by, again=again)


def _write_down(
    submission: Submission, entry: SubmissionEntry
) -> tuple[attachments.ChosenAttachment, Cleaned, list[Problem]]:
    """Put the entry into the unsaved row, but for its file; the file, what would be sent, and the
    problems that the row cannot show.
    """
    chosen = attachments.choose(entry.attachments)
    job, found = find_job(submission.integration, entry.job)
    cleaned = fill(submission, entry, job)
    # The file is kept, and with it what was said of those that came along with it.
    kept = [note for note in submission.warnings if note["code"] == "attachment_not_sent"]
    if entry.attachments:
        kept = []
    submission.warnings = [*kept, *chosen.warnings, *entry_warnings(entry), *cleaned.warnings]
    submission.replacements = cleaned.replacements
    return chosen, cleaned, [*found, *entry_problems(entry)]


def _all_problems(
    submission: Submission,
    cleaned: Cleaned,
    chosen: attachments.ChosenAttachment,
    found: list[Problem],
) -> list[Problem]:
    """`found`, and what the row shows of fields that nothing was found about."""
    fields = {problem.field for problem in found}
    if chosen.attachment is not None:
        fields.add("attachments")
    shown_by_row = enqueue.problems(submission, cleaned)
    return [*found, *(one for one in shown_by_row if one.field not in fields)]


def _checked(submission: Submission, ready: Ready, receipt: WriteResult, by: Any) -> dict[str, Any]:
    """The columns of a submission after its dry run."""
    accepted = receipt.outcome is WriteOutcome.ACCEPTED
    error = receipt.error
    return {
        "state": SubmissionState.CHECKED if accepted else SubmissionState.DRAFT,
        "error_kind": error.kind.value if error else "",
        "error_message": Message("check_failed", reason=receipt.explanation) if error else "",
        "error_detail": error.detail[:2000] if error else "",
        "warnings": enqueue.warnings(submission, ready.cleaned),
        "replacements": ready.cleaned.replacements,
        "source_written": ready.cleaned.has_source,
        "created_by": submission.created_by or enqueue.saved_user(by),
    }


def _save(submission: Submission, draft: Submission | None) -> None:
    """Insert a new draft; update one that is still what it was, or raise `IllegalTransition`."""
    if draft is None:
        submission.save(force_insert=True)
        return
    editable = [*OPEN_SUBMISSIONS, SubmissionState.FAILED]
    locked = Submission.objects.select_for_update().filter(pk=submission.pk, state__in=editable)
    if locked.first() is None:
        raise IllegalTransition(Message("submission_not_editable_meanwhile"))
    submission.save()
