"""What is told of syncs, changes and states: which events, when, in which order, and none twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombo import models as sdk

from integrations import jobs
from integrations.actions import at_once
from integrations.actions.inputs import Actor
from integrations.api.reads.rendering import render
from integrations.connecting import lifecycle
from integrations.connecting.attempts import EnteredAccount, use_link
from integrations.connecting.connect import ConnectionRefused
from integrations.connecting.links import find, new_link
from integrations.models import (
    Application,
    ApplicationStage,
    DeliveryState,
    Integration,
    Job,
    SyncRun,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookProgress,
)
from integrations.sandbox import Sandbox
from integrations.sync import engine
from integrations.sync.runs import request_sync
from integrations.webhooks import catalogue, endpoints, outbox, retention, samples, telling
from integrations.webhooks.delivery import deliver_due
from tests.support.receiver import Receiver, Reply

pytestmark = pytest.mark.django_db(transaction=True)

MODELS: dict[str, Any] = {
    catalogue.DATA_CHANGED: sdk.DataChangedWebhookPayload,
    catalogue.SYNC_FINISHED: sdk.SyncFinishedWebhookPayload,
    catalogue.INTEGRATION_CREATED: sdk.IntegrationCreatedWebhookPayload,
    catalogue.INTEGRATION_DELETED: sdk.IntegrationDeletedWebhookPayload,
    catalogue.INTEGRATION_STATE_CHANGED: sdk.IntegrationStateChangedWebhookPayload,
    catalogue.CONNECTION_FLOW_FAILED: sdk.ConnectionFlowFailedWebhookPayload,
    catalogue.ISSUE_STATUS_CHANGED: sdk.IssueStatusChangedWebhookPayload,
}
# Tags of candidates are read beside syncs, and told of when they are.
MODELS_OF_A_SYNC = [
    "ats_jobs",
    "ats_application_stages",
    "ats_join_jobs_application_stages",
    "ats_candidates",
    "ats_applications",
    "ats_tags",
]


def sync(tenant: Integration, type: str = "FULL") -> SyncRun:
    run, _ = request_sync(tenant.pk, type=type)
    engine.execute(run.pk)
    telling.tell_of_run(run.pk, render=render)
    run.refresh_from_db()
    return run


def told(type: str) -> list[dict[str, Any]]:
    events = WebhookEvent.objects.filter(type=type).order_by("created_at", "pk")
    return [json.loads(event.body) for event in events]


def let_the_window_pass() -> None:
    for progress in WebhookProgress.objects.all():
        if progress.told_at is not None:
            progress.told_at -= telling.WINDOW
        if progress.due_at is not None:
            progress.due_at -= telling.WINDOW
        progress.save()


def checked(event: dict[str, Any]) -> None:
    """As the official SDK reads it, with no key more than it knows."""
    parsed = MODELS[event["type"]].model_validate(event)
    assert sorted_keys(parsed.model_dump(by_alias=True)) == sorted_keys(event)


def sorted_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(one) for one in value] if isinstance(value, list) else None


@pytest.mark.parametrize("type", catalogue.DEFAULT)
def test_samples_are_what_the_official_sdk_takes(type: str) -> None:
    checked({"id": "one", "type": type, "data": samples.sample_of(type)})


def test_a_sync_is_told_of_when_all_that_it_has_changed_is(
    receiver: Receiver, connected_tenant: Integration
) -> None:
    tenant = connected_tenant
    endpoints.create_endpoint(url=receiver.url)
    run = sync(tenant)
    deliver_due()
    for event in receiver.events:
        checked(event)
    # That of the state has no place in the order of the two others.
    [state] = [one for one in receiver.events if one["type"] == catalogue.INTEGRATION_STATE_CHANGED]
    changed, finished = (one for one in receiver.events if one != state)
    assert [one["name"] for one in changed["data"]["changed_models"]] == MODELS_OF_A_SYNC
    assert finished["type"] == catalogue.SYNC_FINISHED
    assert finished["data"]["sync_id"] == str(run.pk)
    assert finished["data"]["sync_state"] == "SUCCEEDED"
    assert finished["data"]["log_url"].endswith(f"/admin/integrations/syncrun/{run.pk}/change/")
    assert (state["data"]["state"], state["data"]["setup_status"]) == ("ACTIVE", "COMPLETED")
    # Nothing more is due, and nothing is told twice.
    assert list(telling.untold(jobs.now())) == []
    assert not telling.tell(tenant.pk, render=render)
    # A sync that changes nothing says that it has ended, and no more.
    sync(tenant)
    deliver_due()
    assert receiver.types[3:] == [catalogue.SYNC_FINISHED]


def test_changes_of_half_a_minute_are_one_event_and_the_last_is_never_left_out(
    receiver: Receiver, sandbox: Sandbox, connected_tenant: Integration
) -> None:
    tenant = connected_tenant
    endpoints.create_endpoint(url=receiver.url, events=["data-changed", "sync-finished"])
    sync(tenant)
    assert len(told(catalogue.DATA_CHANGED)) == 1
    for name in ("Soudeur", "Vitrier", "Couvreur"):
        sandbox.edit_vacancy(sandbox.vacancies()[0]["id"], title=name)
        sync(tenant)
    # They came within the window: told at its end, the ends of the syncs after it.
    assert len(told(catalogue.DATA_CHANGED)) == len(told(catalogue.SYNC_FINISHED)) == 1
    assert list(telling.untold(jobs.now())) == []
    let_the_window_pass()
    assert list(telling.untold(jobs.now())) == [tenant.pk]
    assert telling.tell(tenant.pk, render=render)
    assert len(told(catalogue.DATA_CHANGED)) == 2
    assert len(told(catalogue.SYNC_FINISHED)) == 4
    second = told(catalogue.DATA_CHANGED)[1]
    assert [one["name"] for one in second["data"]["changed_models"]] == ["ats_jobs"]
    deliver_due()
    order = receiver.types
    assert order[0] == catalogue.DATA_CHANGED
    assert order.index(catalogue.DATA_CHANGED, 1) < order.index(catalogue.SYNC_FINISHED, 2)


def test_the_end_of_a_sync_waits_for_a_slow_answer_to_its_changes(
    receiver: Receiver, tenant: Integration
) -> None:
    endpoints.create_endpoint(url=receiver.url)
    receiver.reply = lambda got: Reply(delay=0.5 if got.type == catalogue.DATA_CHANGED else 0)
    for type in (catalogue.DATA_CHANGED, catalogue.SYNC_FINISHED):
        outbox.queue_event(type, samples.sample_of(type), tenant=tenant)
    deliver_due()
    first, second = receiver.received
    assert (first.type, second.type) == (catalogue.DATA_CHANGED, catalogue.SYNC_FINISHED)
    assert second.at - first.at >= 0.5


def test_states_of_a_tenant_are_told_of(receiver: Receiver, tenant: Integration) -> None:
    endpoints.create_endpoint(url=receiver.url)
    lifecycle.set_enabled(tenant, False)
    telling.tell(tenant.pk, render=render)
    lifecycle.set_enabled(tenant, True)
    telling.tell(tenant.pk, render=render)
    Integration.objects.update(credentials_invalid_at=jobs.now())
    telling.tell(tenant.pk, render=render)
    telling.tell(tenant.pk, render=render)
    events = told(catalogue.INTEGRATION_STATE_CHANGED)
    assert [event["data"]["state"] for event in events] == ["INACTIVE", "ACTIVE", "INVALID"]
    lifecycle.delete(tenant)
    [deleted] = told(catalogue.INTEGRATION_DELETED)
    for event in (*events, deleted):
        checked(event)


def test_a_wake_up_call_that_is_lost_is_made_good_by_the_sweep(
    receiver: Receiver, connected_tenant: Integration
) -> None:
    endpoints.create_endpoint(url=receiver.url)
    lifecycle.set_enabled(connected_tenant, False)
    assert list(telling.untold(jobs.now())) == [connected_tenant.pk]
    telling.tell(connected_tenant.pk, render=render)
    lifecycle.set_enabled(connected_tenant, True)
    telling.tell(connected_tenant.pk, render=render)
    run, _ = request_sync(connected_tenant.pk)
    engine.execute(run.pk)
    assert list(telling.untold(jobs.now())) == [connected_tenant.pk]


def test_what_was_before_an_endpoint_is_not_told_to_it(
    receiver: Receiver, connected_tenant: Integration
) -> None:
    sync(connected_tenant)
    endpoints.create_endpoint(url=receiver.url)
    assert list(telling.untold(jobs.now())) == []
    telling.tell(connected_tenant.pk, render=render)
    assert not WebhookEvent.objects.exists()


def test_a_first_endpoint_for_many_tenants_takes_few_statements_and_deleted_ones_with_them(
    receiver: Receiver, connected_tenant: Integration, make_tenant: Callable[..., Integration]
) -> None:
    sync(connected_tenant)
    WebhookProgress.objects.all().delete()
    for _ in range(20):
        make_tenant()
    lifecycle.delete(connected_tenant)
    with CaptureQueriesContext(connection) as queries:
        endpoints.create_endpoint(url=receiver.url)
    assert len(queries) < 20
    lifecycle.restore(connected_tenant)
    for tenant in Integration.objects.all():
        telling.tell(tenant.pk, render=render)
    # What was before is not told: only that the one is disabled now.
    assert not WebhookEvent.objects.exclude(type=catalogue.INTEGRATION_STATE_CHANGED).exists()


def test_pausing_and_changing_an_endpoint_loses_nothing(
    receiver: Receiver, connected_tenant: Integration
) -> None:
    endpoint, _ = endpoints.create_endpoint(url=receiver.url, integrations=[connected_tenant])
    run, _ = request_sync(connected_tenant.pk)
    engine.execute(run.pk)
    endpoints.pause(endpoint)
    endpoints.change_endpoint(endpoint, integrations=[connected_tenant], description="New")
    endpoints.resume(endpoint)
    telling.tell_of_run(run.pk, render=render)
    deliver_due()
    assert catalogue.DATA_CHANGED in receiver.types
    assert WebhookEndpoint.objects.get().description == "New"


def test_a_customer_who_could_not_connect_is_told_of(
    receiver: Receiver, sandbox: Sandbox, make_tenant: Callable[..., Integration]
) -> None:
    # So that the site knows the sandbox.
    make_tenant(sandbox=sandbox).delete()
    endpoints.create_endpoint(url=receiver.url)
    token = new_link(
        organization="Maison Sud",
        environment="sandbox",
        contact_email="rh@sud.example",
        origin_id="c-3",
        lasts=timedelta(hours=1),
    )
    link = find(token)
    assert link is not None
    with pytest.raises(ConnectionRefused):
        list(use_link(link, EnteredAccount("wrong", sandbox.company_key, sandbox.slug)))
    [failed] = told(catalogue.CONNECTION_FLOW_FAILED)
    checked(failed)
    assert failed["data"]["end_user"]["origin_id"] == "c-3"
    list(use_link(link, EnteredAccount(sandbox.api_key, sandbox.company_key, sandbox.slug)))
    [created] = told(catalogue.INTEGRATION_CREATED)
    checked(created)


def test_an_issue_is_told_of(receiver: Receiver, tenant: Integration) -> None:
    endpoints.create_endpoint(url=receiver.url)
    issue: dict[str, Any] = {
        "issue_id": "one",
        "type": "integration.authentication_failed",
        "title": "Flatchr refuses the key",
        "message": "Enter a new one.",
        "first_observed_at": jobs.now(),
    }
    outbox.issue_status_changed(raised=True, tenant=tenant, **issue)
    outbox.issue_status_changed(raised=False, tenant=None, resolved_at=jobs.now(), **issue)
    for event in told(catalogue.ISSUE_STATUS_CHANGED):
        checked(event)
    assert len(told(catalogue.ISSUE_STATUS_CHANGED)) == 2


def test_events_with_content_have_the_record_and_what_it_was(
    receiver: Receiver, sandbox: Sandbox, connected_tenant: Integration
) -> None:
    tenant = connected_tenant
    own = ["job.created", "job.updated", "application.moved", "application.updated"]
    endpoints.create_endpoint(url=receiver.url, events=own)
    sync(tenant)
    created = told("job.created")
    assert len(created) == Job.objects.count()
    assert {event["data"]["record"]["id"] for event in created} == set(
        Job.objects.values_list("pk", flat=True)
    )
    vacancy = sandbox.vacancies()[0]
    sandbox.edit_vacancy(vacancy["id"], title="Soudeur")
    sync(tenant)
    [updated] = told("job.updated")
    assert updated["data"]["record"]["name"] == "Soudeur"
    assert "name" in updated["data"]["changed_fields"]
    assert updated["data"]["before"]["name"] == vacancy["title"]
    # Each change once, whoever looks again.
    telling.tell(tenant.pk, render=render)
    assert len(told("job.updated")) == 1
    application = Application.objects.filter(remote_deleted_at=None, outcome="PENDING").first()
    assert application is not None
    stage = ApplicationStage.objects.exclude(pk=application.current_stage_id).first()
    assert stage is not None
    was = application.current_stage_id
    moving = {"stage": stage.pk}
    at_once.do(kind="MOVE", application=application, parameters=moving, by=Actor())
    telling.tell(tenant.pk, render=render)
    [moved] = told("application.moved")
    assert moved["data"]["record"]["id"] == application.pk
    assert moved["data"]["before"]["current_stage_id"] == was
    deliver_due()
    assert set(receiver.types) == {*own}


def test_content_is_kept_for_a_week(receiver: Receiver, tenant: Integration) -> None:
    endpoints.create_endpoint(url=receiver.url, events=["candidate.created", "data-changed"])
    for type in ("candidate.created", "data-changed"):
        outbox.queue_event(type, samples.sample_of(type), tenant=tenant)
    deliver_due()
    WebhookEvent.objects.update(created_at=jobs.now() - timedelta(days=8))
    retention.retain()
    assert WebhookEvent.objects.get(type="candidate.created").body == ""
    assert WebhookEvent.objects.get(type="data-changed").body
    assert WebhookAttempt.objects.get(delivery__event__body="").response_body == ""
    WebhookEvent.objects.update(created_at=jobs.now() - timedelta(days=31))
    retention.retain()
    assert not WebhookEvent.objects.exists()
    assert not WebhookAttempt.objects.exists()


def test_nothing_is_sent_whose_content_is_no_longer_kept(
    receiver: Receiver, tenant: Integration
) -> None:
    endpoint, _ = endpoints.create_endpoint(url=receiver.url, events=["candidate.created"])
    endpoints.pause(endpoint)
    outbox.queue_event("candidate.created", samples.sample_of("candidate.created"), tenant=tenant)
    WebhookEvent.objects.update(created_at=jobs.now() - timedelta(days=8))
    retention.retain()
    endpoints.resume(endpoint)
    deliver_due()
    assert not receiver.received
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.last_error) == (DeliveryState.FAILED, "content_gone")


def test_removing_a_tenant_removes_its_events(receiver: Receiver, tenant: Integration) -> None:
    endpoints.create_endpoint(url=receiver.url)
    outbox.integration_created(tenant)
    lifecycle.delete(tenant)
    deliver_due()
    assert WebhookAttempt.objects.count() == 2
    lifecycle.remove_deleted(before=jobs.now() + timedelta(days=1))
    assert not WebhookEvent.objects.exists()
    assert not WebhookAttempt.objects.exists()
    assert not WebhookProgress.objects.exists()
