"""Finding out what Flatchr has: before sending, after it said yes, and when nobody knows.

Flatchr gives a new applicant's id to nobody; a search by e-mail does (`docs/flatchr-api.md §7`).
Ours is the one that was not there before, for this job, of the day on which it was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.flatchr.client import SEARCH, FlatchrClient
from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.mapping.source import usable_id
from integrations.flatchr.mapping.values import PARIS, Notes, day
from integrations.jobs import LeaseLost
from integrations.models import AttemptKind, AttemptOutcome, Submission, SubmissionState
from integrations.records import Model
from integrations.submissions import arrived_records, attempts, states
from integrations.submissions.attempts import Recorder
from integrations.submissions.lease import SUBMISSIONS, SubmissionLease, claim
from integrations.submissions.validation import clean
from integrations.tenants.clients import open_client

logger = logging.getLogger(__name__)

# When to look after the request went out, in seconds.
LOOKS = (0, 2, 5, 15, 30, 60, 120, 300)
# From then on, an applicant that a complete search does not show is not there.
SETTLE = timedelta(minutes=10)
# Searches that fail settle nothing: they go on at this pace, and end in words.
LATE = timedelta(minutes=5)
PATIENCE = timedelta(hours=24)

Row = tuple[dict[str, Any], str]

_SENT = (SubmissionState.SENDING, SubmissionState.UNCERTAIN, SubmissionState.SUCCEEDED)


@dataclass(slots=True)
class Looked:
    """Flatchr's applicants with one e-mail, each with its exact source text.

    `complete` is False when a part of the answer could not be read.
    """

    rows: list[Row] = field(default_factory=list)
    complete: bool = True

    @property
    def ids(self) -> list[str]:
        return [row["applicant"] for row, _ in self.rows]

    def of(self, vacancy_id: int | None) -> list[Row]:
        """Those for one job; its plain id may come as a text (`docs/flatchr-api.md §D.5`)."""
        return [row for row in self.rows if str(row[0].get("vacancy_id")) == str(vacancy_id)]


def look(client: FlatchrClient, address: str, **more: Any) -> Looked:
    """Search for the e-mail; raises `FlatchrError`. Of a partial match, only equals count."""
    looked = Looked()
    wanted = address.strip().casefold()
    for value, raw in client.stream("POST", SEARCH, json={"email": address, **more}):
        if not isinstance(value, dict) or usable_id(value.get("applicant")) is None:
            looked.complete = False
        elif str(value.get("email") or "").strip().casefold() == wanted:
            looked.rows.append((value, raw))
    return looked


def ends_before_sending(lease: SubmissionLease, looked: Looked, recorder: Recorder) -> bool:
    """Whether what Flatchr has makes sending needless; then the submission has ended.

    A request that was given up for lost may have arrived after all, and is then ours. Whatever
    else there is for this person and job needs somebody to say that they want one more.
    """
    submission = lease.submission
    if submission.sent_at is not None and (found := ours(submission, looked)):
        succeed(lease, found, recorder)
        return True
    there = looked.of(submission.job.vacancy_id if submission.job else None)
    if not there or submission.again:
        return False
    with transaction.atomic():
        states.fail(lease, states.ALREADY_APPLIED, states.APPLIED)
        _note(lease, recorder, AttemptOutcome.FOUND)
    arrived_records.link(submission, there[-1], among=there)
    return True


def conclude(
    lease: SubmissionLease, client: FlatchrClient, recorder: Recorder, address: str
) -> None:
    """Flatchr has accepted it: find the applicant, and end. What cannot be found yet is looked
    for again; that it has succeeded stands.
    """
    found, problem = None, ""
    try:
        found = ours(lease.submission, look(client, address))
    except FlatchrError as error:
        problem = error.message
    succeed(lease, found, recorder, problem)


def reconcile(submission_id: str) -> bool:
    """Look for a submission that may have arrived, or whose applicant is not known yet; whether
    it was due and nobody else's.

    Never sends anything. Safe to call for any submission at any time.
    """
    lease = claim(submission_id, _SENT)
    if lease is None:
        return False
    try:
        _reconcile(lease)
    except LeaseLost:
        logger.info("Submission %s was taken over", submission_id)
    except Exception:
        # The lease expires, and the sweep wakes a worker again.
        logger.exception("Looking for submission %s failed", submission_id)
    return True


def _reconcile(lease: SubmissionLease) -> None:
    submission = lease.submission
    recorder = Recorder(submission.integration_id, lease)
    if submission.state == SubmissionState.SENDING and not _was_accepted(submission):
        # Its worker has died with the request on its way.
        lease.write(
            state=SubmissionState.UNCERTAIN,
            error_kind="interrupted",
            error_message=states.LOOKING,
        )
    address = clean(submission).email_address
    try:
        with open_client(submission.integration, recorder) as client:
            if submission.state == SubmissionState.SENDING:
                conclude(lease, client, recorder, address)
                return
            found, settles = _find(submission, client, address)
    except FlatchrError as error:
        _look_again(lease, recorder, error)
        return
    if found is not None:
        succeed(lease, found, recorder)
    elif settles:
        with transaction.atomic():
            states.fail(lease, states.NOT_FOUND, states.NOBODY_FOUND)
            _note(lease, recorder, AttemptOutcome.NOT_FOUND)
    else:
        _look_again(lease, recorder)


def _was_accepted(submission: Submission) -> bool:
    attempt = submission.log.filter(kind=AttemptKind.SEND).last()
    return attempt is not None and attempt.outcome == AttemptOutcome.ACCEPTED


def _find(submission: Submission, client: FlatchrClient, address: str) -> tuple[Row | None, bool]:
    """Our applicant, or whether its absence means that there is none. Raises `FlatchrError`."""
    looked = look(client, address)
    found = ours(submission, looked)
    is_over = submission.settle_at is None or timezone.now() >= submission.settle_at
    settles = submission.state == SubmissionState.UNCERTAIN and is_over and looked.complete
    if found is None and settles:
        archived = _archived(client, address)
        return ours(submission, archived), archived.complete
    return found, settles


def ours(submission: Submission, looked: Looked) -> Row | None:
    """The applicant that our request made, if it is there."""
    known = {*submission.known_applicants, *_of_others(submission)}
    vacancy_id = submission.job.vacancy_id if submission.job else None
    new = [
        row
        for row in looked.of(vacancy_id)
        if row[0]["applicant"] not in known and _fits(row[0].get("created_at"), submission.sent_at)
    ]
    return new[0] if new else None


def succeed(
    lease: SubmissionLease, found: Row | None, recorder: Recorder, problem: str = ""
) -> None:
    """Flatchr has it: say so, with the records of it, as far as they are known. `problem` is why
    the search for them failed.
    """
    now = timezone.now()
    submission = lease.submission
    upcoming = None if found else _next_look(submission, now)
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
        _note(lease, recorder, AttemptOutcome.FOUND if found else seen, problem)
        if found is None:
            arrived_records.expect(submission)
        elif not arrived_records.link(submission, found):
            upcoming = _next_look(submission, now)
            Submission.objects.filter(pk=submission.pk).update(next_attempt_at=upcoming)
    if upcoming is not None:
        SUBMISSIONS.enqueue(submission.pk, after=(upcoming - now).total_seconds())


def _sent_as(submission: Submission) -> dict[str, Any]:
    """The source and the user as they were sent: until then the row says what was asked for."""
    attempt = submission.log.filter(kind=AttemptKind.SEND).last()
    body = attempt.request.get("body", {}) if attempt else {}
    offerer_id = body.get("offerer_id")
    return {
        "offerer_id": offerer_id,
        "user_key": body.get("user_id", ""),
        "source_written": offerer_id is not None,
    }


def _of_others(submission: Submission) -> Iterable[str]:
    """Applicants that other submissions of this person have made."""
    others = Submission.objects.filter(
        integration=submission.integration_id,
        person_key=submission.person_key,
        state=SubmissionState.SUCCEEDED,
        application__isnull=False,
    ).exclude(pk=submission.pk)
    return others.values_list("application__remote_id", flat=True)


def _fits(created_at: Any, sent_at: datetime | None) -> bool:
    """Whether an applicant's day is that of the request, or next to it; unknown days do."""
    created = day(created_at, "created_at", Notes(lambda _: None, Model.APPLICATIONS, ""))
    if created is None or sent_at is None:
        return True
    between = created.astimezone(PARIS).date() - sent_at.astimezone(PARIS).date()
    return abs(between) <= timedelta(days=1)


