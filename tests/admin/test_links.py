"""Connection links in the dashboard: made, shown once, listed, withdrawn, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.admin.base.admin import DashboardAdmin
from integrations.connecting import links
from integrations.models import (
    AuditEntry,
    ConnectionLink,
    CustomField,
    Integration,
    LinkKind,
    Membership,
    Role,
)
from integrations.models.scopes import Choice, Part
from tests.admin.conftest import Data
from tests.admin.pages import list_address, tenant_address

LogIn = Callable[[User], Client]
INVITE = reverse("admin:integrations_connectionlink_add")
TYPED = {
    "organization": "Clinique Ouest",
    "environment": "sandbox",
    "contact_email": "rh@ouest.example",
    "language": "fr",
    f"scope_{Part.PHONES.value}": Choice.OPTIONAL.value,
}


@pytest.fixture
def operator(tenant: Integration) -> User:
    user = User.objects.create_user("olga", is_staff=True)
    Membership.objects.create(user=user, integration=tenant, role=Role.OPERATOR)
    return user


def behind(link: str) -> Any:
    """The page that a customer gets, who speaks English and has no account."""
    return Client().get(link.partition("8000")[2])


def withdrawn(client: Client, link: ConnectionLink, **typed: str) -> Any:
    address = reverse("admin:integrations_connectionlink_withdraw", args=[link.pk])
    return client.post(address, typed, follow=True)


def test_an_operator_invites_a_customer_with_a_link_that_is_shown_once(
    operator: User, logged_in: LogIn
) -> None:
    client = logged_in(operator)
    assert INVITE in client.get(list_address("integration")).content.decode()

    page = client.post(INVITE, TYPED)

    link, made = page.context["link"], ConnectionLink.objects.get()
    assert link.startswith("http://127.0.0.1:8000/link/")
    assert page.content.decode().count(link) == 2
    assert (made.kind, made.integration, made.created_by) == ("connect", None, operator)
    assert (made.organization, made.contact_email) == ("Clinique Ouest", "rh@ouest.example")
    assert round((made.expires_at - made.created_at) / links.FROM_DASHBOARD, 3) == 1
    assert made.scopes.optional == [Part.PHONES]
    assert "Clinique Ouest" in behind(link).content.decode()
    assert 'lang="fr"' in behind(link).content.decode()
    entry = AuditEntry.objects.get(what="link_made")
    assert (entry.who, entry.object_name) == ("olga", "Clinique Ouest")
    listed = client.get(list_address("connectionlink")).content.decode()
    assert "Clinique Ouest" in listed
    # In the navigation, links are among the tenants.
    assert listed.count('aria-current="true"') == 1
    assert link.rpartition("/link/")[2] not in listed


def test_what_cannot_be_is_said_beside_the_field_and_makes_no_link(
    admin: User, logged_in: LogIn
) -> None:
    page = logged_in(admin).post(INVITE, {**TYPED, "organization": " ", "contact_email": "rh"})

    assert page.content.decode().count('role="alert"') == 2
    assert not ConnectionLink.objects.exists()


def test_custom_fields_are_asked_about_where_there_are_any(admin: User, logged_in: LogIn) -> None:
    client = logged_in(admin)
    assert "maps_fields" not in client.get(INVITE).content.decode()
    CustomField.objects.create(key="source", label="Source")

    client.post(INVITE, {**TYPED, "maps_fields": "on"})

    assert ConnectionLink.objects.get().maps_fields


def test_whoever_invited_becomes_the_manager_if_they_may_still_connect(
    operator: User, admin: User, make_tenant: Any, tenant: Integration
) -> None:
    common: dict[str, Any] = {
        "organization": "Ouest",
        "environment": "sandbox",
        "lasts": links.EMBEDDED,
    }

    def settled(user: User, name: str) -> dict[str, str]:
        token = links.new_link(**{**common, "organization": name}, user=user)
        link, new = links.find(token), make_tenant(name)
        assert link is not None
        links.assign_tenant(link, new)
        return dict(new.memberships.values_list("user__username", "role"))

    assert settled(operator, "First") == {"olga": Role.MANAGER}
    # Administrators see every tenant: they need not be members.
    assert settled(admin, "Second") == {}
    Membership.objects.filter(user=operator).update(role=Role.VIEWER)
    assert settled(User.objects.get(pk=operator.pk), "Third") == {}


def test_a_tenants_customer_is_asked_to_renew_the_key_or_to_answer_what_is_open(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client, address = logged_in(alice), tenant_address(data, "link")
    client.post(address, {"language": "", "asks": "setup"})
    client.post(address, {"language": "", "asks": "relink"})

    kinds = ConnectionLink.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["setup", "relink"]
    shown = client.get(address).content.decode()
    assert "Answer what is left open" in shown
    assert shown.count("link_off") == 2


def test_a_withdrawn_link_opens_nothing_at_once_and_says_what_to_do(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(alice)
    link = client.post(tenant_address(data, "link"), {"language": "en", "asks": "relink"}).context[
        "link"
    ]
    made, closed = ConnectionLink.objects.get(), "This link has ended"
    assert closed not in behind(link).content.decode()

    page = withdrawn(client, made, back="tenant")

    assert page.redirect_chain == [(tenant_address(data, "link"), 302)]
    assert "The link is withdrawn." in page.content.decode()
    assert "open-links" not in page.content.decode()
    assert behind(link).status_code == 410
    assert closed in behind(link).content.decode()
    assert "Ask them for a new one." in behind(link).content.decode()
    with pytest.raises(links.LinkClosed):
        links.claim(made)
    entry = AuditEntry.objects.get(what="link_withdrawn")
    assert (entry.who, entry.integration_id) == ("alice", data.tenant.pk)

    again = withdrawn(client, made)
    assert "There is nothing to withdraw" in again.content.decode()
    assert AuditEntry.objects.filter(what="link_withdrawn").count() == 1


def test_a_link_that_was_used_is_not_withdrawn_but_stays_used(
    alice: User, logged_in: LogIn, data: Data
) -> None:
    links.link_for(data.tenant, LinkKind.RELINK, lasts=links.EMBEDDED)
    used = timezone.now()
    ConnectionLink.objects.update(used_at=used)
    made = ConnectionLink.objects.get()

    page = withdrawn(logged_in(alice), made)

    assert "There is nothing to withdraw" in page.content.decode()
    assert ConnectionLink.objects.get().expires_at == made.expires_at


def test_invitations_are_their_makers_and_a_tenants_links_its_members(
    operator: User, alice: User, bob: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    invited: dict[str, Any] = {
        "organization": "Ouest",
        "environment": "sandbox",
        "lasts": links.EMBEDDED,
    }
    links.new_link(**invited, user=operator)
    links.link_for(data.tenant, LinkKind.RELINK, lasts=links.EMBEDDED, user=alice)
    links.link_for(other_data.tenant, LinkKind.RELINK, lasts=links.EMBEDDED)
    theirs, of_tenant, _other = ConnectionLink.objects.order_by("pk")

    def listed(user: User) -> set[int]:
        page = logged_in(user).get(list_address("connectionlink"))
        return {link.pk for link in page.context["cl"].result_list}

    assert listed(operator) == {theirs.pk, of_tenant.pk}
    assert listed(alice) == {of_tenant.pk}
    # An operator may not ask for a key, so neither withdraw that; what is theirs, they may.
    assert withdrawn(logged_in(operator), of_tenant).status_code == 403
    assert withdrawn(logged_in(alice), theirs).status_code == 404
    assert withdrawn(logged_in(operator), theirs).status_code == 200
    assert ConnectionLink.objects.get(pk=theirs.pk).expires_at <= timezone.now()


def test_the_list_is_filtered_and_takes_as_many_queries_at_100_links_as_at_10(
    admin: User, logged_in: LogIn, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address = logged_in(admin), list_address("connectionlink")
    monkeypatch.setattr(DashboardAdmin, "list_per_page", 200)

    def make(count: int) -> None:
        for _each in range(count):
            user = User.objects.create_user(f"user{User.objects.count()}")
            links.link_for(data.tenant, LinkKind.RELINK, lasts=links.EMBEDDED, user=user)

    def queries(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    page = tenant_address(data, "link")
    make(10)
    few = queries(address), queries(page)
    make(90)
    assert (queries(address), queries(page)) == few

    def rows(state: str) -> int:
        return len(client.get(address, {"state": state}).context["cl"].result_list)

    ConnectionLink.objects.filter(pk__in=ConnectionLink.objects.all()[:3]).update(
        used_at=timezone.now()
    )
    assert (rows("open"), rows("used"), rows("expired")) == (97, 3, 0)
    links.withdraw(ConnectionLink.objects.filter(used_at=None).latest("pk"))
    assert (rows("open"), rows("used"), rows("expired")) == (96, 3, 1)
