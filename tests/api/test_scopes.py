"""What a tenant's scopes leave out is refused with the contract's own codes, and told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.api.reads.scope import scope_of
from integrations.models import FlatchrSettings, Integration, ScopeConfig
from integrations.models.scopes import Choice, Part, Scopes
from integrations.tenants import scopes
from tests.api.conftest import MakeKey

pytestmark = pytest.mark.django_db

Get = Callable[[str], Any]


@pytest.fixture
def get(tenant: Integration, make_key: MakeKey, client: Client) -> Get:
    """A read of an address, with a key of the tenant that has been read once."""
    Integration.objects.filter(pk=tenant.pk).update(applicants_read_at=timezone.now())
    FlatchrSettings.objects.get_or_create(integration=tenant)
    headers = {"Authorization": f"Bearer {make_key()}", "X-Integration-Id": tenant.pk}
    return lambda path: client.get(f"/v1/{path}", headers=headers)


def choose(tenant: Integration, choice: Choice, *parts: Part) -> None:
    scopes.choose(tenant, Scopes(dict.fromkeys(parts, choice)))


def named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["id"] == name)


@pytest.mark.parametrize("model", ["candidates", "applications", "tags"])
def test_a_model_that_is_left_out_is_disabled(get: Get, tenant: Integration, model: str) -> None:
    assert get(f"ats/{model}").status_code == 200
    choose(tenant, Choice.OFF, Part.APPLICATIONS)

    refused = get(f"ats/{model}")

    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "INTEGRATION.MODEL_DISABLED"
    assert get("ats/jobs").status_code == 200


def test_cvs_that_are_left_out_are_no_action(get: Get, tenant: Integration) -> None:
    choose(tenant, Choice.OFF, Part.FILES)

    refused = get("ats/candidates/any/attachments")

    assert refused.json()["error"]["code"] == "INTEGRATION.ACTION_DISABLED"
    tenant.refresh_from_db()
    # Nothing is stored of them, so no sync is awaited.
    assert tenant.scopes_changed_at is None


def test_an_integration_tells_its_scopes(get: Get, tenant: Integration) -> None:
    FlatchrSettings.objects.filter(pk=tenant.pk).update(api_remote_data=True)
    details = get(f"integrations/{tenant.pk}").json()["data"]
    assert (details["scope_config"]["id"], details["data_expired_at"]) == ("default", None)

    choose(tenant, Choice.OPTIONAL, Part.PHONES, Part.TAGS)
    assert get("ats/tags").status_code == 200
    scopes.opt_out(tenant, [Part.TAGS, Part.NAMES])
    details = get(f"integrations/{tenant.pk}").json()["data"]

    candidates = named(details["read_models"], "ats_candidates")
    phones = named(candidates["fields"], "phone_numbers")
    assert (phones["is_available"], phones["scope_config_setting"]) == (True, "OPTIONAL")
    tags = named(details["read_models"], "ats_tags")
    assert (tags["is_available"], tags["opted_out_by_customer"]) == (False, True)
    assert named(candidates["fields"], "first_name")["scope_config_setting"] == "ENABLED"
    assert details["scope_config"]["id"] == "own"
    assert details["data_expired_at"] is not None
    ScopeConfig.objects.create(
        id="theirs", name="Theirs", choices={"tags": "optional", "phone_numbers": "optional"}
    )
    details = get(f"integrations/{tenant.pk}").json()["data"]
    assert details["scope_config"] == {"id": "theirs", "name": "Theirs"}
    assert "opted out" in get("ats/tags").json()["error"]["message"]


def test_raw_objects_are_not_passed_on_once_they_are_left_out(tenant: Integration) -> None:
    settings, _ = FlatchrSettings.objects.get_or_create(integration=tenant)
    settings.api_remote_data = True
    settings.save()
    tenant.flatchr_settings = settings
    assert scope_of(tenant).remote_data
    settings.scope_choices = {"phone_numbers": "off"}
    assert not scope_of(tenant).remote_data
