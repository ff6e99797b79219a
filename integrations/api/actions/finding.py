"""The records that actions are about, within the caller's tenant."""

from __future__ import annotations

from typing import Any

from integrations.api.errors import ApiError, invalid
from integrations.models import Application, ApplicationStage, Candidate, Integration
from integrations.records import PROVISIONAL
from integrations.submissions.validation import REMOTE


def application_of(integration: Integration, wanted: str) -> Application:
    """An application that Flatchr still has, with its job. Raises `ApiError`."""
    rows = Application.objects.select_related("job", "candidate")
    found: Application = _find(rows, integration, wanted, "application_id", "application")
    return found


def candidate_of(integration: Integration, wanted: str) -> Candidate:
    """A candidate that Flatchr still has. Raises `ApiError`."""
    found: Candidate = _find(
        Candidate.objects.all(), integration, wanted, "candidate_id", "candidate"
    )
    return found


def stage_of(integration: Integration, wanted: str) -> ApplicationStage:
    """A stage that Flatchr still has. Raises `ApiError`."""
    found: ApplicationStage = _find(
        ApplicationStage.objects.all(), integration, wanted, "stage_id", "stage"
    )
    return found


def is_expected(application: Application) -> bool:
    """Whether Flatchr has not told the application's own id yet."""
    return application.remote_id.startswith(PROVISIONAL)


def not_shown_yet() -> ApiError:
    """The error for an application that was submitted and that Flatchr's search does not show."""
    return ApiError(
        "REMOTE.SERVICE_UNAVAILABLE",
        "Flatchr does not show this application yet, so nothing can be done with it. "
        "Try again in a minute.",
    )


def _find(rows: Any, integration: Integration, wanted: str, field: str, model: str) -> Any:
    wanted = wanted.strip()
    key = {"pk": wanted}
    if wanted.startswith(REMOTE):
        key = {"remote_id": wanted.removeprefix(REMOTE)}
    found = rows.filter(integration=integration, **key).first() if "\0" not in wanted else None
    if found is None:
        raise invalid(f"{field}: This integration has no such {model}.")
    if found.remote_deleted_at is not None:
        raise invalid(f"{field}: Flatchr no longer has this {model}.")
    return found
