"""Mirrored records made one by one, for tests in which single values matter."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from integrations.ids import unified_id
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Integration,
    Job,
    JobStage,
    Submission,
    SubmissionState,
    Tag,
)

OLD = datetime(2026, 1, 1, 9, tzinfo=UTC)
SINCE = datetime(2026, 6, 1, 9, tzinfo=UTC)
NEW = datetime(2026, 7, 1, 9, tzinfo=UTC)

_numbers = count(1)


class Maker:
    """Makes records of one tenant. Fields are the model's; the rest is filled in."""

    def __init__(self, tenant: Integration) -> None:
        self.tenant = tenant

    def _make(self, model: Any, **fields: Any) -> Any:
        # Remote ids look like Flatchr's, and come in no order that ids would follow.
        remote_id = fields.pop("remote_id", f"r{next(_numbers)}")
        values = {
            "id": unified_id(self.tenant.pk, f"{model.__name__}:{remote_id}"),
            "integration": self.tenant,
            "remote_id": remote_id,
            "changed_at": OLD,
            **fields,
        }
        return model.objects.create(**values)

    def job(self, **fields: Any) -> Job:
        found: Job = self._make(Job, **{"name": "Menuisier", "status": "OPEN", **fields})
        return found

    def stage(self, **fields: Any) -> ApplicationStage:
        found: ApplicationStage = self._make(ApplicationStage, **{"name": "Entretien", **fields})
        return found

    def job_stage(self, job: Job, stage: ApplicationStage, **fields: Any) -> JobStage:
        values = {"job": job, "stage": stage, "index": 0, **fields}
        found: JobStage = self._make(JobStage, **values)
        return found

    def candidate(self, email: str | None = None, **fields: Any) -> Candidate:
        addresses = [{"email_address": email, "type": None}] if email else []
        values = {"first_name": "Nadia", "last_name": "Perrot", "email_addresses": addresses}
        found: Candidate = self._make(Candidate, **{**values, **fields})
        return found

    def application(self, candidate: Candidate | None = None, **fields: Any) -> Application:
        """With `candidate`, the application carries its e-mail, as a sync would have it."""
        candidate = candidate or self.candidate()
        addresses = candidate.email_addresses
        key = addresses[0]["email_address"].lower() if addresses else ""
        values = {"candidate": candidate, "outcome": "PENDING", "person_key": key, **fields}
        found: Application = self._make(Application, **values)
        return found

    def tag(self, **fields: Any) -> Tag:
        found: Tag = self._make(Tag, **{"name": "Langue: anglais", **fields})
        return found

    def candidate_tag(self, candidate: Candidate, tag: Tag, **fields: Any) -> CandidateTag:
        found: CandidateTag = self._make(CandidateTag, candidate=candidate, tag=tag, **fields)
        return found

    def submitted(self, application: Application, **fields: Any) -> Submission:
        """As if the application had been sent to Flatchr from here."""
        values = {"state": SubmissionState.SUCCEEDED, "application": application, **fields}
        return Submission.objects.create(integration=self.tenant, job=application.job, **values)
