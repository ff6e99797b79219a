"""Creating candidates and applications: through the submission service, and in one answer.

`Idempotency-Key`: what is repeated or not is the submission, and not the request. The same key with
the same body leads to the same submission, so whoever asks again while it is under way waits for it
as well, and is answered with its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import orjson
from django.http import HttpResponse

from integrations.actions import first_stage as first_stage_action
from integrations.actions.inputs import Actor
from integrations.api.actions.errors import already_applied, may_pass, succeeded
from integrations.api.actions.inputs import (
    ApplicationInput,
    CandidateWithApplication,
    WritingInput,
    first_stage,
)
from integrations.api.actions.submission_input import entry_of, refusal
from integrations.api.bodies import body_of, raw_body, success
from integrations.api.caller import HEADER, caller, tenant
from integrations.api.errors import ApiError, invalid
from integrations.api.idempotency import given_key
from integrations.api.reads.applications import APPLICATIONS
from integrations.api.reads.candidates import CANDIDATES
from integrations.api.reads.scope import scope_of
from integrations.models import (
    ActionChannel,
    Channel,
    Integration,
    StoredAnswer,
    Submission,
    SubmissionKind,
    SubmissionState,
)
from integrations.records import PROVISIONAL
from integrations.submissions import service
from integrations.submissions.inputs import (
    AlreadyApplied,
    IllegalTransition,
    Refused,
    SubmissionEntry,
)
from integrations.submissions.send_now import send_and_wait

# How long a request waits for its submission to end: the official clients wait for 300 seconds,
# proxies in front of them often for 60 or 100.
WAIT = 55.0
# The route under which the keys of all creations are stored.
ROUTE = "POST a creation"
# What a listed application has and a created one does not (`docs/unified-api.md §8.1`).
_LISTED_ONLY = ("interviews", "offers")


def create_application(request: Any, job_id: str) -> HttpResponse:
    """POST /ats/jobs/{job_id}/applications (`docs/unified-api.md §8.1`)."""
    body = body_of(request, ApplicationInput)
    integration = tenant(request, for_action=True)
    asked = Asked(body, job_id, body.stage_id, "stage_id", SubmissionKind.APPLICATION)
    submission = _create(request, integration, asked)
    return _answer(submission, _application_row(integration, submission))


def create_candidate(request: Any) -> HttpResponse:
    """POST /ats/candidates (`docs/unified-api.md §8.2`)."""
    body = body_of(request, CandidateWithApplication)
    integration = tenant(request, for_action=True)
    wanted = body.application
    asked = Asked(
        body, wanted.job_id, wanted.stage_id, "application.stage_id", SubmissionKind.CANDIDATE
    )
    submission = _create(request, integration, asked)
    return _answer(submission, _candidate_row(integration, submission))


def _answer(submission: Submission, row: bytes) -> HttpResponse:
    warnings = [note["message"] for note in submission.warnings]
    return success(orjson.Fragment(row), warnings=warnings)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a creation asks for, and what its body calls the stage."""

    body: WritingInput
    job_id: str
    stage_id: str | None
    stage_field: str
    kind: str


def _create(request: Any, integration: Integration, asked: Asked) -> Submission:
    """The submission of the request once it has succeeded. Raises `ApiError`."""
    job_field = "job_id" if asked.kind == SubmissionKind.APPLICATION else "application.job_id"
    key = _submission_key(request)
    entry = entry_of(asked.body, orjson.loads(raw_body(request)), asked.job_id, integration)
    stage_id = first_stage(integration, asked.stage_id)
    if asked.stage_id and not stage_id:
        entry = replace(entry, unsupported=(*entry.unsupported, asked.stage_field))
    entry = replace(entry, stage_id=stage_id)
    try:
        submission = _submit(integration, entry, kind=asked.kind, key=key)
    except Refused as refused:
        raise refusal(refused.problems, job_field) from None
    except AlreadyApplied as applied:
        raise already_applied(applied.application) from None
    except IllegalTransition as error:
        raise ApiError("PLATFORM.UNKNOWN_ERROR", str(error), status=409) from None
    done = succeeded(send_and_wait(submission, seconds=WAIT), job_field)
    by = Actor(key=caller(request).key, channel=ActionChannel.API)
    return first_stage_action.follow(done, by=by)


def _submit(integration: Integration, entry: SubmissionEntry, *, kind: str, key: str) -> Submission:
    """The submission that is under way, or has ended, for the entry."""
    submission = service.submit_entry(
        integration,
        entry,
        user=None,
        kind=kind,
        channel=Channel.API,
        idempotency_key=key,
    )
    if submission.state == SubmissionState.FAILED and may_pass(submission):
        # The key guards against a second applicant; there is not even a first.
        try:
            return service.retry(submission, by=None)
        except IllegalTransition:
            # Somebody else with this key was faster.
            submission.refresh_from_db()
    return submission


def _submission_key(request: Any) -> str:
    """The submission's own key for the request's `Idempotency-Key`; blank without one.

    Raises `ApiError` PLATFORM.INPUT_INVALID when the key came with another request before.
    """
    given = given_key(request)
    if not given:
        return ""
    key = caller(request).key
    integration_id = request.headers.get(HEADER, "").strip()
    asked = _digest(integration_id, request.path_info.removeprefix("/v1"), raw_body(request))
    row, _ = StoredAnswer.objects.get_or_create(
        key=key, route=ROUTE, idempotency_key=given, defaults={"request_hash": asked}
    )
    if row.request_hash != asked:
        raise invalid("This Idempotency-Key came with another request before. Use a new one.")
    # Two API keys of one tenant may well use the same key; and one that comes again when its row
    # here is long gone, with another body, must not be answered with the old submission.
    return f"api:{key.pk}:{_digest(given)}:{asked}"


def _digest(*parts: str | bytes) -> str:
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return sha256(b"\0".join(encoded)).hexdigest()


def _candidate_row(integration: Integration, submission: Submission) -> bytes:
    """The whole candidate (§5.2)."""
    wanted = str(submission.candidate_id)
    row: bytes = CANDIDATES.rendered(scope_of(integration), [wanted])[wanted]
    return row


def _application_row(integration: Integration, submission: Submission) -> bytes:
    """The whole application with its whole candidate, who comes without applications (§8.1)."""
    application_id, candidate_id = str(submission.application_id), str(submission.candidate_id)
    scope = scope_of(integration)
    row = orjson.loads(APPLICATIONS.rendered(scope, [application_id])[application_id])
    person = orjson.loads(CANDIDATES.rendered(scope, [candidate_id])[candidate_id])
    for name in _LISTED_ONLY:
        row.pop(name, None)
    person.pop("applications", None)
    row["candidate"] = person
    if str(row["remote_id"] or "").startswith(PROVISIONAL):
        row["remote_id"] = None
    return orjson.dumps(row)
