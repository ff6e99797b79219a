"""The mirrored models: their tables, and their names for applications."""

from __future__ import annotations

from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Job,
    JobStage,
    MirroredRecord,
    Tag,
)
from integrations.records import Model

RECORDS: dict[Model, type[MirroredRecord]] = {
    Model.JOBS: Job,
    Model.APPLICATION_STAGES: ApplicationStage,
    Model.JOB_STAGES: JobStage,
    Model.CANDIDATES: Candidate,
    Model.APPLICATIONS: Application,
    Model.TAGS: Tag,
    Model.CANDIDATE_TAGS: CandidateTag,
}
MODELS: dict[type[MirroredRecord], Model] = {record: model for model, record in RECORDS.items()}
# The names of `docs/unified-api.md §11`.
API_NAMES: dict[Model, str] = {
    Model.JOBS: "ats_jobs",
    Model.APPLICATION_STAGES: "ats_application_stages",
    Model.JOB_STAGES: "ats_join_jobs_application_stages",
    Model.CANDIDATES: "ats_candidates",
    Model.APPLICATIONS: "ats_applications",
    Model.TAGS: "ats_tags",
    Model.CANDIDATE_TAGS: "ats_join_candidates_tags",
}
