"""The records that actions are about, within the caller's tenant."""

from __future__ import annotations

from typing import Any

from integrations.api.errors import invalid
from integrations.models import Application, ApplicationStage, Candidate, Integration
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
    found.integration = integration
    return found
