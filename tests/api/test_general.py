"""The general endpoints, as the official SDK calls them (`docs/unified-api.md §10`)."""

from __future__ import annotations

import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombo import Kombo, models
from kombo.errors import KomboGeneralError

from integrations.api.general import coverage
from integrations.connecting.lifecycle import remove_deleted
from integrations.flatchr.mapping.fields import INTEGRATION_FIELDS
from integrations.models import (
    ApiKey,
    Candidate,
    FlatchrSettings,
    Integration,
    Job,
    Membership,
    Submission,
    SyncRun,
)
from integrations.submissions import retention as submission_retention
from integrations.sync import schedule
from integrations.sync.runs import queue_run, request_sync
from tests.api.conftest import Call, MakeKey
from tests.sync.running import sync, woken

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def client(sdk: Callable[..., Kombo], make_key: MakeKey, tenant: Integration) -> Kombo:
    return sdk(make_key(tenant), tenant)


# Integrations


def test_the_details_tell_who_it_is_and_what_state_it_is_in(
    sdk: Callable[..., Kombo], make_key: MakeKey, synced_tenant: Integration
) -> None:
    Integration.objects.filter(pk=synced_tenant.pk).update(
        origin_id="c-17", contact_email="rh@nord.example"
    )
    general = sdk(make_key(synced_tenant)).general
    data = general.get_integration_details(integration_id=synced_tenant.pk).data
    assert data.id == synced_tenant.pk
    assert (data.tool.id, data.tool.label, data.category) == ("flatchr", "Flatchr", "ATS")
    assert (data.status, data.setup_status) == ("ACTIVE", "COMPLETED")
    assert data.end_user.organization_name == "Atelier Nord"
    assert (data.end_user.origin_id, data.end_user.creator_email) == ("c-17", "rh@nord.example")
    jobs = next(model for model in data.read_models if model.id == "ats_jobs")
    fields = {field.id: field for field in jobs.fields}
    assert jobs.is_available
    assert fields["name"].is_available
    assert not fields["job_code"].is_available
    assert not fields["remote_data"].is_available
    FlatchrSettings.objects.filter(pk=synced_tenant.pk).update(api_remote_data=True)
    data = general.get_integration_details(integration_id=synced_tenant.pk).data
    fields = {field.id: field for field in data.read_models[0].fields}
    assert fields["remote_data"].is_available


def test_what_the_lists_hold_is_switched_on_the_page_of_settings(
    alice: User, logged_in: Callable[[User], Client], tenant: Integration
) -> None:
    assert not tenant.flatchr_settings.api_remote_data
    assert not tenant.flatchr_settings.api_only_created
    address = reverse("admin:integrations_integration_settings", args=[quote(tenant.pk)])
    form = {"organization": "Atelier Nord", "enabled": "on", "delta_interval": 60,
            "full_interval": 600, "trait_budget": 500, "api_remote_data": "on",
            "api_only_created": "on"}  # fmt: skip
    assert logged_in(alice).post(address, form).status_code == 302
    tenant.flatchr_settings.refresh_from_db()
    assert tenant.flatchr_settings.api_remote_data
    assert tenant.flatchr_settings.api_only_created


@pytest.mark.parametrize(
    ("state", "status", "setup"),
    [
        ({}, "ACTIVE", "FINAL_SYNC_PENDING"),
        ({"enabled": False}, "INACTIVE", "FINAL_SYNC_PENDING"),
        ({"credentials_invalid_at": timezone.now()}, "INVALID", "FINAL_SYNC_PENDING"),
        ({"applicants_read_at": timezone.now()}, "ACTIVE", "COMPLETED"),
    ],
)
def test_the_status_says_whether_somebody_has_to_act(
    state: dict[str, Any], status: str, setup: str, client: Kombo, tenant: Integration
) -> None:
    Integration.objects.filter(pk=tenant.pk).update(**state)
    data = client.general.get_integration_details(integration_id=tenant.pk).data
    assert (data.status, data.setup_status) == (status, setup)


def test_a_tenant_without_credentials_is_not_set_up(client: Kombo, tenant: Integration) -> None:
    tenant.credentials.delete()
    data = client.general.get_integration_details(integration_id=tenant.pk).data
    assert (data.status, data.setup_status) == ("INVALID", "INCOMPLETE")


def test_disabling_stops_the_schedule_and_the_sync_that_is_under_way(
    client: Kombo, tenant: Integration
) -> None:
    run, _ = queue_run(tenant.pk, type="FULL", trigger="MANUAL")
    client.general.set_integration_enabled(integration_id=tenant.pk, value=False)
    run.refresh_from_db()
    tenant.refresh_from_db()
    assert (tenant.enabled, run.state) == (False, "CANCELLED")
    client.general.set_integration_enabled(integration_id=tenant.pk, value=True)
    tenant.refresh_from_db()
    assert tenant.enabled


