"""The command palette: what is offered to whom, and what it never does by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.accounts.permissions import Permission
from integrations.admin.base.urls import change_url, record_url
from integrations.models import Integration, Membership, Role, SyncRun
from tests.admin.conftest import Data
from tests.admin.test_lists import queries_of

LogIn = Callable[[User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


def offered(client: Client, **typed: str) -> dict[str, list[dict[str, Any]]]:
    answer = client.get(reverse("admin:palette"), typed)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return {group["title"]: group["entries"] for group in answer.json()["groups"]}


def labels(groups: dict[str, list[dict[str, Any]]]) -> set[str]:
    return {entry["label"] for entries in groups.values() for entry in entries}


def test_pages_actions_and_tenants_are_offered(
    alice: User, logged_in: LogIn, tenant: Integration
) -> None:
    groups = offered(logged_in(alice))

    assert {"Overview", "Candidates", "Sync runs"} <= {page["label"] for page in groups["Pages"]}
    assert {"Submit a candidate", "Export candidates"} <= labels(groups)
    assert [entry["url"] for entry in groups["Tenants"]] == [change_url(tenant)]


def test_every_page_that_is_offered_opens(
    admin: User, logged_in: LogIn, tenant: Integration
) -> None:
    client = logged_in(admin)

    entries = [entry for group in offered(client).values() for entry in group]
    for entry in entries:
        if "post" not in entry:
            assert client.get(entry["url"]).status_code == 200, entry


def test_a_sync_is_posted_to_its_own_address_and_never_started_by_looking(
    alice: User, logged_in: LogIn, tenant: Integration
) -> None:
    client = logged_in(alice)
    [entry] = offered(client)["Synchronise"]

    assert (entry["url"], entry["post"]) == (record_url(tenant, "sync"), {"type": "FULL"})
    assert client.get(entry["url"]).status_code == 405
    assert not SyncRun.objects.exists()
    assert Client(enforce_csrf_checks=True).post(entry["url"], entry["post"]).status_code == 403
    client.post(entry["url"], entry["post"])
    assert SyncRun.objects.get().integration == tenant


def test_what_a_user_may_not_do_is_not_offered(
    alice: User, logged_in: LogIn, tenant: Integration
) -> None:
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    groups = offered(logged_in(alice))

    assert "Synchronise" not in groups
    assert not {"Submit a candidate", "Export candidates", "Add an API key"} & labels(groups)
    assert "Users" not in {page["label"] for page in groups["Pages"]}
    assert Permission.SUBMIT.least != Role.VIEWER


def test_a_disabled_tenant_is_found_and_not_offered_to_be_synchronised(
    alice: User, logged_in: LogIn, tenant: Integration
) -> None:
    Integration.objects.update(enabled=False)

    groups = offered(logged_in(alice), q="atelier")
    assert [entry["label"] for entry in groups["Tenants"]] == ["Atelier Nord"]
    assert "Synchronise" not in groups


@pytest.mark.parametrize("typed", ["", "Nord", "atelier nord job", "Nadia"])
def test_nothing_of_another_tenant_is_ever_named(
    typed: str, charlie: User, logged_in: LogIn, data: Data, other_data: Data
) -> None:
    client = logged_in(charlie)

    answer = client.get(reverse("admin:palette"), {"q": typed} if typed else {})
    theirs = answer.content.decode().replace(f"“{typed}”", "")
    assert "Atelier Nord" not in theirs
    assert data.tenant.pk not in theirs


def test_what_is_typed_leads_to_the_page_of_all_results(
    alice: User, logged_in: LogIn, tenant: Integration
) -> None:
    client = logged_in(alice)
    [entry] = offered(client, q="Zoé & <b>")["Search"]

    assert entry["label"] == "Search everything for “Zoé & <b>”"
    assert client.get(entry["url"]).status_code == 200


def test_a_hundred_tenants_cost_no_more_queries_than_ten(
    alice: User, logged_in: LogIn, tenant: Integration
) -> None:
    def more(count: int) -> None:
        made = Integration.objects.bulk_create(
            Integration(organization=f"Company {number}") for number in range(count)
        )
        Membership.objects.bulk_create(
            Membership(user=alice, integration=one, role=Role.MANAGER) for one in made
        )

    client = logged_in(alice)
    more(9)
    few = len(queries_of(client, reverse("admin:palette")))
    more(90)
    assert len(queries_of(client, reverse("admin:palette"))) == few


def test_a_visitor_is_sent_to_the_login(client: Client) -> None:
    answer = client.get(reverse("admin:palette"))

    assert answer.status_code == 302
    assert "/admin/login/" in answer.headers["Location"]
