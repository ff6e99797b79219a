"""GET /submissions/{id}: what has become of a candidate that was created, for whoever was told that
it is not known yet (PLATFORM.TASK_TIMED_OUT).
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from integrations.api.actions.errors import succeeded
from integrations.api.bodies import moment, success
from integrations.api.caller import HEADER, caller
from integrations.api.errors import ApiError
from integrations.models import OPEN_SUBMISSIONS, Submission
from integrations.submissions.send_now import has_ended


def details(request: Any, submission_id: str) -> HttpResponse:
    """How far it is. No person's data is in it: the records have that. Raises `ApiError` 404."""
    submission = _find(request, submission_id)
    return success(
        {
            "id": submission.pk,
            "integration_id": submission.integration_id,
            "state": submission.state,
            "is_final": has_ended(submission),
            "job_id": submission.job_id,
            "application_id": submission.application_id,
            "candidate_id": submission.candidate_id,
            "created_at": moment(submission.created_at),
            "sent_at": moment(submission.sent_at),
            "ended_at": moment(submission.ended_at),
            "error": _error(submission),
            "warnings": [{"message": note["message"]} for note in submission.warnings],
        }
    )


def _find(request: Any, submission_id: str) -> Submission:
    """One of the key's tenants, and of the one that `X-Integration-Id` names, if it does."""
    found: Any = Submission.objects.exclude(state__in=OPEN_SUBMISSIONS).select_related("job")
    found = found.filter(integration__in=caller(request).tenants)
    if named := request.headers.get(HEADER, "").strip():
        found = found.filter(integration=named)
    submission: Submission | None = found.filter(pk=submission_id).first()
    if submission is None:
        raise ApiError(
            "PLATFORM.INPUT_INVALID",
            "There is no submission with this id, or the API key is not for its integration.",
            status=404,
        )
    return submission


def _error(submission: Submission) -> dict[str, Any] | None:
    """What the creation is answered with; null when it has succeeded, or is under way."""
    if not has_ended(submission):
        return None
    try:
        succeeded(submission, "job_id")
    except ApiError as error:
        return {"code": error.code, "title": error.title, "message": error.message}
    return None