def test_a_deleted_tenant_is_unknown_everywhere_at_once(
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    synced_tenant: Integration,
    alice: User,
    admin: User,
    logged_in: Callable[[User], Client],
    call: Call,
) -> None:
    everything, own = make_key(), make_key(synced_tenant)
    sdk(own).general.delete_integration(integration_id=synced_tenant.pk, body={})
    for key in (everything, own):
        with pytest.raises(KomboGeneralError) as gone:
            sdk(key).general.get_integration_details(integration_id=synced_tenant.pk)
        assert gone.value.data.error.code == "PLATFORM.INTEGRATION_NOT_FOUND"
        assert call("GET", "/v1/ats/jobs", key=key, tenant=synced_tenant).status_code == 404
    job = Job.objects.filter(integration=synced_tenant)[0]
    pages = {
        "integration": synced_tenant.pk,
        "job": job.pk,
        "syncrun": str(SyncRun.objects.filter(integration=synced_tenant)[0].pk),
    }
    for user in (alice, admin):
        browser = logged_in(user)
        for model, pk in pages.items():
            listed = browser.get(reverse(f"admin:integrations_{model}_changelist"))
            assert "Atelier Nord" not in listed.content.decode(), (user, model)
            page = browser.get(reverse(f"admin:integrations_{model}_change", args=[pk]))
            assert page.status_code == 302, (user, model)
        assert "Atelier Nord" not in browser.get(reverse("admin:index")).content.decode()
    person = logged_in(admin).get(reverse("admin:auth_user_change", args=[alice.pk]))
    assert person.status_code == 200
    assert "Atelier Nord" not in person.content.decode()


def test_a_deleted_tenant_is_not_synchronised_again(
    client: Kombo, make_key: MakeKey, tenant: Integration
) -> None:
    past = timezone.now() - timedelta(hours=1)
    Integration.objects.filter(pk=tenant.pk).update(next_full_at=past)
    client.general.delete_integration(integration_id=tenant.pk, body={})
    assert schedule.due(timezone.now()) == []
    with pytest.raises(Integration.DoesNotExist):
        request_sync(tenant.pk)


def test_the_data_of_a_deleted_tenant_goes_after_14_days_and_no_others(
    sdk: Callable[..., Kombo],
    make_key: MakeKey,
    synced_tenant: Integration,
    other_tenant: Integration,
    tmp_path: Any,
) -> None:
    submission = Submission.objects.create(
        integration=synced_tenant, job=Job.objects.filter(integration=synced_tenant)[0]
    )
    submission.document.save("cv.pdf", ContentFile(b"%PDF-1.4"))
    Submission.objects.create(integration=other_tenant)
    key = make_key(synced_tenant)
    sdk(key).general.delete_integration(integration_id=synced_tenant.pk, body={})
    remove_deleted()
    assert Candidate.objects.filter(integration=synced_tenant).exists()

    deleted_at = timezone.now() - timedelta(days=14, minutes=1)
    Integration.objects.filter(pk=synced_tenant.pk).update(deleted_at=deleted_at)
    remove_deleted()
    submission_retention.delete_orphans(before=timezone.now() + timedelta(minutes=1))

    assert not Integration.objects.filter(pk=synced_tenant.pk).exists()
    for model in apps.get_app_config("integrations").get_models():
        if "integration" in {field.name for field in model._meta.fields}:
            left = model._base_manager.filter(integration_id=synced_tenant.pk)
            assert not left.exists(), model
    assert not [path for path in tmp_path.rglob("submissions/*/*") if path.is_file()]
    assert Integration.objects.filter(pk=other_tenant.pk).exists()
    assert Submission.objects.filter(integration=other_tenant).count() == 1
    assert Membership.objects.filter(integration=other_tenant).exists()
    assert not ApiKey.objects.get(prefix=key[:13]).every_tenant
    assert remove_deleted(before=timezone.now()) == 0


# Syncs


def test_a_sync_is_queued_once_and_its_worker_woken(client: Kombo, tenant: Integration) -> None:
    woken()
    first = client.general.trigger_sync().data
    again = client.general.trigger_sync(type_="DELTA").data
    run = SyncRun.objects.get()
    assert (first.already_queued, first.sync_id, first.type) == (False, str(run.pk), "FULL")
    assert (again.already_queued, again.sync_id, again.type) == (True, str(run.pk), "FULL")
    assert run.trigger == "API"
    assert woken() == [run.pk]


def test_a_delta_is_a_delta_once_everything_has_been_read(
    sdk: Callable[..., Kombo], make_key: MakeKey, synced_tenant: Integration
) -> None:
    client = sdk(make_key(synced_tenant), synced_tenant)
    assert client.general.trigger_sync(type_="DELTA").data.type == "DELTA"


def test_a_disabled_tenant_takes_no_sync_and_says_so(client: Kombo, tenant: Integration) -> None:
    Integration.objects.filter(pk=tenant.pk).update(enabled=False)
    with pytest.raises(KomboGeneralError) as refused:
        client.general.trigger_sync()
    assert refused.value.status_code == 409
    assert refused.value.data.error.code == "PLATFORM.INPUT_INVALID"
    assert "disabled" in str(refused.value.data.error.message)


