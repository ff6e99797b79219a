"""Finding out what Flatchr has: before sending, after it accepted, and when its answer was lost.

Flatchr gives a new applicant's id to nobody; a search by e-mail does (`docs/flatchr-api.md §7`).
Ours is the one that was not there before, for this job, of the day on which it was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from integrations import jobs
from integrations.flatchr.applicant_lookup import ApplicantRow, FoundApplicants, applicants_by_email
from integrations.flatchr.client import FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.mapping.values import PARIS, Notes, day
from integrations.jobs import LeaseLost
from integrations.messages import Message
from integrations.models import AttemptKind, AttemptOutcome, Submission, SubmissionState
from integrations.records import Model
from integrations.submissions import arrived_records, attempts
from integrations.submissions.attempts import SubmissionRecorder
from integrations.submissions.lease import (
    ALREADY_APPLIED,
    LOOKING,
    NOT_FOUND,
    SUBMISSIONS,
    UNSETTLED,
    SubmissionLease,
    claim,
)
from integrations.submissions.validation import Cleaned, clean
from integrations.tenants.clients import open_client

logger = logging.getLogger(__name__)

# When to look after the request went out, in seconds.
LOOKUP_SECONDS = (0, 2, 5, 15, 30, 60, 120, 300)
# From then on, an applicant that a complete search does not show is not there.
SETTLE = timedelta(minutes=10)
# A search that fails decides nothing. It is repeated this often, until `GIVE_UP_AFTER`.
RETRY_EVERY = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(hours=24)

_MAY_HAVE_ARRIVED = (SubmissionState.SENDING, SubmissionState.UNCERTAIN, SubmissionState.SUCCEEDED)


def ended_by_found_applicant(
    lease: SubmissionLease, looked: FoundApplicants, cleaned: Cleaned, recorder: SubmissionRecorder
) -> bool:
    """Whether an applicant at Flatchr makes sending needless; then the submission has ended.

    A request that was taken for lost may have arrived after all: then it has succeeded. Any other
    applicant of this person for this job ends it unless the user asked for a second one (`again`).
    """
    submission = lease.submission
    if submission.sent_at is not None and (found := own_applicant(submission, looked)):
        succeed(lease, found, cleaned, recorder)
        return True
    there = looked.for_vacancy(submission.job.vacancy_id if submission.job else None)
    if not there or submission.again:
        return False
    with transaction.atomic():
        lease.fail(ALREADY_APPLIED, Message("submission_already_applied"))
        _record_lookup(lease, recorder, AttemptOutcome.FOUND)
    arrived_records.link(submission, there[-1], among=there)
    return True


def conclude(
    lease: SubmissionLease, client: FlatchrClient, cleaned: Cleaned, recorder: SubmissionRecorder
) -> None:
    """Flatchr has accepted it: find the applicant, and end. What cannot be found yet is looked
    for again; that it has succeeded stands.
    """
    found, problem = None, ""
    try:
        found = own_applicant(lease.submission, applicants_by_email(client, cleaned.email_address))
    except FlatchrError as error:
        problem = error.message
    succeed(lease, found, cleaned, recorder, problem)


def reconcile(submission_id: str) -> bool:
    """Look for a submission that may have arrived, or whose applicant is not known yet; whether
    it was due and nobody else's.

    Never sends anything. Safe to call for any submission at any time.
    """
    lease = claim(submission_id, _MAY_HAVE_ARRIVED)
    if lease is None:
        return False
    try:
        _reconcile(lease)
    except LeaseLost:
        logger.info("Submission %s was taken over", submission_id)
        return True
    except Exception:
        # The lease expires, and the sweep wakes a worker again.
        logger.exception("Looking for submission %s failed", submission_id)
    lease.report()
    return True


def _reconcile(lease: SubmissionLease) -> None:
    submission = lease.submission
    recorder = SubmissionRecorder(lease)
    if submission.state == SubmissionState.SENDING and not _was_accepted(submission):
        # Its worker has died with the request on its way.
        lease.write(
            state=SubmissionState.UNCERTAIN,
            error_kind="interrupted",
            error_message=LOOKING,
        )
    cleaned = clean(submission)
    try:
        with open_client(submission.integration, recorder) as client:
            if submission.state == SubmissionState.SENDING:
                conclude(lease, client, cleaned, recorder)
                return
            found, settles = _find(submission, client, cleaned.email_address)
    except FlatchrError as error:
        _schedule_next_lookup(lease, recorder, error)
        return
    if found is not None:
        succeed(lease, found, cleaned, recorder)
    elif settles:
        with transaction.atomic():
            lease.fail(NOT_FOUND, Message("submission_not_found"))
            _record_lookup(lease, recorder, AttemptOutcome.NOT_FOUND)
    else:
        _schedule_next_lookup(lease, recorder)


def _was_accepted(submission: Submission) -> bool:
    attempt = submission.log.filter(kind=AttemptKind.SEND).last()
    return attempt is not None and attempt.outcome == AttemptOutcome.ACCEPTED


def _find(
    submission: Submission, client: FlatchrClient, address: str
) -> tuple[ApplicantRow | None, bool]:
    """Our applicant, or whether its absence means that there is none. Raises `FlatchrError`."""
    looked = applicants_by_email(client, address)
    found = own_applicant(submission, looked)
    is_over = submission.settle_at is None or jobs.now() >= submission.settle_at
    settles = submission.state == SubmissionState.UNCERTAIN and is_over and looked.complete
    if found is None and settles:
        archived = _find_archived(client, address)
        return own_applicant(submission, archived), archived.complete
    return found, settles


def own_applicant(submission: Submission, looked: FoundApplicants) -> ApplicantRow | None:
    """The applicant that this submission's request made, or None: the first for its job that was
    not there before, belongs to no other submission, and is of the day on which it was sent.
    """
    known = {*submission.known_applicants, *_applicants_of_others(submission)}
    vacancy_id = submission.job.vacancy_id if submission.job else None
    new = [
        row
        for row in looked.for_vacancy(vacancy_id)
        if row[0]["applicant"] not in known
        and _is_of_that_day(row[0].get("created_at"), submission.sent_at)
    ]
    return new[0] if new else None


def succeed(
    lease: SubmissionLease,
    found: ApplicantRow | None,
    cleaned: Cleaned,
    recorder: SubmissionRecorder,
    problem: str = "",
) -> None:
    """Flatchr has it: say so, with the records of it, as far as they are known. `problem` is why
    the search for them failed.
    """
    now = jobs.now()
    submission = lease.submission
    upcoming = None if found else _next_lookup_at(submission, now)
    with transaction.atomic():
        lease.release(
            state=SubmissionState.SUCCEEDED,
            ended_at=submission.ended_at or now,
            next_attempt_at=upcoming,
            error_kind="",
            error_message="",
            error_detail="",
            **_sent_as(submission),
        )
        seen = AttemptOutcome.FAILED if problem else AttemptOutcome.NOT_FOUND
        _record_lookup(lease, recorder, AttemptOutcome.FOUND if found else seen, problem)
        if found is None:
            arrived_records.expect(submission, cleaned)
        elif not arrived_records.link(submission, found):
            upcoming = _next_lookup_at(submission, now)
            Submission.objects.filter(pk=submission.pk).update(next_attempt_at=upcoming)
    if upcoming is not None:
        SUBMISSIONS.enqueue(submission.pk, after=(upcoming - now).total_seconds())


def _sent_as(submission: Submission) -> dict[str, Any]:
    """The columns for source and user as they were sent; before that the row has the entry's."""
    attempt = submission.log.filter(kind=AttemptKind.SEND).last()
    body = attempt.request.get("body", {}) if attempt else {}
    offerer_id = body.get("offerer_id")
    return {
        "offerer_id": offerer_id,
        "user_key": body.get("user_id", ""),
        "source_written": offerer_id is not None or bool(body.get("source_id")),
    }


