"""One record of each kind that has pages of its own, and of each state that pages follow."""

from __future__ import annotations

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from integrations.audit import trail
from integrations.connecting import links
from integrations.messages import Message
from integrations.models import (
    Action,
    ActionGroup,
    ActionKind,
    ActionState,
    ApiKey,
    BulkRow,
    BulkState,
    BulkUpload,
    ConnectionLink,
    CustomField,
    Event,
    EventAddress,
    EventOutcome,
    Export,
    ExportSchedule,
    ExportState,
    FailedCall,
    IncomingEvent,
    Integration,
    Issue,
    IssueKind,
    LinkKind,
    ModelResult,
    PreparedCall,
    RunState,
    ScopeConfig,
    Severity,
    Submission,
    SubmissionState,
    SyncRun,
    ValueDecision,
    WebhookAttempt,
)
from integrations.models.bulk import Verdict
from integrations.models.mapping_decisions import ValueKind
from integrations.records import Model
from integrations.webhooks import replay
from integrations.webhooks.endpoints import create_endpoint
from integrations.webhooks.incoming import addresses, ledger
from tests.admin.conftest import Data


@pytest.fixture
def everything(data: Data, troubled_run: SyncRun, admin: User) -> Data:
    """Beside what `data` and `troubled_run` have."""
    tenant = data.tenant
    Submission.objects.create(
        integration=tenant,
        job=data.jobs[0],
        first_name="Nadia",
        last_name="Perrot",
        email_address="nadia.perrot@mail.example",
        state=SubmissionState.FAILED,
        error_message="Flatchr did not accept the e-mail address.",
    )
    group = ActionGroup.objects.create(integration=tenant, kind=ActionKind.REJECT, user=admin)
    Action.objects.create(
        integration=tenant,
        kind=ActionKind.REJECT,
        group=group,
        application=data.applications[0],
        state=ActionState.NOT_DONE,
    )
    upload = BulkUpload.objects.create(
        integration=tenant, created_by=admin, state=BulkState.READY, sheet_name="July.csv", total=1
    )
    BulkRow.objects.create(
        upload=upload,
        number=2,
        values={"first_name": "Nadia"},
        verdict=Verdict.ERROR,
        findings=[{"level": "error", "field": "job", "message": "There is no such job."}],
    )
    ExportSchedule.objects.create(user=admin, integration=tenant)
    asked = {"host": "api", "method": "PUT", "path": "/company/x", "params": {}, "headers": {}}
    PreparedCall.objects.create(
        user=admin, integration=tenant, asked={**asked, "data": '{"a": 1}', "fields": []}
    )
    key = ApiKey.objects.create(name="Careers page", prefix="relais_abc", key_hash="x" * 64)
    FailedCall.objects.create(
        id="1" * 24,
        integration=data.tenant,
        api_key=key,
        method="GET",
        route="ats/jobs",
        status=400,
        code="PLATFORM.INPUT_INVALID",
    )
    CustomField.objects.create(key="source", label="Source")
    ScopeConfig.objects.create(id="B1hu5NGyhdjSq5X3hxEz4bAN", name="Atlas")
    ValueDecision.objects.create(
        integration=tenant, kind=ValueKind.CONTRACT, value="CDD", key="cdd", unified="TEMPORARY"
    )
    _events(tenant)
    Issue.objects.create(
        integration=tenant,
        kind=IssueKind.SUBMISSIONS_FAILING,
        severity=Severity.WARNING,
        text=Message("issue_submissions_failing", count=1),
        count=1,
        records=[{"model": "submissions", "id": Submission.objects.values_list("pk")[0][0]}],
        first_seen_at=timezone.now(),
        last_seen_at=timezone.now(),
    )
    links.link_for(tenant, LinkKind.SETUP, lasts=links.FROM_DASHBOARD, user=admin)
    endpoint, _ = create_endpoint(url="https://receiver.example/hook", integrations=[tenant])
    delivery = replay.send_test(endpoint, "data-changed")
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=1,
        started_at=timezone.now(),
        duration=0.2,
        error="timeout",
        request_headers={"webhook-id": delivery.event_id},
    )
    trail.record(Event.TENANT_ENABLED, tenant=tenant, user=admin)
    return data


def _events(tenant: Integration) -> None:
    """An address for events, with one of each outcome and one that waits."""
    now = timezone.now()
    addresses.make(tenant)
    addresses.rotate(tenant, at_once=False)
    EventAddress.objects.update(
        last_event_at=now, last_change_at=now, old_used_at=now, refused_at=now
    )
    for number, outcome in enumerate(["", *EventOutcome.values]):
        IncomingEvent.objects.create(
            integration=tenant,
            kind=("new_applicant", "drag_applicant", "new_vacancy")[number % 3],
            received_at=now,
            last_received_at=now,
            times=1 + number % 3,
            due_at=None if outcome else now,
            outcome=outcome,
        )
        if outcome:
            ledger.count(tenant.pk, "new_applicant", EventOutcome(outcome), now, times=1200)


def under_way(data: Data) -> list[str]:
    """The pages of one of each thing that is being done just now, and follows itself."""
    tenant, now = data.tenant, timezone.now()
    submission = Submission.objects.create(
        integration=tenant, job=data.jobs[0], first_name="Nadia", state=SubmissionState.SENDING
    )
    upload = BulkUpload.objects.create(
        integration=tenant, state=BulkState.SENDING, sheet_name="August.csv", total=3
    )
    export = Export.objects.create(
        integration=tenant, state=ExportState.RUNNING, expected=900, written=300
    )
    run = SyncRun.objects.create(
        integration=tenant, state=RunState.RUNNING, started_at=now, phase=Model.CANDIDATES
    )
    ModelResult.objects.create(run=run, model=Model.JOBS, seen=40, complete=True)
    return [
        reverse(f"admin:integrations_{one._meta.model_name}_change", args=[quote(one.pk)])
        for one in (submission, upload, export, run)
    ]


def connected(tenant: Integration, *, language: str = "") -> str:
    """The last page of a link through which `tenant` was connected a moment ago."""
    token = links.new_link(
        organization=tenant.organization,
        environment=tenant.environment,
        language=language,
        lasts=links.EMBEDDED,
    )
    ConnectionLink.objects.filter(integration=None).update(
        used_at=timezone.now(), integration=tenant
    )
    return reverse("link_done", args=[token])
