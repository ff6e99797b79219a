"""Switching a tenant off and on, deleting it with a preview, and restoring it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models.signals import pre_delete
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations import scheduler
from integrations.accounts.api_keys import create_key, revoke
from integrations.admin.base.urls import change_url
from integrations.connecting import lifecycle
from integrations.connecting.lifecycle import holdings_of
from integrations.models import (
    AuditEntry,
    Event,
    Integration,
    PassthroughCall,
    PreparedCall,
    RunState,
    SyncRun,
)
from tests.admin.conftest import Data
from tests.admin.pages import tenant_address

LogIn = Callable[[User], Client]
DELETED = "admin:integrations_integration_deleted"


@pytest.fixture
def client(admin: User, logged_in: LogIn) -> Client:
    return logged_in(admin)


def test_disabling_stops_a_running_sync_and_enabling_starts_none(
    client: Client, data: Data
) -> None:
    run = SyncRun.objects.create(integration=data.tenant)
    address = tenant_address(data, "enabled")
    assert "Disable this tenant?" in client.get(address).content.decode()
    assert Integration.objects.get().enabled

    client.post(address, {"enabled": "no"})

    run.refresh_from_db()
    assert (Integration.objects.get().enabled, run.state) == (False, RunState.CANCELLED)
    assert "Enable this tenant?" in client.get(address).content.decode()
    client.post(address, {"enabled": "yes"})
    assert Integration.objects.get().enabled
    assert not SyncRun.objects.filter(state=RunState.QUEUED).exists()


def test_a_second_press_changes_nothing_and_is_recorded_nowhere(client: Client, data: Data) -> None:
    address = tenant_address(data, "enabled")
    for _press in range(2):
        page = client.post(address, {"enabled": "no"}, follow=True)
        assert "is disabled: its data stays" in page.content.decode()

    assert LogEntry.objects.filter(object_id=data.tenant.pk).count() == 1
    assert AuditEntry.objects.filter(what=Event.TENANT_DISABLED).count() == 1
    assert not Integration.objects.get().enabled


def test_operators_have_no_button_and_cannot_switch(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    data.tenant.memberships.filter(user=alice).update(role="operator")
    client = logged_in(alice)
    address = tenant_address(data, "enabled")

    assert client.get(address).status_code == 403
    assert client.post(address, {"enabled": "no"}).status_code == 403
    assert client.post(tenant_address(data, "settings"), {"enabled": ""}).status_code == 403
    assert Integration.objects.get().enabled
    hub = client.get(change_url(data.tenant)).content.decode()
    assert address not in hub
    assert tenant_address(data, "remove") not in hub


def test_a_disabled_tenant_leads_to_where_it_is_enabled(client: Client, data: Data) -> None:
    lifecycle.set_enabled(data.tenant, False)

    assert tenant_address(data, "enabled") in client.get(reverse("admin:index")).content.decode()


def test_the_preview_counts_what_is_there(
    client: Client, data: Data, other_tenant: Integration
) -> None:
    create_key(name="Own", integrations=[data.tenant])
    create_key(name="Both", integrations=[data.tenant, other_tenant])
    create_key(name="Every")
    create_key(name="Another's", integrations=[other_tenant])
    revoke(create_key(name="Revoked", integrations=[data.tenant])[0])

    held = holdings_of(data.tenant)

    assert (held.jobs, held.candidates, held.applications) == (3, 3, 3)
    assert (held.runs, held.exports, held.members) == (3, 3, 2)
    assert (held.own_keys, held.shared_keys, held.links, held.submissions) == (1, 2, 0, 0)
    page = client.get(tenant_address(data, "remove")).content.decode()
    for words in ("3 jobs", "3 candidates", "3 applications", "1 API key made", "2 API keys for"):
        assert words in page
    assert Integration.objects.present().filter(pk=data.tenant.pk).exists()


@pytest.mark.parametrize("typed", ["", "Atelier", "Maison Sud"])
def test_nothing_is_deleted_until_the_name_is_typed(typed: str, client: Client, data: Data) -> None:
    page = client.post(tenant_address(data, "remove"), {"name": typed})

    assert list(page.context["form"].errors) == ["name"]
    assert Integration.objects.get().deleted_at is None


def test_a_deleted_tenant_is_gone_for_everybody_and_can_be_restored(
    client: Client, alice: User, logged_in: LogIn, data: Data
) -> None:
    run = SyncRun.objects.create(integration=data.tenant)

    answer = client.post(tenant_address(data, "remove"), {"name": " atelier  nord "}, follow=True)

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert answer.redirect_chain[-1][0] == reverse(DELETED)
    assert "Atelier Nord" in answer.content.decode()
    member = logged_in(alice)
    assert "Atelier Nord" not in member.get(reverse("admin:index")).content.decode()
    assert client.get(tenant_address(data, "settings")).status_code == 302
    listed = client.get(reverse("admin:integrations_integration_changelist")).content.decode()
    assert reverse(DELETED) in listed

    back = client.post(reverse(DELETED), {"restore": data.tenant.pk})

    assert back.headers["Location"] == change_url(data.tenant)
    tenant = Integration.objects.get()
    assert (tenant.deleted_at, tenant.enabled) == (None, False)
    assert member.get(change_url(tenant)).status_code == 200


def test_a_tenant_is_not_restored_while_it_may_be_removed(client: Client, data: Data) -> None:
    lifecycle.delete(data.tenant)
    nearly = timezone.now() - lifecycle.KEPT + timedelta(minutes=9)
    Integration.objects.update(deleted_at=nearly)

    page = client.post(reverse(DELETED), {"restore": data.tenant.pk}, follow=True).content.decode()

    assert "too late" in page
    assert Integration.objects.get().deleted_at is not None
    Integration.objects.update(deleted_at=nearly + timedelta(minutes=2))
    client.post(reverse(DELETED), {"restore": data.tenant.pk})
    assert Integration.objects.get().deleted_at is None


def test_calls_go_with_their_tenant(admin: User, data: Data) -> None:
    PassthroughCall.objects.create(integration=data.tenant, method="GET", host="api", path="/x")
    PreparedCall.objects.create(integration=data.tenant, user=admin, asked={})
    lifecycle.delete(data.tenant)
    Integration.objects.update(deleted_at=timezone.now() - lifecycle.KEPT - timedelta(minutes=1))

    scheduler.retain()

    assert not Integration.objects.exists()
    assert not PassthroughCall.objects.exists()
    assert not PreparedCall.objects.exists()


def test_a_tenant_that_cannot_be_removed_does_not_keep_the_others_from_it(
    data: Data, other_tenant: Integration
) -> None:
    for tenant in (data.tenant, other_tenant):
        lifecycle.delete(tenant)

    def refuse(instance: Integration, **_: object) -> None:
        if instance.pk == data.tenant.pk:
            raise RuntimeError("It cannot be deleted.")

    pre_delete.connect(refuse, sender=Integration)
    try:
        removed = lifecycle.remove_deleted(before=timezone.now() + timedelta(seconds=1))
    finally:
        pre_delete.disconnect(refuse, sender=Integration)

    assert removed == 1
    assert list(Integration.objects.values_list("pk", flat=True)) == [data.tenant.pk]


def test_only_superusers_delete_and_restore(alice: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(alice)
    tenancy_pages = [tenant_address(data, "remove"), reverse(DELETED)]
    for address in tenancy_pages:
        assert client.get(address).status_code == 403
        assert client.post(address, {"name": "Atelier Nord"}).status_code == 403
    assert Integration.objects.get().deleted_at is None