def _applicants_of_others(submission: Submission) -> Iterable[str]:
    """Applicants that other submissions of this person have made."""
    others = Submission.objects.filter(
        integration=submission.integration_id,
        person_key=submission.person_key,
        state=SubmissionState.SUCCEEDED,
        application__isnull=False,
    ).exclude(pk=submission.pk)
    return others.values_list("application__remote_id", flat=True)


def _is_of_that_day(created_at: Any, sent_at: datetime | None) -> bool:
    """Whether an applicant's day is that of the request, or next to it; unknown days do."""
    created = day(created_at, "created_at", Notes(lambda _: None, Model.APPLICATIONS, ""))
    if created is None or sent_at is None:
        return True
    between = created.astimezone(PARIS).date() - sent_at.astimezone(PARIS).date()
    return abs(between) <= timedelta(days=1)


def _find_archived(client: FlatchrClient, address: str) -> FoundApplicants:
    """The person's archived applicants, since a user may have archived it at once. That Flatchr
    refuses this search is no obstacle (`docs/mapping.md`, Candidate and application).
    """
    try:
        return applicants_by_email(client, address, archived=True)
    except FlatchrError as error:
        if error.kind is ErrorKind.REFUSED:
            return FoundApplicants()
        raise


def _next_lookup_at(submission: Submission, now: datetime) -> datetime | None:
    """The next moment of the schedule, null once it is over."""
    sent_at = submission.sent_at or now
    moments = (sent_at + timedelta(seconds=seconds) for seconds in LOOKUP_SECONDS)
    return next((moment for moment in moments if moment > now), None)


def _schedule_next_lookup(
    lease: SubmissionLease, recorder: SubmissionRecorder, error: FlatchrError | None = None
) -> None:
    """The applicant was not found, or the search failed with `error`: schedule the next search.

    Of an uncertain submission there is a last search at `settle_at`; one that fails or cannot be
    read completely is repeated until an answer comes.
    """
    now = jobs.now()
    submission = lease.submission
    upcoming = _next_lookup_at(submission, now)
    if submission.state == SubmissionState.UNCERTAIN and upcoming is None:
        settle_at = submission.settle_at or now
        upcoming = settle_at if settle_at > now else now + RETRY_EVERY
    with transaction.atomic():
        _release(lease, upcoming, now)
        if error is None:
            _record_lookup(lease, recorder, AttemptOutcome.NOT_FOUND)
        else:
            _record_lookup(lease, recorder, AttemptOutcome.FAILED, error.message)


def _release(lease: SubmissionLease, upcoming: datetime | None, now: datetime) -> None:
    """Release the lease until the next search; after `GIVE_UP_AFTER` for good, with an error."""
    submission = lease.submission
    sent_at = submission.sent_at or datetime.min.replace(tzinfo=UTC)
    if submission.state == SubmissionState.UNCERTAIN and now - sent_at > GIVE_UP_AFTER:
        lease.release(
            next_attempt_at=None,
            error_kind=UNSETTLED,
            error_message=Message("submission_unsettled"),
        )
        return
    lease.release(next_attempt_at=upcoming)
    if upcoming is not None:
        SUBMISSIONS.enqueue(submission.pk, after=(upcoming - now).total_seconds())


def _record_lookup(
    lease: SubmissionLease, recorder: SubmissionRecorder, found: AttemptOutcome, error: str = ""
) -> None:
    """Record the search, if a request was made at all. Inside a transaction."""
    if (search := recorder.last_search) is not None:
        attempts.note_lookup(lease.submission, search, outcome=found, error=error)
    recorder.flush()
