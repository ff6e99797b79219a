"""One Flatchr account is connected once, unless somebody wants it twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.connecting import attempts
from integrations.connecting.attempts import EnteredAccount
from integrations.connecting.connect import ConnectionRefused, connect
from integrations.models import FlatchrCredentials, Integration
from integrations.sandbox import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

WORDS = "This Flatchr account is connected already"


def account(sandbox: Sandbox, **changed: Any) -> dict[str, Any]:
    return {
        "organization": "Atelier Nord bis",
        "environment": "sandbox",
        "api_key": sandbox.api_key,
        "company_key": sandbox.company_key,
        "slug": sandbox.slug,
        **changed,
    }


@pytest.mark.parametrize("same", ["api_key", "company_key", "slug", "slug in capitals"])
def test_the_same_key_company_or_slug_is_noticed_before_flatchr_is_asked(
    connected_tenant: Integration, sandbox: Sandbox, same: str
) -> None:
    other = {"api_key": "another-key", "company_key": "another-company", "slug": "another-slug"}
    if same == "slug in capitals":
        other["slug"] = sandbox.slug.upper()
    else:
        other[same] = account(sandbox)[same]
    asked = len(sandbox.requests)

    with pytest.raises(ConnectionRefused, match=WORDS):
        connect(**account(sandbox, **other))

    assert Integration.objects.count() == 1
    assert len(sandbox.requests) == asked


def test_it_is_connected_twice_when_that_is_wanted(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    connect(**account(sandbox), allow_duplicate=True)

    assert FlatchrCredentials.objects.filter(company_key=sandbox.company_key).count() == 2


def test_deleted_tenants_and_other_environments_do_not_stand_in_the_way(
    connected_tenant: Integration, sandbox: Sandbox
) -> None:
    connect(**account(sandbox, environment="demo"), check=False)
    connected_tenant.deleted_at = timezone.now()
    connected_tenant.save()

    connect(**account(sandbox))

    assert Integration.objects.count() == 3


def test_the_form_says_so_and_has_a_tick(
    connected_tenant: Integration,
    sandbox: Sandbox,
    admin: User,
    logged_in: Callable[[User], Client],
) -> None:
    client = logged_in(admin)
    address = reverse("admin:integrations_integration_add")

    refused = client.post(address, account(sandbox))
    assert refused.status_code == 200
    assert WORDS in refused.content.decode()
    assert 'name="allow_duplicate"' in refused.content.decode()
    assert Integration.objects.count() == 1

    taken = client.post(address, account(sandbox, allow_duplicate="on"))
    assert taken.status_code == 302
    assert Integration.objects.count() == 2


def test_a_tenant_does_not_become_the_second_by_a_change_of_its_keys(
    connected_tenant: Integration, make_tenant: Any, sandbox: Sandbox, admin: User
) -> None:
    other = make_tenant("Maison Sud")

    with pytest.raises(ConnectionRefused, match=WORDS):
        list(attempts.renew_credentials(other, entered(sandbox), user=admin))

    assert FlatchrCredentials.objects.filter(company_key=sandbox.company_key).count() == 1


def test_one_of_two_that_are_wanted_gets_a_new_key(
    connected_tenant: Integration, sandbox: Sandbox, admin: User
) -> None:
    twin = connect(**account(sandbox), allow_duplicate=True).integration

    list(attempts.renew_credentials(twin, entered(sandbox), user=admin))

    twin.refresh_from_db()
    assert twin.runs.exists()


def entered(sandbox: Sandbox) -> EnteredAccount:
    return EnteredAccount(sandbox.api_key, sandbox.company_key, sandbox.slug)
