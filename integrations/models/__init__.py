from __future__ import annotations

from integrations.models.ats import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Job,
    JobStage,
    MirroredRecord,
    Tag,
    TraitReading,
)
from integrations.models.exports import Export
from integrations.models.integration import (
    Environment,
    FlatchrCredentials,
    FlatchrSettings,
    Integration,
    Membership,
)
from integrations.models.runs import (
    LIVE_STATES,
    HeldDeletion,
    HttpExchange,
    ModelResult,
    QuarantinedRecord,
    RequestBudget,
    RunState,
    SyncRun,
    SyncType,
    SyncWarning,
    Trigger,
)

__all__ = [
    "LIVE_STATES",
    "Application",
    "ApplicationStage",
    "Candidate",
    "CandidateTag",
    "Environment",
    "Export",
    "FlatchrCredentials",
    "FlatchrSettings",
    "HeldDeletion",
    "HttpExchange",
    "Integration",
    "Job",
    "JobStage",
    "Membership",
    "MirroredRecord",
    "ModelResult",
    "QuarantinedRecord",
    "RequestBudget",
    "RunState",
    "SyncRun",
    "SyncType",
    "SyncWarning",
    "Tag",
    "TraitReading",
    "Trigger",
]
