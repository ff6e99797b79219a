"""The tenant whose records a request reads, and its settings for what is shown of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from integrations.models import (
    Application,
    Candidate,
    FlatchrSettings,
    Integration,
    MirroredRecord,
    Submission,
    SubmissionState,
)
from integrations.models.scopes import Part

# The same condition as that of `ReadScope.records`, for a single row.
CREATED = """EXISTS (SELECT 1 FROM integrations_submission submission
  WHERE submission.application_id = {application}.id AND submission.state = 'SUCCEEDED')"""


@dataclass(frozen=True, slots=True)
class ReadScope:
    """One tenant and its switches: `remote_data` shows raw objects, `only_created` hides
    applications that were not created here, and candidates without one
    (`docs/unified-api.md §12.1`).
    """

    integration_id: str
    remote_data: bool = False
    only_created: bool = False

    def records(self, model: type[MirroredRecord]) -> QuerySet[Any]:
        """The tenant's records of `model` that its settings show, deleted ones included."""
        found: QuerySet[Any] = model.objects.filter(integration_id=self.integration_id).order_by()
        if self.only_created and model is Application:
            return found.filter(id__in=self._created().values("application_id"))
        if self.only_created and model is Candidate:
            return found.filter(id__in=self._created().values("application__candidate_id"))
        return found

    def _created(self) -> QuerySet[Any]:
        submissions: QuerySet[Any] = Submission.objects.filter(
            integration_id=self.integration_id,
            state=SubmissionState.SUCCEEDED,
            application_id__isnull=False,
        )
        return submissions.order_by()


def scope_of(integration: Integration) -> ReadScope:
    """The scope of a tenant, by its settings."""
    try:
        settings = integration.flatchr_settings
    except FlatchrSettings.DoesNotExist:
        return ReadScope(integration.pk)
    return ReadScope(
        integration.pk,
        remote_data=settings.api_remote_data and settings.scopes.reads(Part.RAW),
        only_created=settings.api_only_created,
    )
