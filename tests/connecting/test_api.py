"""Links over the API, made and followed by the official SDK as an application would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombo import Kombo, errors

from integrations.connecting import links
from integrations.models import (
    ConnectionLink,
    FlatchrSettings,
    Integration,
    ScopeConfig,
    StoredAnswer,
)
from tests.connecting.conftest import Call, Keys, MakeKey

pytestmark = pytest.mark.django_db(transaction=True)

Sdk = Callable[..., Kombo]
ASKED = {
    "end_user_email": "rh@ouest.example",
    "end_user_organization_name": "Clinique Ouest",
    "integration_category": "ATS",
    "integration_tool": "flatchr",
    "remote_environment": "sandbox",
}


def path_of(link: str) -> str:
    assert link.startswith("http://127.0.0.1:8000/link/")
    return link.removeprefix("http://127.0.0.1:8000")


def test_an_application_gets_its_tenant_from_a_link_that_its_customer_opened(
    sdk: Sdk, make_key: MakeKey, tenant: Integration, keys: Keys
) -> None:
    kombo = sdk(make_key(tenant))
    made = kombo.connect.create_connection_link(**ASKED, end_user_origin_id="C-42")
    path = path_of(made.data.link)
    with pytest.raises(errors.KomboGeneralError) as early:
        kombo.connect.get_integration_by_token(token=path.rpartition("/")[2])
    assert early.value.data.error.code == "PLATFORM.INTEGRATION_NOT_FOUND"

    finished = Client().post(f"{path}/keys", keys(), follow=True)

    token = finished.context["exchange_token"]
    for asked in (token, token, path.rpartition("/")[2]):
        found = kombo.connect.get_integration_by_token(token=asked).data
        assert (found.tool, found.setup_status) == ("flatchr", "FINAL_SYNC_PENDING")
        assert found.end_user_organization_name == "Clinique Ouest"
        assert (found.end_user_email, found.end_user_origin_id) == ("rh@ouest.example", "C-42")
    # The key was limited to another tenant, and opens this one now.
    details = kombo.general.get_integration_details(integration_id=found.id).data
    assert details.status == "ACTIVE"
    other = sdk(make_key(tenant))
    with pytest.raises(errors.KomboGeneralError):
        other.connect.get_integration_by_token(token=token)


def test_links_live_as_long_as_their_type_says(sdk: Sdk, make_key: MakeKey) -> None:
    kombo = sdk(make_key())

    kombo.connect.create_connection_link(**ASKED)
    kombo.connect.create_connection_link(**ASKED, link_type="MAGIC_LINK", language="fr")

    short, long = ConnectionLink.objects.order_by("pk")
    assert short.expires_at - short.created_at <= timedelta(hours=1, seconds=5)
    assert timedelta(days=364) < long.expires_at - long.created_at < timedelta(days=366)
    assert (short.language, long.language) == ("en", "fr")


@pytest.mark.parametrize(
    "change",
    [
        {"end_user_email": "nobody"},
        {"end_user_email": "a\0b@ouest.example"},
        {"end_user_organization_name": ""},
        {"end_user_organization_name": "   "},
        {"end_user_origin_id": ""},
        {"integration_tool": "personio"},
        {"integration_tool": None, "integration_category": "HRIS"},
        {"remote_environment": "staging"},
        {"scope_config_id": "another"},
        {"language": "nl"},
        {"link_type": "QR_CODE"},
        {"enable_field_mapping": "yes"},
    ],
)
def test_a_link_that_cannot_be_made_is_refused_with_the_reason(
    change: dict[str, Any], call: Call, make_key: MakeKey
) -> None:
    body = {key: value for key, value in {**ASKED, **change}.items() if value is not None}

    answer = call("POST", "/v1/connect/create-link", key=make_key(), json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert not ConnectionLink.objects.exists()


def test_an_id_of_an_applications_own_says_what_is_read(
    call: Call,
    make_key: MakeKey,
    admin: User,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.force_login(admin)
    add = reverse("admin:integrations_scopeconfig_add")
    given = {"name": "Without phones", "alias": "B1hu5NGyhdjSq5X3hxEz4bAN"}
    for wrong in ({}, {"alias": "optional"}, {"alias": "no spaces"}):
        assert client.post(add, {**given, "alias": "", **wrong}).status_code == 200
    assert not ScopeConfig.objects.exists()
    made = client.post(add, {**given, "scope_phone_numbers": "off"}, follow=True)
    assert "B1hu5NGyhdjSq5X3hxEz4bAN" in made.content.decode()

    # Pressed twice: the second comes past the check before the first is there.
    with monkeypatch.context() as patch:
        patch.setattr(ScopeConfig.objects, "filter", lambda **_: ScopeConfig.objects.none())
        twice = client.post(add, {**given, "scope_phone_numbers": "off"})
    assert "with this ID already" in twice.content.decode()
    body = {**ASKED, "scope_config_id": given["alias"]}
    assert call("POST", "/connect/create-link", key=make_key(), json=body).status_code == 200
    assert ConnectionLink.objects.get().scope_choices == {"phone_numbers": "off"}

    body["scope_config_id"] = "another"
    told = call("POST", "/connect/create-link", key=make_key(), json=body).json()["error"]
    for known in ("default", "optional", given["alias"], "Scope configurations"):
        assert known in told["message"]

    config = ScopeConfig.objects.get()
    change = reverse("admin:integrations_scopeconfig_change", args=[config.pk])
    client.post(change, {"name": "Fewer", "scope_phone_numbers": "optional"})
    config.refresh_from_db()
    assert (config.name, config.choices) == ("Fewer", {"phone_numbers": "optional"})
    client.post(reverse("admin:integrations_scopeconfig_delete", args=[config.pk]))
    assert not ScopeConfig.objects.exists()


def test_what_the_sdk_sends_by_default_is_taken(call: Call, make_key: MakeKey) -> None:
    """The category is HRIS there unless it is chosen; the tool says what is meant."""
    body = {
        **ASKED,
        "integration_category": "HRIS",
        "scope_config_id": None,
        "language": None,
        "enable_filtering": False,
        "enable_static_ips": True,
    }

    answer = call("POST", "/connect/create-link", key=make_key(), json=body)

    assert answer.json()["data"]["static_ips"] == []
    assert ConnectionLink.objects.get().language == ""


def test_an_idempotency_key_keeps_no_link(call: Call, make_key: MakeKey) -> None:
    for _time in range(2):
        answer = call(
            "POST",
            "/v1/connect/create-link",
            key=make_key(),
            json=ASKED,
            headers={"Idempotency-Key": "one"},
        )
        assert answer.status_code == 200
    assert ConnectionLink.objects.count() == 2
    assert not StoredAnswer.objects.exists()


def test_a_relink_leads_to_the_tenant(sdk: Sdk, make_key: MakeKey, tenant: Integration) -> None:
    kombo = sdk(make_key(tenant))

    made = kombo.general.create_reconnection_link(integration_id=tenant.pk, language="fr")

    link = links.find(path_of(made.data.link).rpartition("/")[2])
    assert link is not None
    assert (link.kind, link.integration, link.language) == ("relink", tenant, "fr")


def test_a_setup_link_is_for_what_is_left_to_set_up(
    sdk: Sdk, make_key: MakeKey, tenant: Integration
) -> None:
    kombo = sdk(make_key(tenant))
    made = kombo.general.create_setup_link(integration_id=tenant.pk, link_type="EMBEDDED")
    path = path_of(made.data.link)
    assert "Offerer ID" in Client().get(path).content.decode()

    done = Client().post(path, {"offerer_id": "812", "user_key": ""}, follow=True)

    assert "Your choices are saved" in done.content.decode()
    assert FlatchrSettings.objects.get(pk=tenant.pk).offerer_id == 812
    with pytest.raises(errors.KomboGeneralError) as nothing_left:
        kombo.general.create_setup_link(integration_id=tenant.pk, link_type="EMBEDDED")
    assert nothing_left.value.data.error.code == "PLATFORM.INPUT_INVALID"


def test_the_deprecated_activation_answers_as_the_lookup_does(
    call: Call, make_key: MakeKey, tenant: Integration
) -> None:
    token = links.link_for(tenant, "relink", lasts=links.EMBEDDED)  # type: ignore[arg-type]
    key, body = make_key(tenant), {"token": token}
    assert call("POST", "/v1/connect/activate-integration", key=key, json=body).status_code == 404

    ConnectionLink.objects.update(used_at=timezone.now())

    data = call("POST", "/v1/connect/activate-integration", key=key, json=body).json()["data"]
    assert (data["id"], data["end_user_email"]) == (tenant.pk, None)
