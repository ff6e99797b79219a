"""What is read is chosen by the operator, and by the customer where there is a choice."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.api.scoping import ALL_OPTIONAL
from integrations.connecting import links
from integrations.models import (
    AuditEntry,
    Event,
    FlatchrSettings,
    Integration,
    LinkKind,
    Membership,
    Role,
    SyncRun,
)
from integrations.models.scopes import Choice, Part, Scopes
from integrations.tenants import scopes
from tests.connecting.conftest import Keys, MakeLink
from tests.connecting.test_pages import shown

pytestmark = pytest.mark.django_db


def ticked(*parts: Part) -> dict[str, str]:
    return {f"scope_{part.value}": "on" for part in parts}


def test_a_customer_sees_what_is_read_and_opts_out_of_it(
    client: Client, make_link: MakeLink, keys: Keys
) -> None:
    token, link = make_link(scopes=Scopes({**ALL_OPTIONAL.choices, Part.NAMES: Choice.OFF}))
    address = reverse("link_keys", args=[token])

    page = shown(client.get(address))
    assert "Phone numbers of candidates" in page
    assert "Names of candidates" not in page
    assert "you may opt out" in shown(client.get(reverse("link", args=[token])))

    # Without a key, nothing is saved, and what was unticked is still unticked.
    kept = ticked(Part.APPLICATIONS, Part.EMAILS, Part.TAGS, Part.FILES)
    again = shown(client.post(address, {**keys(api_key=""), **kept}))
    assert again.count(" checked") == len(kept)

    answer = client.post(address, {**keys(), **kept})
    assert answer.status_code == 302

    link.refresh_from_db()
    assert link.integration is not None
    stored = FlatchrSettings.objects.get(pk=link.integration.pk).scopes
    assert stored.opted_out == {Part.PHONES, Part.RAW}
    assert stored.left_out == {Part.NAMES, Part.PHONES, Part.RAW}
    entry = AuditEntry.objects.filter(what=Event.SETTINGS_CHANGED).latest("pk")
    assert entry.details["said_by"] == "the customer"
    assert entry.details["opted_out"] == ["phone_numbers", "remote_data"]


def test_a_link_that_asks_nothing_reads_everything(
    client: Client, make_link: MakeLink, keys: Keys
) -> None:
    token, link = make_link()

    assert "scope_" not in shown(client.get(reverse("link_keys", args=[token])))
    client.post(reverse("link_keys", args=[token]), keys())

    link.refresh_from_db()
    assert link.integration is not None
    assert not FlatchrSettings.objects.get(pk=link.integration.pk).scopes.left_out
    assert not AuditEntry.objects.filter(what=Event.SETTINGS_CHANGED).exists()


def test_a_customer_who_renews_the_key_may_think_again(
    client: Client, make_link: MakeLink, keys: Keys
) -> None:
    first, link = make_link(scopes=ALL_OPTIONAL)
    client.post(reverse("link_keys", args=[first]), {**keys(), **ticked(Part.APPLICATIONS)})
    link.refresh_from_db()
    tenant = link.integration
    assert tenant is not None
    # The operator insists on names from here on: what the customer said does not count for them.
    choices = {part: Choice.OPTIONAL for part in Part if part is not Part.NAMES}
    scopes.choose(tenant, Scopes(choices))

    token = links.link_for(tenant, LinkKind.RELINK, lasts=links.EMBEDDED)
    address = reverse("link_keys", args=[token])
    assert shown(client.get(address)).count(" checked") == 1
    client.post(address, {**keys(), **ticked(*choices)})

    assert scopes.scopes_of(tenant.pk).left_out == frozenset()


def test_an_operator_chooses_while_connecting(client: Client, admin: User, keys: Keys) -> None:
    client.force_login(admin)
    address = reverse("admin:integrations_integration_add")
    about = {"organization": "Clinique Ouest", "environment": "sandbox"}

    chosen = {"scope_phone_numbers": "off", "scope_tags": "optional"}
    client.post(address, {**keys(), **about, **chosen})

    tenant = Integration.objects.get(organization="Clinique Ouest")
    stored = scopes.scopes_of(tenant.pk)
    assert stored.choices == {Part.PHONES: Choice.OFF, Part.TAGS: Choice.OPTIONAL}
    assert SyncRun.objects.get(integration=tenant).type == "FULL"


def test_a_manager_changes_what_is_read_and_others_do_not(
    client: Client, admin: User, make_link: MakeLink
) -> None:
    tenant = Integration.objects.create(organization="Clinique Ouest", environment="sandbox")
    address = reverse("admin:integrations_integration_scopes", args=[tenant.pk])
    member = User.objects.create_user("olive", is_staff=True)
    membership = Membership.objects.create(user=member, integration=tenant, role=Role.OPERATOR)
    client.force_login(member)
    assert client.get(address).status_code == 403

    membership.role = Role.MANAGER
    membership.save()
    before = AuditEntry.objects.count()
    client.post(address, {"scope_email_addresses": "off"})
    client.post(address, {"scope_email_addresses": "off"})

    assert scopes.scopes_of(tenant.pk).left_out == {Part.EMAILS, Part.RAW}
    entry = AuditEntry.objects.latest("pk")
    assert AuditEntry.objects.count() == before + 1
    assert (entry.who, entry.details["email_addresses"]) == ("olive", "off")
    page = shown(client.get(address))
    assert "has not been applied yet" in page
    assert client.post(address, {"scope_email_addresses": "perhaps"}).status_code == 200
    assert scopes.scopes_of(tenant.pk).left_out == {Part.EMAILS, Part.RAW}
