"""Mirrored records without a sync: enough of everything to fill the dashboard's pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from integrations.exports import working
from integrations.ids import random_id, unified_id
from integrations.models import (
    Application,
    ApplicationStage,
    Candidate,
    CandidateTag,
    Export,
    HeldDeletion,
    HttpExchange,
    Integration,
    Job,
    JobStage,
    ModelResult,
    PassthroughCall,
    QuarantinedRecord,
    RunState,
    SyncRun,
    SyncWarning,
    Tag,
)
from integrations.records import Model
from integrations.tenants import stats

DESCRIPTION = (
    "<h3>Profile</h3><p onclick='x()'>Oak <strong>joiner</strong></p>"
    "<script>alert(1)</script><img src=x onerror=alert(2)>"
    "<a href='javascript:alert(3)'>one</a> <a href='https://nord.example/'>two</a>"
)


@dataclass
class Data:
    """What `fill` made for one tenant."""

    tenant: Integration
    jobs: list[Job]
    stages: list[ApplicationStage]
    tags: list[Tag]
    candidates: list[Candidate]
    applications: list[Application]
    runs: list[SyncRun]
    exports: list[Export]
    calls: list[PassthroughCall]


Fill = Callable[[Integration, int], Data]


@pytest.fixture
def fill(db: None) -> Fill:
    """Gives a tenant `count` of each kind of record."""
    return _fill


def _fill(tenant: Integration, count: int = 3) -> Data:
    now = timezone.now()
    mark = tenant.organization

    def common(kind: str, number: int) -> dict[str, object]:
        remote_id = f"{kind}{number}"
        return {
            "id": unified_id(tenant.pk, remote_id),
            "integration": tenant,
            "remote_id": remote_id,
            "changed_at": now - timedelta(minutes=number),
        }

    each = range(count)
    jobs = Job.objects.bulk_create(
        Job(
            **common("job", n),
            name=f"{mark} job {n}",
            status="OPEN",
            description=DESCRIPTION,
            location={"city": "Lille", "country": "FR", "raw": None},
            remote_data={"title": f"{mark} job {n}"},
        )
        for n in each
    )
    stages = ApplicationStage.objects.bulk_create(
        ApplicationStage(**common("stage", n), name=f"{mark} stage {n}", position=n) for n in each
    )
    JobStage.objects.bulk_create(
        JobStage(**common("js", n), job=jobs[n], stage=stages[n], index=0) for n in each
    )
    tags = Tag.objects.bulk_create(Tag(**common("tag", n), name=f"{mark} tag {n}") for n in each)
    candidates = Candidate.objects.bulk_create(
        Candidate(
            **common("app", n),
            fingerprint=f"{mark} {n}".encode(),
            first_name="Nadia",
            last_name=f"{mark} {n}",
            email_addresses=[{"email_address": f"nadia.{n}@mail.example", "type": None}],
            phone_numbers=[{"phone_number": "+33612345678", "type": None}],
        )
        for n in each
    )
    applications = Application.objects.bulk_create(
        Application(
            **common("app", n),
            job=jobs[n],
            candidate=candidates[n],
            current_stage=stages[n],
            outcome="PENDING",
            fingerprint=f"{mark} {n}".encode(),
            remote_data={"applicant": f"app{n}", "firstname": "Nadia"},
        )
        for n in each
    )
    CandidateTag.objects.bulk_create(
        CandidateTag(**{**common("ct", n), "id": random_id()}, candidate=candidates[n], tag=tags[n])
        for n in each
    )
    runs = _runs(tenant, count)
    exports = Export.objects.bulk_create(Export(integration=tenant, rows=3) for _ in each)
    calls = PassthroughCall.objects.bulk_create(
        PassthroughCall(
            integration=tenant, method="GET", host="api", path=f"/{mark}/{n}", status=200
        )
        for n in each
    )
    # As the worker does once a run has ended.
    stats.count(tenant.pk)
    return Data(tenant, jobs, stages, tags, candidates, applications, runs, exports, calls)


def _runs(tenant: Integration, count: int) -> list[SyncRun]:
    """`count` runs, each of which has seen as many of each kind."""
    now = timezone.now()
    runs = SyncRun.objects.bulk_create(
        SyncRun(
            integration=tenant,
            state=RunState.SUCCEEDED,
            started_at=now - timedelta(seconds=30),
            ended_at=now,
            requests=4,
        )
        for _ in range(count)
    )
    ModelResult.objects.bulk_create(
        ModelResult(run=run, model=model, seen=count, unchanged=count, complete=True)
        for run in runs
        for model in Model
    )
    return runs


@pytest.fixture
def data(tenant: Integration, fill: Fill) -> Data:
    """Alice's and bob's tenant with three of everything."""
    return fill(tenant, 3)


@pytest.fixture
def other_data(other_tenant: Integration, fill: Fill) -> Data:
    """Charlie's tenant with three of everything."""
    return fill(other_tenant, 3)


@pytest.fixture
def troubled_run(data: Data) -> SyncRun:
    """A run with everything that can be amiss."""
    run = data.runs[-1]
    run.state = RunState.PARTIALLY_FAILED
    run.save()
    SyncWarning.objects.create(
        run=run,
        model=Model.JOBS,
        code="unknown_contract",
        count=7,
        examples=[
            {"remote_id": "job1", "field": "f", "value": "v", "message": "An odd contract."},
            {"remote_id": "gone", "field": "f", "value": "v", "message": "Another <b>one</b>."},
        ],
    )
    QuarantinedRecord.objects.create(
        run=run, model=Model.APPLICATIONS, remote_id="x", reason="No id.", raw='{"a": "<i>"}'
    )
    HeldDeletion.objects.create(run=run, model=Model.JOBS, record_id=data.jobs[0].pk)
    run.results.filter(model=Model.JOBS).update(held=1)
    HttpExchange.objects.create(
        key=random_id(),
        integration=run.integration,
        run=run,
        started_at=timezone.now(),
        method="GET",
        host="api.flatchr.example",
        path="/company/x/columns",
        status=429,
        attempt=2,
        duration=0.5,
        response_body="<html>slow down</html>",
    )
    return run


@pytest.fixture
def export_folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports are written to a folder of the test."""
    settings.DATA_DIR = tmp_path
    # From another connection, which does not see this test's transaction.
    monkeypatch.setattr(working, "HEARTBEAT_SECONDS", 600)