# Fields


def test_integration_fields_are_listed_page_by_page(client: Kombo, tenant: Integration) -> None:
    found = []
    answer = client.general.get_integration_fields(integration_id=tenant.pk, page_size=5)
    while answer is not None:
        assert len(answer.result.data.results) <= 5
        found += answer.result.data.results
        answer = answer.next()
    assert [field.key for field in found] == list(INTEGRATION_FIELDS)
    assert len(found) == len({field.id for field in found})
    assert {field.model for field in found} == {"ats_jobs"}
    assert not any(field.is_passthrough_enabled for field in found)


def test_a_field_that_is_switched_on_is_in_the_jobs_after_the_next_sync(
    sdk: Callable[..., Kombo], make_key: MakeKey, synced_tenant: Integration, call: Call
) -> None:
    key = make_key(synced_tenant)
    general = sdk(key, synced_tenant).general
    listed = general.get_integration_fields(integration_id=synced_tenant.pk).result.data.results
    field = next(field for field in listed if field.key == "reference")
    switched = general.update_integration_field(
        integration_id=synced_tenant.pk, integration_field_id=field.id, enable_passthrough=True
    ).data
    assert (switched.id, switched.is_passthrough_enabled) == (field.id, True)
    sync(synced_tenant)
    jobs = call("GET", "/ats/jobs", key=key, tenant=synced_tenant).json()["data"]["results"]
    assert {tuple(one["id"] for one in job["integration_fields"]) for job in jobs} == {(field.id,)}
    general.update_integration_field(
        integration_id=synced_tenant.pk, integration_field_id=field.id, enable_passthrough=None
    )
    sync(synced_tenant)
    jobs = call("GET", "/ats/jobs", key=key, tenant=synced_tenant).json()["data"]["results"]
    assert not any(job["integration_fields"] for job in jobs)


@pytest.mark.parametrize("query", ["page_size=0", "page_size=2001", "page_size=x", "cursor=none"])
def test_a_page_of_fields_that_cannot_be_is_refused(
    query: str, call: Call, make_key: MakeKey, tenant: Integration
) -> None:
    path = f"/integrations/{tenant.pk}/integration-fields?{query}"
    answer = call("GET", path, key=make_key(tenant))
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"


def test_without_custom_fields_the_list_is_empty(client: Kombo, tenant: Integration) -> None:
    answer = client.general.get_custom_fields(integration_id=tenant.pk, page_size=250)
    assert answer.result.data.results == []
    assert answer.next() is None


def test_a_field_that_is_none_cannot_be_switched(client: Kombo, tenant: Integration) -> None:
    with pytest.raises(KomboGeneralError) as refused:
        client.general.update_integration_field(
            integration_id=tenant.pk, integration_field_id="none", enable_passthrough=True
        )
    assert refused.value.data.error.code == "PLATFORM.INPUT_INVALID"


# Tools


def test_the_coverage_of_the_connector_is_told(client: Kombo) -> None:
    [tool] = client.general.get_tools(category="ats").data.tools
    assert tool.id == "flatchr"
    told = {model.id: model.coverage_status for model in tool.coverage.read_models}
    assert told["ats_jobs"] == "SUPPORTED"
    assert told["ats_offers"] == "UNSUPPORTED"
    actions = {action.id: action.coverage_status for action in tool.coverage.write_actions}
    assert actions["ats_create_application"] == "SUPPORTED"
    assert actions["ats_add_candidate_tag"] == "SUPPORTED"
    assert actions["ats_remove_candidate_tag"] == "UNSUPPORTED"
    for category in ("hris", "assessment", "lms"):
        assert client.general.get_tools(category=category).data.tools == []


def test_an_unknown_category_is_refused(call: Call, make_key: MakeKey) -> None:
    assert call("GET", "/tools/ATS", key=make_key()).status_code == 400


def test_the_images_of_the_connector_are_there(client: Kombo) -> None:
    from django.contrib.staticfiles import finders

    [tool] = client.general.get_tools(category="ats").data.tools
    for address in (tool.assets.logo_url, tool.assets.icon_url, tool.assets.icon_black_url):
        assert finders.find(address.partition("/static/")[2]), address


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("ats_jobs", "GetAtsJobsPositiveResponseResult"),
        ("ats_candidates", "GetAtsCandidatesPositiveResponseResult"),
        ("ats_applications", "GetAtsApplicationsPositiveResponseResult"),
        ("ats_application_stages", "GetAtsApplicationStagesPositiveResponseResult"),
        ("ats_tags", "GetAtsTagsPositiveResponseResult"),
        ("ats_users", "GetAtsUsersPositiveResponseResult"),
    ],
)
def test_the_coverage_speaks_of_every_field_that_the_sdk_knows(model: str, row: str) -> None:
    covered = next(one for one in coverage.READ_MODELS if one.id == model)
    known = set(typing.cast(Any, getattr(models, row)).model_fields)
    assert known <= {name for name, _ in covered.fields}