def _archived(client: FlatchrClient, address: str) -> Looked:
    """The person's archived applicants: somebody may have been quick. A Flatchr that refuses to
    tell is no obstacle (`docs/mapping.md`, Candidate and application).
    """
    try:
        return look(client, address, status=0)
    except FlatchrError as error:
        if error.kind is ErrorKind.REFUSED:
            return Looked()
        raise


def _next_look(submission: Submission, now: datetime) -> datetime | None:
    """The next moment of the schedule, null once it is over."""
    sent_at = submission.sent_at or now
    moments = (sent_at + timedelta(seconds=seconds) for seconds in LOOKS)
    return next((moment for moment in moments if moment > now), None)


def _look_again(
    lease: SubmissionLease, recorder: Recorder, error: FlatchrError | None = None
) -> None:
    """Not there, or not wholly told, or by `error` not told at all: the next look. What is
    uncertain has a last one, and after it as many as it takes to get an answer.
    """
    now = timezone.now()
    submission = lease.submission
    upcoming = _next_look(submission, now)
    if submission.state == SubmissionState.UNCERTAIN and upcoming is None:
        settle_at = submission.settle_at or now
        upcoming = settle_at if settle_at > now else now + LATE
    with transaction.atomic():
        _release(lease, upcoming, now)
        if error is None:
            _note(lease, recorder, AttemptOutcome.NOT_FOUND)
        else:
            _note(lease, recorder, AttemptOutcome.FAILED, error.message)


def _release(lease: SubmissionLease, upcoming: datetime | None, now: datetime) -> None:
    """Let go until the next look; past all patience, for good, and say what is left to do."""
    submission = lease.submission
    sent_at = submission.sent_at or datetime.min.replace(tzinfo=UTC)
    if submission.state == SubmissionState.UNCERTAIN and now - sent_at > PATIENCE:
        lease.release(
            next_attempt_at=None, error_kind=states.UNSETTLED, error_message=states.NO_END
        )
        return
    lease.release(next_attempt_at=upcoming)
    if upcoming is not None:
        SUBMISSIONS.enqueue(submission.pk, after=(upcoming - now).total_seconds())


def _note(
    lease: SubmissionLease, recorder: Recorder, found: AttemptOutcome, error: str = ""
) -> None:
    """Write the look-up down, if Flatchr was asked at all. Inside a transaction."""
    if recorder.search is not None:
        attempts.note_lookup(lease.submission, recorder.search, outcome=found, error=error)
    recorder.flush()
